//! Ends, and what is left of whom.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use laneway_priority::Priorities;
use laneway_scheduler::Priority::{self, Background, Critical, Normal};
use laneway_scheduler::{Cause, Notify, Scheduler, Worker};
use laneway_testkit::StepClock;

fn class(item: &Priority) -> Priority {
    *item
}

#[test]
fn the_most_urgent_are_handed_out_first() {
    let priorities = Priorities::by_key(class);
    let mut workers = priorities.workers(NonZeroUsize::MIN);
    for class in Priority::ALL {
        let _ = priorities.inject(class, Cause::Spawned).unwrap();
        let _ = workers[0].push(class, Cause::Spawned);
    }
    let backwards: Vec<Priority> = Priority::ALL.into_iter().rev().collect();
    let mut left = Vec::new();
    priorities.close(&mut |item| left.push(item));
    assert_eq!(
        left,
        [Critical, Critical, Normal, Priority::Batch, Background],
        "one was shared"
    );
    left.clear();
    workers[0].drain(&mut |item| left.push(item));
    assert_eq!(left, backwards[1..]);
}

#[test]
fn an_urgent_item_after_the_end_waits_for_the_drain() {
    let priorities = Priorities::by_key(class);
    let mut workers = priorities.workers(NonZeroUsize::MIN);
    priorities.close(&mut |_| unreachable!());
    for _ in 0..600 {
        let _ = workers[0].push(Critical, Cause::Woken);
    }
    assert_eq!(priorities.inject(Critical, Cause::Woken), Err(Critical));
    let mut left = 0;
    workers[0].drain(&mut |_| left += 1);
    assert_eq!(left, 600);
    assert!(priorities.is_idle());
}

/// The sink may come back: no lock is held.
#[test]
fn a_sink_may_inject() {
    let priorities = Priorities::by_key(class);
    for class in Priority::ALL {
        let _ = priorities.inject(class, Cause::Spawned).unwrap();
    }
    let mut refused = 0;
    priorities.close(&mut |_| {
        for class in Priority::ALL {
            refused += u32::from(priorities.inject(class, Cause::Spawned).is_err());
        }
    });
    assert_eq!(refused, 16);
}

/// The key function is the user's.
#[test]
fn a_key_may_panic() {
    let priorities = Priorities::by_key(|item: &u32| match item {
        0 => panic!("no class"),
        _ => Critical,
    });
    let mut workers = priorities.workers(NonZeroUsize::MIN);
    let inject = AssertUnwindSafe(|| priorities.inject(0, Cause::Spawned));
    catch_unwind(inject).expect_err("it panics");
    let push = AssertUnwindSafe(|| workers[0].push(0, Cause::Spawned));
    catch_unwind(push).expect_err("it panics");
    assert!(priorities.is_idle());
    assert_eq!(workers[0].push(1, Cause::Spawned), Notify::One);
    assert_eq!(workers[0].pop(&StepClock::new()), Some(1));
}

#[test]
fn a_drop_drops_each_item_once() {
    let alive = Arc::new(());
    let priorities = Priorities::by_key(|item: &(Priority, Arc<()>)| item.0);
    let mut workers = priorities.workers(NonZeroUsize::new(2).unwrap());
    for _ in 0..300 {
        for class in Priority::ALL {
            let _ = workers[0].push((class, alive.clone()), Cause::Spawned);
            let _ = priorities.inject((class, alive.clone()), Cause::Spawned);
        }
    }
    drop(workers[1].search(&StepClock::new()));
    assert_eq!(Arc::strong_count(&alive), 2_400);
    drop((priorities, workers));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
#[should_panic = "asked for twice"]
fn workers_are_made_once() {
    let priorities = Priorities::by_key(class);
    let _workers = priorities.workers(NonZeroUsize::MIN);
    let _ = priorities.workers(NonZeroUsize::MIN);
}

#[test]
fn it_can_be_looked_at() {
    let priorities = Priorities::by_key(class);
    let workers = priorities.workers(NonZeroUsize::MIN);
    assert!(format!("{priorities:?}").starts_with("Priorities { shares: Shares {"));
    assert!(format!("{:?}", workers[0]).ends_with("running: Normal, .. }"));
}
