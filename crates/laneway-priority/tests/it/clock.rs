//! When the clock is read, and what time does.

use std::num::NonZeroUsize;

use laneway_priority::{Priorities, PriorityWorker};
use laneway_scheduler::Priority::{self, Background, Batch, Critical, Normal};
use laneway_scheduler::{Cause, Scheduler, Worker};
use laneway_testkit::StepClock;

type Half = PriorityWorker<Item>;
type Item = (Priority, u32);

fn one_worker() -> Half {
    let priorities: Priorities<Item> = Priorities::by_key(|item| item.0);
    priorities.workers(NonZeroUsize::MIN).remove(0)
}

/// Runs the next item for so long; it yields.
fn run(worker: &mut Half, clock: &StepClock, nanos: u64) -> Item {
    let item = worker.pop(clock).expect("items are ready");
    clock.step(nanos);
    let _ = worker.push(item, Cause::Yielded);
    worker.ran(clock);
    item
}

#[test]
fn one_class_reads_no_clock() {
    for class in [Batch, Normal, Critical] {
        let (mut worker, clock) = (one_worker(), StepClock::new());
        for number in 0..3 {
            let _ = worker.push((class, number), Cause::Spawned);
        }
        for _ in 0..1_000_000 {
            run(&mut worker, &clock, 1_000);
        }
        assert_eq!(clock.reads(), 0, "{class}");
    }
}

#[test]
fn a_background_item_alone_reads_no_clock() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    let _ = worker.push((Background, 0), Cause::Spawned);
    for _ in 0..1_000 {
        run(&mut worker, &clock, 1_000);
    }
    assert_eq!(clock.reads(), 0);
    let _ = worker.push((Background, 1), Cause::Spawned);
    run(&mut worker, &clock, 1_000);
    assert_eq!(clock.reads(), 2);
}

#[test]
fn several_classes_read_it_once_an_item() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    let _ = worker.push((Normal, 0), Cause::Spawned);
    let _ = worker.push((Batch, 0), Cause::Spawned);
    for _ in 0..1_000 {
        run(&mut worker, &clock, 1_000);
    }
    assert_eq!(clock.reads(), 1_001);
}

/// After an encounter the clock is read until what is owed is paid, and no longer.
#[test]
fn the_clock_is_left_alone_again() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    let _ = worker.push((Normal, 0), Cause::Spawned);
    let _ = worker.push((Critical, 0), Cause::Spawned);
    let urgent = worker.pop(&clock).unwrap();
    assert_eq!(urgent, (Critical, 0));
    clock.step(50_000);
    worker.ran(&clock);
    let before = clock.reads();
    for _ in 0..10 {
        run(&mut worker, &clock, 1_000);
    }
    assert_eq!(clock.reads(), before + 10, "10 µs are owed, and paid");
    for _ in 0..100 {
        run(&mut worker, &clock, 1_000);
    }
    assert_eq!(clock.reads(), before + 10);
}

/// Also when it was in a shared queue.
#[test]
fn a_class_that_is_gone_costs_nothing() {
    let priorities: Priorities<Item> = Priorities::by_key(|item| item.0);
    let (mut worker, clock) = (
        priorities.workers(NonZeroUsize::MIN).remove(0),
        StepClock::new(),
    );
    for class in [Critical, Batch, Background] {
        let _ = priorities.inject((class, 0), Cause::Woken).unwrap();
        assert_eq!(worker.pop(&clock), Some((class, 0)));
        worker.ran(&clock);
    }
    let _ = worker.push((Normal, 0), Cause::Spawned);
    for _ in 0..100 {
        run(&mut worker, &clock, 1_000);
    }
    assert_eq!(clock.reads(), 0);
}

#[test]
fn time_that_a_worker_rests_is_nobodys() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    let _ = worker.push((Normal, 0), Cause::Spawned);
    let _ = worker.push((Critical, 0), Cause::Spawned);
    for _ in 0..100 {
        assert_eq!(run(&mut worker, &clock, 1_000), (Critical, 0));
        clock.step(1_000_000_000);
        worker.rested();
    }
    for _ in 100..1_000 {
        assert_eq!(run(&mut worker, &clock, 1_000), (Critical, 0));
    }
    assert_eq!(
        run(&mut worker, &clock, 1_000),
        (Normal, 0),
        "after 1 ms of Critical"
    );
}

#[test]
fn slow_jobs_run_one_after_another() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    for number in 0..3 {
        let _ = worker.push((Background, number), Cause::Spawned);
    }
    let order: Vec<u32> = (0..24)
        .map(|_| run(&mut worker, &clock, 5_000_000).1)
        .collect();
    // A turn ends with the first yield after 20 ms; what the last poll before it took is known afterwards.
    let turns: Vec<u32> = [0, 1, 2, 0, 1, 2]
        .into_iter()
        .flat_map(|job| [job; 5])
        .collect();
    assert_eq!(order, turns[..24]);
}

/// A turn outlives an interruption.
#[test]
fn an_interrupted_job_goes_on() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    for number in 0..2 {
        let _ = worker.push((Background, number), Cause::Spawned);
    }
    assert_eq!(run(&mut worker, &clock, 15_000_000), (Background, 0));
    let _ = worker.push((Normal, 0), Cause::Spawned);
    assert_eq!(worker.pop(&clock), Some((Normal, 0)));
    clock.step(1_000);
    worker.ran(&clock);
    assert_eq!(run(&mut worker, &clock, 15_000_000), (Background, 0));
    assert_eq!(run(&mut worker, &clock, 1_000), (Background, 0));
    assert_eq!(run(&mut worker, &clock, 1_000), (Background, 1));
}

/// A job that waits for something gives its turn up.
#[test]
fn a_job_that_ends_leaves_its_place() {
    let (mut worker, clock) = (one_worker(), StepClock::new());
    for number in 0..3 {
        let _ = worker.push((Background, number), Cause::Spawned);
    }
    assert_eq!(worker.pop(&clock), Some((Background, 0)));
    clock.step(15_000_000);
    worker.ran(&clock);
    let order: Vec<u32> = (0..6)
        .map(|_| run(&mut worker, &clock, 10_000_000).1)
        .collect();
    assert_eq!(order, [1, 1, 1, 2, 2, 2], "each has a whole turn");
}
