//! Which workers sleep, and whom to wake.
#![doc = include_str!("idle.md")]

use crossbeam_utils::CachePadded;
use laneway_loom::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Relaxed, Release, SeqCst},
    fence,
};

#[cfg(doc)]
use crate::{pace::Pace, park::Sleeper};
#[cfg(doc)]
use laneway_scheduler::Scheduler;

#[cfg(test)]
mod loom;

/// How many workers search, and which sleep.
//
// Ordering of all accesses to both words but one (`discount_searcher`): Relaxed. The fences order them
// against the queues, and what a woken worker must see travels with the parker's token.
#[derive(Debug)]
pub(crate) struct Idle {
    searching: CachePadded<AtomicUsize>,
    sleepers: Sleepers,
    workers: usize,
}

impl Idle {
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            searching: CachePadded::new(AtomicUsize::new(0)),
            sleepers: Sleepers::new(workers),
            workers,
        }
    }

    /// After an item was pushed: the sleeper to unpark, already counted as searching.
    ///
    /// `avoid` is taken only if nobody else sleeps (the worker in the seat).
    #[must_use]
    pub(crate) fn worker_to_wake(
        &self,
        avoid: Option<usize>,
        is_idle: impl Fn() -> bool,
    ) -> Option<usize> {
        loop {
            // Ordering: PostFence; in the second round that of a last searcher. Pairs with
            // SleepFence: see the race in idle.md.
            fence(SeqCst);
            if self.searching() > 0 || self.sleepers.is_empty() {
                return None;
            }
            // Ordering: Relaxed, see above.
            if self
                .searching
                .compare_exchange(0, 1, Relaxed, Relaxed)
                .is_err()
            {
                return None;
            }
            if let Some(worker) = self.sleepers.claim_one(avoid) {
                return Some(worker);
            }
            // Re-check: who posted meanwhile relied on this searcher.
            if !self.stop_search() || is_idle() {
                return None;
            }
        }
    }

    /// As [`worker_to_wake`](Self::worker_to_wake), for a thread that may be stopped before it has
    /// unparked the sleeper: so it neither counts it nor takes its bit, and nobody relies on it. A
    /// sleeper may be unparked twice.
    #[must_use]
    pub(crate) fn worker_to_poke(&self, avoid: Option<usize>) -> Option<usize> {
        // Ordering: PostFence.
        fence(SeqCst);
        if self.searching() > 0 {
            return None;
        }
        self.sleepers.first(avoid)
    }

    /// The worker found its own queue empty. `false`: enough others search already.
    #[must_use]
    pub(crate) fn start_search(&self) -> bool {
        // Half of the workers at most: more would only fight over the same queues.
        if 2 * self.searching() >= self.workers {
            return false;
        }
        self.count_searcher();
        true
    }

    /// A searcher stops. `true` if it was the last: then it must look whether items are left, and
    /// wake another if there are.
    #[must_use]
    pub(crate) fn stop_search(&self) -> bool {
        let was_last = self.discount_searcher();
        if was_last {
            // Ordering: pairs with PostFence: a poster that saw this searcher posted before this
            // fence, so the look that follows sees its item.
            fence(SeqCst);
        }
        was_last
    }

    /// Announces sleep. The caller then looks at `is_idle()`, parks if it is, and calls
    /// [`end_sleep`](Self::end_sleep).
    pub(crate) fn announce_sleep(&self, worker: usize, was_searching: bool) {
        self.sleepers.insert(worker);
        if was_searching {
            self.discount_searcher();
        }
        // Ordering: SleepFence. Pairs with PostFence: see the race in idle.md.
        fence(SeqCst);
    }

    /// The worker is awake, and counted as searching from here on.
    pub(crate) fn end_sleep(&self, worker: usize) {
        if self.sleepers.claim(worker) {
            self.count_searcher();
        }
    }

    /// Whether somebody searches or sleeps. After a fence that pairs with SleepFence it is ReadIdle; else a
    /// hint.
    #[inline]
    pub(crate) fn has_takers(&self) -> bool {
        self.searching() > 0 || !self.sleepers.is_empty()
    }

    /// Whether any worker is awake: a hint.
    pub(crate) fn is_anybody_awake(&self) -> bool {
        self.sleepers.count() < self.workers
    }

    /// Whether this worker is awake: a hint.
    pub(crate) fn is_awake(&self, worker: usize) -> bool {
        !self.sleepers.contains(worker)
    }

    #[inline]
    fn searching(&self) -> usize {
        self.searching.load(Relaxed)
    }

    fn count_searcher(&self) {
        self.searching.fetch_add(1, Relaxed);
    }

    /// `true` if nobody searches any more.
    fn discount_searcher(&self) -> bool {
        // Ordering: Release. A searcher that stole in plenty, and is not the last to stop, leaves the
        // rest in its own queue to the eyes of the last: what it moved must be visible there. Pairs with
        // the fence that follows the last one's own step from 1 to 0, here or in `announce_sleep`.
        let before = self.searching.fetch_sub(1, Release);
        debug_assert!(before > 0, "a worker stopped a search that was not counted");
        before == 1
    }
}

/// One bit a worker. Who clears a bit owns the waking of that worker.
#[derive(Debug)]
struct Sleepers(CachePadded<Box<[AtomicU64]>>);

// Ordering of all accesses: Relaxed, see `Idle`; a read-modify-write is enough to be the only one.
impl Sleepers {
    fn new(workers: usize) -> Self {
        Self(CachePadded::new(
            (0..workers.div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect(),
        ))
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| word.load(Relaxed) == 0)
    }

    fn count(&self) -> usize {
        let ones = |word: &AtomicU64| word.load(Relaxed).count_ones() as usize;
        self.0.iter().map(ones).sum()
    }

    fn contains(&self, worker: usize) -> bool {
        self.0[worker / 64].load(Relaxed) >> (worker % 64) & 1 != 0
    }

    fn insert(&self, worker: usize) {
        let before = self.0[worker / 64].fetch_or(1 << (worker % 64), Relaxed);
        debug_assert_eq!(before >> (worker % 64) & 1, 0, "a worker fell asleep twice");
    }

    /// `true` if this call cleared the bit.
    fn claim(&self, worker: usize) -> bool {
        let bit = 1 << (worker % 64);
        self.0[worker / 64].fetch_and(!bit, Relaxed) & bit != 0
    }

    /// A set bit, `avoid` only as the last resort.
    fn first(&self, avoid: Option<usize>) -> Option<usize> {
        let mut last = None;
        for (index, word) in self.0.iter().enumerate() {
            let mut set = word.load(Relaxed);
            while set != 0 {
                let worker = index * 64 + set.trailing_zeros() as usize;
                if avoid != Some(worker) {
                    return Some(worker);
                }
                last = Some(worker);
                set &= set - 1;
            }
        }
        last
    }

    /// Clears and returns a set bit, `avoid` only as the last resort.
    fn claim_one(&self, avoid: Option<usize>) -> Option<usize> {
        for (index, word) in self.0.iter().enumerate() {
            let mut set = word.load(Relaxed);
            if let Some(avoid) = avoid.filter(|avoid| avoid / 64 == index) {
                set &= !(1 << (avoid % 64));
            }
            while set != 0 {
                let worker = index * 64 + set.trailing_zeros() as usize;
                if self.claim(worker) {
                    return Some(worker);
                }
                set &= set - 1;
            }
        }
        avoid.filter(|&worker| self.claim(worker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_wakes_nobody_while_somebody_searches() {
        let idle = Idle::new(4);
        idle.announce_sleep(0, false);
        assert!(idle.start_search());
        assert_eq!(idle.worker_to_wake(None, || false), None);
        assert!(idle.stop_search());
        assert_eq!(idle.worker_to_wake(None, || false), Some(0));
        assert_eq!(
            idle.worker_to_wake(None, || false),
            None,
            "0 is searching now"
        );
    }

    #[test]
    fn the_seat_is_the_last_to_be_disturbed() {
        let idle = Idle::new(70);
        idle.announce_sleep(1, false);
        idle.announce_sleep(66, false);
        assert_eq!(idle.worker_to_wake(Some(1), || false), Some(66));
        assert!(idle.stop_search());
        assert_eq!(idle.worker_to_wake(Some(1), || false), Some(1));
    }

    #[test]
    fn who_was_claimed_is_awake() {
        let idle = Idle::new(65);
        (0..64).for_each(|worker| idle.announce_sleep(worker, false));
        assert!(idle.is_anybody_awake());
        idle.announce_sleep(64, false);
        assert!(!idle.is_anybody_awake());
        assert!(!idle.is_awake(64) && !idle.is_awake(3));
        let woken = idle.worker_to_wake(None, || false).unwrap();
        assert!(idle.is_anybody_awake() && idle.is_awake(woken));
    }

    #[test]
    fn half_of_the_workers_search() {
        let idle = Idle::new(3);
        assert!(idle.start_search());
        assert!(idle.start_search());
        assert!(!idle.start_search());
    }

    #[test]
    fn a_worker_is_counted_once_whoever_wakes_it() {
        let idle = Idle::new(2);
        idle.announce_sleep(0, false);
        idle.end_sleep(0);
        assert_eq!(idle.searching(), 1);
        idle.announce_sleep(0, true);
        assert_eq!(idle.searching(), 0);
        assert_eq!(idle.worker_to_wake(None, || false), Some(0));
        idle.end_sleep(0);
        assert_eq!(idle.searching(), 1);
    }
}
