//! Which item comes first, and where it waits.

use std::num::NonZeroUsize;

use laneway_priority::{Priorities, PriorityWorker};
use laneway_scheduler::Priority::{self, Background, Batch, Critical, Normal};
use laneway_scheduler::{Cause, Notify, Scheduler, Worker};
use laneway_testkit::StepClock;

type Item = (Priority, u32);
type Half = PriorityWorker<Item>;

fn class(item: &Item) -> Priority {
    item.0
}

fn start(count: usize) -> (Priorities<Item>, Vec<Half>) {
    let priorities: Priorities<Item> = Priorities::by_key(class);
    let workers = priorities.workers(NonZeroUsize::new(count).unwrap());
    (priorities, workers)
}

/// What a worker runs, in no time.
fn run_dry(worker: &mut Half) -> Vec<Item> {
    let clock = StepClock::new();
    std::iter::from_fn(|| {
        let item = worker.pop(&clock).or_else(|| worker.search(&clock))?;
        worker.ran(&clock);
        Some(item)
    })
    .collect()
}

#[test]
fn by_class_and_then_by_arrival_wherever_it_came_from() {
    let (priorities, mut workers) = start(1);
    for (number, class) in [Batch, Critical, Background, Normal, Critical, Batch, Normal]
        .into_iter()
        .enumerate()
    {
        let item = (class, number as u32);
        let _ = if number % 2 == 0 {
            workers[0].push(item, Cause::Woken)
        } else {
            priorities.inject(item, Cause::Woken).unwrap()
        };
    }
    assert_eq!(
        run_dry(&mut workers[0]),
        [
            (Critical, 1),
            (Critical, 4),
            (Normal, 6),
            (Normal, 3),
            (Batch, 0),
            (Batch, 5),
            (Background, 2)
        ],
        "of one class, what was pushed here comes before what came from elsewhere"
    );
}

/// The others look there before each of their polls.
#[test]
fn of_urgent_items_a_worker_keeps_one() {
    let (_priorities, mut workers) = start(2);
    for number in 0..4 {
        let _ = workers[0].push((Normal, number), Cause::Woken);
        let _ = workers[1].push((Normal, 10 + number), Cause::Woken);
    }
    for number in 0..3 {
        assert_eq!(
            workers[0].push((Critical, number), Cause::Woken),
            Notify::One
        );
    }
    let clock = StepClock::new();
    assert_eq!(workers[1].pop(&clock), Some((Critical, 1)));
    assert_eq!(workers[0].pop(&clock), Some((Critical, 0)));
    assert_eq!(workers[1].pop(&clock), Some((Critical, 2)));
    assert_eq!(workers[1].pop(&clock), Some((Normal, 10)));
    assert_eq!(workers[0].pop(&clock), Some((Normal, 0)));
}

#[test]
fn urgent_items_that_yield_take_turns() {
    let (_priorities, mut workers) = start(1);
    for number in 0..3 {
        let _ = workers[0].push((Critical, number), Cause::Woken);
    }
    let clock = StepClock::new();
    for number in 0..30 {
        let item = workers[0].pop(&clock).unwrap();
        assert_eq!(item, (Critical, number % 3));
        assert_eq!(workers[0].push(item, Cause::Yielded), Notify::None);
        workers[0].ran(&clock);
    }
}

#[test]
fn thieves_take_the_most_urgent() {
    let (_priorities, mut workers) = start(3);
    for number in 0..2 {
        let _ = workers[0].push((Background, number), Cause::Woken);
        let _ = workers[1].push((Normal, number), Cause::Woken);
        let _ = workers[1].push((Batch, number), Cause::Woken);
    }
    let clock = StepClock::new();
    let thief = &mut workers[2];
    assert!(
        (0..6)
            .map(|_| thief.search(&clock).unwrap().0)
            .eq([Normal, Normal, Batch, Batch, Background, Background])
    );
    assert_eq!(thief.search(&clock), None);
}

#[test]
fn who_runs_learns_of_something_more_urgent() {
    let (priorities, mut workers) = start(2);
    let clock = StepClock::new();
    let _ = workers[0].push((Batch, 0), Cause::Woken);
    let _ = workers[0].push((Batch, 1), Cause::Woken);
    assert_eq!(workers[0].pop(&clock), Some((Batch, 0)));
    assert!(!workers[0].is_more_urgent_ready(), "another of its class");
    let _ = workers[0].push((Background, 2), Cause::Woken);
    assert!(!workers[0].is_more_urgent_ready());
    let _ = workers[1].push((Critical, 3), Cause::Woken);
    assert!(
        !workers[0].is_more_urgent_ready(),
        "it is the other worker's"
    );
    let _ = workers[1].push((Critical, 4), Cause::Woken);
    assert!(workers[0].is_more_urgent_ready(), "this one is for all");

    let (_priorities, mut workers) = start(1);
    let _ = workers[0].push((Batch, 0), Cause::Woken);
    assert_eq!(workers[0].pop(&clock), Some((Batch, 0)));
    let _ = workers[0].push((Normal, 0), Cause::Woken);
    assert!(workers[0].is_more_urgent_ready());
    drop(priorities);

    let (_priorities, mut workers) = start(1);
    let _ = workers[0].push((Batch, 0), Cause::Woken);
    assert_eq!(workers[0].pop(&clock), Some((Batch, 0)));
    workers[0].ran(&clock);
    for number in 0..2 {
        let _ = workers[0].push((Normal, number), Cause::Woken);
    }
    assert_eq!(workers[0].pop(&clock), Some((Normal, 0)));
    assert!(!workers[0].is_more_urgent_ready(), "Batch is over");
}

#[test]
fn what_overflows_is_found_by_a_busy_worker() {
    let (_priorities, mut workers) = start(2);
    let clock = StepClock::new();
    let _ = workers[1].push((Background, 0), Cause::Woken);
    for number in 0..=256 {
        let _ = workers[0].push((Batch, number), Cause::Woken);
    }
    assert_eq!(workers[1].pop(&clock), Some((Batch, 128)));
}

/// A class whose items take turns: here, by yielding.
#[test]
fn a_class_with_a_full_ring_is_served_from_elsewhere_too() {
    for class in [Normal, Batch] {
        let (priorities, mut workers) = start(1);
        for number in 0..300 {
            let _ = workers[0].push((class, number), Cause::Woken);
        }
        let _ = priorities.inject((class, 1_000), Cause::Woken).unwrap();
        let clock = StepClock::new();
        let seen = (0..61 * 10).any(|_| {
            let item = workers[0].pop(&clock).unwrap();
            let _ = workers[0].push(item, Cause::Yielded);
            workers[0].ran(&clock);
            item.1 == 1_000
        });
        assert!(seen, "{class}");
    }
}

/// Taken over from the shared queue up to the brim, under load from above.
#[test]
fn a_ring_full_of_what_came_from_elsewhere_keeps_the_order() {
    let (priorities, mut workers) = start(1);
    for number in 0..1_000 {
        let _ = priorities.inject((Batch, number), Cause::Woken).unwrap();
    }
    let clock = StepClock::new();
    let _ = workers[0].push((Normal, 0), Cause::Woken);
    for _ in 0..61 * 20 {
        let item = workers[0].pop(&clock).unwrap();
        assert_eq!(item.0, Normal);
        let _ = workers[0].push(item, Cause::Yielded);
        workers[0].ran(&clock);
    }
    let _ = workers[0].pop(&clock);
    let batch = run_dry(&mut workers[0]);
    assert!(
        batch
            .into_iter()
            .eq((0..1_000).map(|number| (Batch, number)))
    );
}

#[test]
fn a_class_that_waits_elsewhere_gets_its_share_here_too() {
    let (_priorities, mut workers) = start(2);
    let [busy, other] = &mut workers[..] else {
        panic!("two workers");
    };
    for number in 0..4 {
        let _ = busy.push((Background, number), Cause::Spawned);
    }
    // The other worker has something more urgent, and of Background work nothing, so no share.
    let clock = StepClock::new();
    let _ = other.push((Normal, 0), Cause::Spawned);
    assert_eq!(
        other.balance(),
        Notify::One,
        "whoever fell asleep meanwhile is to look"
    );
    assert_eq!(other.pop(&clock), Some((Normal, 0)));
    other.ran(&clock);
    assert_eq!(other.balance(), Notify::None, "it has some now");
    for worker in [busy, other] {
        assert_eq!(std::iter::from_fn(|| worker.pop(&clock)).count(), 2);
    }
}

#[test]
fn the_last_of_a_class_stays_where_it_waits() {
    let (_priorities, mut workers) = start(2);
    let [busy, other] = &mut workers[..] else {
        panic!("two workers");
    };
    // Carried to and fro, it would be owed nothing anywhere.
    let _ = busy.push((Background, 0), Cause::Spawned);
    assert_eq!(other.balance(), Notify::None);
    assert_eq!(busy.pop(&StepClock::new()), Some((Background, 0)));
}

#[test]
fn what_ran_before_a_rest_does_not_count() {
    let (_priorities, mut workers) = start(1);
    let worker = &mut workers[0];
    let clock = StepClock::new();
    let _ = worker.push((Critical, 0), Cause::Woken);
    assert_eq!(run_dry(worker), [(Critical, 0)]);
    let _ = worker.push((Normal, 1), Cause::Woken);
    assert_eq!(worker.pop(&clock), Some((Normal, 1)));
    let _ = worker.push((Critical, 2), Cause::Woken);
    assert!(worker.is_more_urgent_ready());
}
