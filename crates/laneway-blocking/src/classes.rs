//! Which job is next: the most urgent one, but for two rules.
//!
//! * **Threads are kept for the more urgent classes.** Background jobs run on at most a quarter of the
//!   threads at a time, and together with batch jobs on at most three quarters; one thread at least.
//!   So however many of them there are, and however long they block, a more urgent job finds a thread.
//! * **Nobody starves.** A class that waits and may run is passed over by [`PATIENCE`] jobs of more
//!   urgent classes, and then it is its turn. When two classes are in that state the more urgent one
//!   goes first, so the bound for the first job of a class is `PATIENCE` and two more.

use std::array;

use laneway_scheduler::Priority;

use crate::queue::Queue;

/// How many more urgent jobs are taken before one of a class that waits.
///
/// A thread in seventeen for each lower class, when all are full: urgent jobs hardly notice, and of a
/// flood of jobs of a millisecond each, a class below gets fifty a second and thread.
pub(crate) const PATIENCE: u32 = 16;

const CLASSES: usize = Priority::ALL.len();

/// Jobs that wait for a thread, and how many run.
#[derive(Debug)]
pub(crate) struct Classes<J> {
    /// By class, from the least urgent; and so below.
    queues: [Queue<J>; CLASSES],
    /// How many jobs of more urgent classes were taken while this one waited.
    passed: [u32; CLASSES],
    running: [usize; CLASSES],
}

impl<J> Classes<J> {
    pub(crate) fn new() -> Self {
        Self {
            queues: array::from_fn(|_| Queue::new()),
            passed: [0; CLASSES],
            running: [0; CLASSES],
        }
    }

    pub(crate) fn push(&mut self, job: J, class: Priority) {
        self.queues[class as usize].push(job);
    }

    /// Whether a job may run now, if there are so many threads.
    pub(crate) fn is_ready(&self, threads: usize) -> bool {
        self.ready(threads).next().is_some()
    }

    /// The next job, which [ends](Self::end) some day; `threads` as above.
    pub(crate) fn pop(&mut self, threads: usize) -> Option<(J, Priority)> {
        let class = self.next(threads)?;
        let at = class as usize;
        let job = self.queues[at].pop()?;
        self.passed[at] = 0;
        for lower in (0..at).filter(|lower| !self.queues[*lower].is_empty()) {
            self.passed[lower] = self.passed[lower].saturating_add(1);
        }
        self.running[at] += 1;
        Some((job, class))
    }

    /// A job of this class has run.
    pub(crate) fn end(&mut self, class: Priority) {
        self.running[class as usize] -= 1;
    }

    /// Takes all jobs out, the most urgent first.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = J> + use<J> {
        let queues = array::from_fn::<_, CLASSES, _>(|class| {
            std::mem::replace(&mut self.queues[class], Queue::new())
        });
        queues.into_iter().rev().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.queues.iter().map(Queue::len).sum()
    }

    #[cfg(all(test, not(laneway_loom)))]
    pub(crate) fn running(&self, class: Priority) -> usize {
        self.running[class as usize]
    }

    fn next(&self, threads: usize) -> Option<Priority> {
        let mut ready = self.ready(threads);
        let first = ready.next()?;
        let overdue = ready.find(|class| self.passed[*class as usize] >= PATIENCE);
        Some(match overdue {
            // The first may be overdue itself, and is more urgent.
            Some(overdue) if self.passed[first as usize] < PATIENCE => overdue,
            _ => first,
        })
    }

    /// The classes of which a job may run now, the most urgent first.
    fn ready(&self, threads: usize) -> impl Iterator<Item = Priority> {
        let waiting = |class: &Priority| !self.queues[*class as usize].is_empty();
        let may_run = move |class: &Priority| self.may_run(*class, threads);
        let classes = Priority::ALL.into_iter().rev();
        classes.filter(waiting).filter(may_run)
    }

    /// Whether another job of this class leaves enough threads to those above.
    fn may_run(&self, class: Priority, threads: usize) -> bool {
        if class >= Priority::Normal {
            return true;
        }
        let mut running = self.running[..class as usize].iter().sum::<usize>();
        Priority::ALL[class as usize..].iter().all(|class| {
            running += self.running[*class as usize];
            running < share(*class, threads)
        })
    }
}

/// On how many threads jobs of this class and those below run at most.
fn share(class: Priority, threads: usize) -> usize {
    match class {
        Priority::Background => (threads / 4).max(1),
        Priority::Batch => (threads - threads.div_ceil(4)).max(1),
        Priority::Normal | Priority::Critical => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Background, Batch, Critical, Normal};

    const MANY: usize = 1 << 20;

    /// The order in which one thread runs what is there, or all threads if none ends.
    fn order(classes: &mut Classes<u32>, threads: usize, ends: bool) -> Vec<(u32, Priority)> {
        let mut order = Vec::new();
        while let Some((job, class)) = classes.pop(threads) {
            order.push((job, class));
            if ends {
                classes.end(class);
            }
        }
        order
    }

    fn fill(jobs: &[(u32, Priority)]) -> Classes<u32> {
        let mut classes = Classes::new();
        for &(count, class) in jobs {
            (0..count).for_each(|job| classes.push(job, class));
        }
        classes
    }

    #[test]
    fn most_urgent_first_and_in_order_of_arrival() {
        let mut classes = fill(&[(2, Background), (2, Critical), (2, Normal), (2, Batch)]);
        assert_eq!(classes.len(), 8);
        let order = order(&mut classes, 1, true);
        let expected = Priority::ALL.into_iter().rev();
        let expected = expected.flat_map(|class| [(0, class), (1, class)]);
        assert!(order.into_iter().eq(expected));
    }

    /// Whatever comes above, the first job of a class waits for so many others and no more.
    #[test]
    fn a_class_is_passed_over_so_often() {
        let mut classes = fill(&[(9, Background), (9, Batch), (9, Normal), (1000, Critical)]);
        let order = order(&mut classes, 1, true);
        for class in [Background, Batch, Normal] {
            let turns: Vec<usize> = (0..order.len())
                .filter(|at| order[*at].1 == class)
                .collect();
            let waits = turns.windows(2).map(|pair| pair[1] - pair[0]);
            let longest = waits.chain([turns[0] + 1]).max().unwrap();
            let bound = PATIENCE as usize + 3;
            assert!(
                (PATIENCE as usize..=bound).contains(&longest),
                "{class}: {longest}"
            );
        }
    }

    #[test]
    fn a_class_that_did_not_wait_has_no_turn_saved_up() {
        let mut classes = fill(&[(100, Critical)]);
        for _ in 0..50 {
            assert!(classes.pop(MANY).is_some());
        }
        classes.push(0, Background);
        for _ in 0..PATIENCE {
            assert_eq!(classes.pop(MANY).unwrap().1, Critical);
        }
        assert_eq!(classes.pop(MANY).unwrap().1, Background);
    }

    #[test]
    fn lower_classes_leave_threads_to_the_others() {
        for (threads, background, batch) in [(1, 1, 1), (2, 1, 1), (3, 1, 2), (8, 2, 6)] {
            let mut classes = fill(&[(20, Background)]);
            assert_eq!(order(&mut classes, threads, false).len(), background);
            (0..20).for_each(|job| classes.push(job, Batch));
            assert_eq!(
                order(&mut classes, threads, false).len(),
                batch - background
            );
            assert!(!classes.is_ready(threads));
            classes.push(0, Normal);
            assert_eq!(classes.pop(threads), Some((0, Normal)));

            // Batch may have all that both may; then nothing is left to background jobs.
            let mut classes = fill(&[(20, Batch)]);
            assert_eq!(order(&mut classes, threads, false).len(), batch);
            classes.push(0, Background);
            assert!(!classes.is_ready(threads));
            classes.end(Batch);
            assert_eq!(classes.pop(threads).unwrap().1, Batch);
        }
    }

    #[test]
    fn taking_all_takes_the_most_urgent_first() {
        let mut classes = fill(&[(2, Background), (2, Critical)]);
        assert!(classes.take().eq([0, 1, 0, 1]));
        assert_eq!((classes.len(), classes.is_ready(4)), (0, false));
    }
}
