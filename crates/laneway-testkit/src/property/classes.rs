//! Promises of a scheduler that looks at the class of an item: opt-in, with `by_class`.

use std::collections::BTreeMap;

use laneway_scheduler::{Cause, Clock, Priority, Scheduler, Worker};

use super::program::{Program, Step};
use super::stage::Broken;
use super::{check, one_worker};
use crate::{Item, Mint, StepClock};

/// So many items wait at once, at most: nothing overflows.
const MOST_WAITING: usize = 64;

/// Whatever was pushed or injected, and in whatever order: on one worker the most urgent class goes first, as
/// long as no time passes in which another could have come to be owed something.
pub fn the_most_urgent_goes_first<S: Scheduler<Item>>(make: impl Fn() -> S) {
    check(Program::of_classes(), |program| {
        let scheduler = make();
        let mut worker = one_worker(&scheduler);
        let (clock, mut mint) = (StepClock::new(), Mint::new());
        let mut waiting: BTreeMap<Priority, usize> = BTreeMap::new();
        for step in &program.steps {
            match *step {
                Step::Inject { cause, priority } if mint.living() < MOST_WAITING => {
                    *waiting.entry(priority).or_default() += 1;
                    let item = mint.item_of(priority);
                    let _ = scheduler.inject(item, cause).expect("it is open");
                }
                Step::Push {
                    cause, priority, ..
                } if mint.living() < MOST_WAITING => {
                    *waiting.entry(priority).or_default() += 1;
                    let _ = worker.push(mint.item_of(priority), cause);
                }
                _ => expect_the_most_urgent(&mut worker, &clock, &mut waiting)?,
            }
        }
        while !waiting.is_empty() {
            expect_the_most_urgent(&mut worker, &clock, &mut waiting)?;
        }
        Ok(())
    });
}

fn expect_the_most_urgent(
    worker: &mut impl Worker<Item>,
    clock: &StepClock,
    waiting: &mut BTreeMap<Priority, usize>,
) -> Result<(), Broken> {
    let picked = worker.pop(clock).or_else(|| worker.search(clock));
    worker.ran(clock);
    let Some(mut expected) = waiting.last_entry() else {
        return Ok(());
    };
    match picked.map(|item| item.priority()) {
        Some(class) if class == *expected.key() => {}
        Some(class) => {
            return Err(Broken(format!(
                "a {class} item goes first, and a {} one waits",
                expected.key()
            )));
        }
        None => return Err(Broken("items wait, and one worker finds none".into())),
    }
    *expected.get_mut() -= 1;
    if *expected.get() == 0 {
        expected.remove();
    }
    Ok(())
}

/// While an item runs, the worker tells whether a more urgent one is ready, and of no other.
pub fn something_more_urgent_is_told<S: Scheduler<Item>>(make: impl Fn() -> S) {
    for running in Priority::ALL {
        for other in Priority::ALL {
            for injected in [false, true] {
                let scheduler = make();
                let mut worker = one_worker(&scheduler);
                let (clock, mut mint) = (StepClock::new(), Mint::new());
                let _ = worker.push(mint.item_of(running), Cause::Woken);
                let item = worker.pop(&clock).expect("an item is ready");
                let _ = if injected {
                    let item = mint.item_of(other);
                    scheduler.inject(item, Cause::Woken).expect("it is open")
                } else {
                    worker.push(mint.item_of(other), Cause::Woken)
                };
                assert_eq!(
                    worker.is_more_urgent_ready(),
                    other > running,
                    "while a {running} item runs, a {other} one was {}",
                    if injected { "injected" } else { "pushed" }
                );
                drop(item);
            }
        }
    }
}

/// Nanoseconds that an item may wait while more urgent ones never end, if not told otherwise: a second.
pub fn default_wait(_: Priority) -> u64 {
    1_000_000_000
}

/// While the other classes never run out of items, an item of each class waits for `limit(class)` nanoseconds
/// at most, wherever it came from. One worker; each item runs for 100 µs.
pub fn every_class_has_its_turn<S: Scheduler<Item>>(
    make: impl Fn() -> S,
    limit: impl Fn(Priority) -> u64,
) {
    for class in Priority::ALL {
        for injected in [false, true] {
            wait_among_others(&make(), class, injected, limit(class));
        }
    }
}

/// Nanoseconds that every item runs.
const POLL: u64 = 100_000;

/// Items of each other class.
const OTHERS: usize = 3;

fn wait_among_others<S: Scheduler<Item>>(
    scheduler: &S,
    class: Priority,
    injected: bool,
    limit: u64,
) {
    let mut worker = one_worker(scheduler);
    let (clock, mut mint) = (StepClock::new(), Mint::new());
    let others = Priority::ALL.into_iter().filter(|&other| other != class);
    for other in others.flat_map(|other| [other; OTHERS]) {
        let _ = worker.push(mint.item_of(other), Cause::Spawned);
    }
    let mut waits: Option<u64> = None;
    while clock.nanos() < 4 * limit {
        let since = *waits.get_or_insert_with(|| {
            let item = mint.item_of(class);
            let _ = if injected {
                scheduler.inject(item, Cause::Spawned).expect("it is open")
            } else {
                worker.push(item, Cause::Spawned)
            };
            clock.nanos()
        });
        let item = worker.pop(&clock).or_else(|| worker.search(&clock));
        let item = item.expect("items wait, and one worker finds none of them");
        let waited = clock.nanos() - since;
        assert!(
            waited <= limit,
            "a {class} item waits for {waited} ns and more; {limit} are allowed"
        );
        clock.step(POLL);
        if item.priority() == class {
            waits = None;
        } else {
            let _ = worker.push(item, Cause::Yielded);
        }
        worker.ran(&clock);
    }
}
