//! Order, mercy, hints and ends.

use std::num::NonZeroUsize;
use std::sync::Arc;

use laneway_deadline::{Deadline, DeadlineWorker, Deadlines};
use laneway_scheduler::{Cause, Notify, Scheduler, Worker};
use laneway_task::{Builder, Runnable, ScheduleArc};
use laneway_testkit::{StepClock, property};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

type Item = (u64, u32);

const NEVER: u64 = Deadline::NEVER.nanos();

fn start(count: usize) -> (Deadlines<Item>, Vec<DeadlineWorker<Item>>) {
    let deadlines: Deadlines<Item> = Deadlines::by_key(|item| Deadline::from_nanos(item.0));
    let workers = deadlines.workers(NonZeroUsize::new(count).unwrap());
    (deadlines, workers)
}

fn pops(worker: &mut DeadlineWorker<Item>) -> Vec<Item> {
    std::iter::from_fn(|| worker.pop(&StepClock::new())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// From two workers and elsewhere, with pops in between: always the earliest, and of equals the first.
    #[test]
    fn the_earliest_first(calls in vec((0..4_usize, 0..10_u64), 0..60)) {
        let (deadlines, mut workers) = start(2);
        let mut expected: Vec<Item> = Vec::new();
        for (number, (call, deadline)) in (0..).zip(calls) {
            let item = (deadline, number);
            match call {
                0 => drop(deadlines.inject(item, Cause::Woken).unwrap()),
                3 => {
                    expected.sort();
                    let first = (!expected.is_empty()).then(|| expected.remove(0));
                    prop_assert_eq!(workers[number as usize % 2].pop(&StepClock::new()), first);
                    continue;
                }
                worker => drop(workers[worker - 1].push(item, Cause::Woken)),
            }
            expected.push(item);
        }
        expected.sort();
        prop_assert_eq!(pops(&mut workers[0]), expected);
    }
}

#[test]
fn those_without_a_deadline_go_last_and_in_order() {
    let (deadlines, mut workers) = start(1);
    let _ = workers[0].push((NEVER, 0), Cause::Woken);
    let _ = deadlines.inject((NEVER, 1), Cause::Woken).unwrap();
    let _ = workers[0].push((NEVER - 1, 2), Cause::Woken);
    let _ = workers[0].push((NEVER, 3), Cause::Woken);
    let numbers: Vec<u32> = pops(&mut workers[0])
        .into_iter()
        .map(|item| item.1)
        .collect();
    assert_eq!(numbers, [2, 0, 1, 3]);
}

#[test]
fn those_without_a_deadline_do_not_starve() {
    let (_deadlines, mut workers) = start(1);
    let _ = workers[0].push((NEVER, 0), Cause::Woken);
    let _ = workers[0].push((NEVER, 1), Cause::Woken);
    let _ = workers[0].push((1, 2), Cause::Woken);
    let clock = StepClock::new();
    let mut seen = Vec::new();
    for pop in 1..=3 * 61 {
        let item = workers[0].pop(&clock).unwrap();
        if item.0 == NEVER {
            seen.push((pop, item.1));
        } else {
            let _ = workers[0].push(item, Cause::Yielded);
        }
    }
    assert_eq!(seen, [(61, 0), (122, 1)]);
    assert_eq!(clock.reads(), 0);
}

/// As strict as arrival order can be: each waits for those that were ready.
#[test]
fn equal_deadlines_take_turns() {
    property::nobody_starves(
        || Deadlines::by_key(|_| Deadline::from_nanos(0)),
        |ready| ready,
    );
}

#[test]
fn who_runs_learns_of_an_earlier_deadline() {
    let (deadlines, mut workers) = start(2);
    let clock = StepClock::new();
    let _ = workers[0].push((10, 0), Cause::Woken);
    assert_eq!(workers[0].pop(&clock), Some((10, 0)));
    let _ = workers[0].push((10, 1), Cause::Woken);
    assert!(!workers[0].is_more_urgent_ready(), "no earlier");
    let _ = deadlines.inject((9, 2), Cause::Woken).unwrap();
    assert!(workers[0].is_more_urgent_ready());
    assert_eq!(workers[1].pop(&clock), Some((9, 2)));
    assert!(!workers[0].is_more_urgent_ready(), "it is gone");
    let _ = workers[1].push((8, 3), Cause::Woken);
    assert!(workers[0].is_more_urgent_ready());
    assert!(!workers[1].is_more_urgent_ready() || workers[1].pop(&clock) == Some((8, 3)));
}

#[test]
fn notifications_are_for_others() {
    let (deadlines, mut workers) = start(1);
    assert_eq!(deadlines.inject((0, 0), Cause::Woken), Ok(Notify::One));
    assert_eq!(workers[0].push((0, 1), Cause::Woken), Notify::One);
    assert_eq!(workers[0].push((0, 2), Cause::Yielded), Notify::None);
}

#[test]
fn tasks_carry_their_deadlines() {
    fn deadline(task: &Runnable) -> Deadline {
        task.attributes().unwrap_or_default()
    }

    let deadlines = Deadlines::by_key(deadline);
    let mut workers = deadlines.workers(NonZeroUsize::MIN);
    let lane = ScheduleArc::new(|_: Runnable| unreachable!("they do not wait")).erase();
    let (order, done) = std::sync::mpsc::channel();
    for (name, nanos) in [("late", Some(20)), ("whenever", None), ("early", Some(10))] {
        let builder = match nanos {
            Some(nanos) => Builder::new().attributes(Deadline::from_nanos(nanos)),
            None => Builder::new(),
        };
        let order = order.clone();
        let (runnable, _handle) = builder.spawn(async move { order.send(name).unwrap() }, &lane);
        let _ = deadlines
            .inject(runnable, Cause::Spawned)
            .expect("it is open");
    }
    while let Some(task) = workers[0].pop(&StepClock::new()) {
        task.run();
    }
    drop(order);
    assert_eq!(
        done.iter().collect::<Vec<_>>(),
        ["early", "late", "whenever"]
    );
}

/// The sink may come back: no lock is held.
#[test]
fn a_sink_may_come_back() {
    let (deadlines, mut workers) = start(2);
    let _ = deadlines.inject((0, 0), Cause::Woken).unwrap();
    let _ = workers[0].push((NEVER, 1), Cause::Woken);
    let mut refused = Vec::new();
    deadlines.close(&mut |item| {
        refused.extend(deadlines.inject(item, Cause::Woken).err());
        let _ = workers[0].push(item, Cause::Woken);
    });
    assert_eq!(refused.len(), 2);
    let mut left = 0;
    workers[1].drain(&mut |_| left += 1);
    assert_eq!(left, 2, "what came after the end");
    assert!(deadlines.is_idle());
}

#[test]
fn a_drop_drops_each_item_once() {
    let alive = Arc::new(());
    let deadlines = Deadlines::by_key(|_: &Arc<()>| Deadline::from_nanos(0));
    let mut workers = deadlines.workers(NonZeroUsize::MIN);
    for _ in 0..10 {
        let _ = workers[0].push(alive.clone(), Cause::Woken);
        let _ = deadlines.inject(alive.clone(), Cause::Woken).unwrap();
    }
    drop(workers[0].pop(&StepClock::new()));
    assert_eq!(Arc::strong_count(&alive), 20);
    drop((deadlines, workers));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn it_can_be_looked_at() {
    let (deadlines, workers) = start(1);
    let _ = deadlines.inject((5, 0), Cause::Woken).unwrap();
    assert_eq!(
        format!("{deadlines:?}"),
        "Deadlines { earliest: Deadline(5 ns), .. }"
    );
    assert_eq!(
        format!("{:?}", workers[0]),
        "DeadlineWorker { running: Deadline(never), .. }"
    );
}
