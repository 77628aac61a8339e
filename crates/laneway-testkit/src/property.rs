//! Promises that can be seen from one thread: random programs of calls, and long runs; and one test
//! with real threads.
//!
//! Each takes a function that makes a scheduler, and panics when the promise is broken, with the
//! shortest program of calls that breaks it. The programs are the same in every run; set
//! `PROPTEST_RNG_SEED` to a number for others, and `PROPTEST_CASES` for more of them.

use std::collections::BTreeMap;
use std::env;
use std::num::NonZeroUsize;

use laneway_scheduler::{Cause, Scheduler, Worker};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::{Item, Mint, StepClock};

mod classes;
mod program;
mod stage;
mod threads;

use program::{Program, Step};
use stage::{Broken, Stage};

pub use classes::{
    default_wait, every_class_has_its_turn, something_more_urgent_is_told,
    the_most_urgent_goes_first,
};
pub use threads::threads_lose_nothing;

/// The seed of the programs, when the environment names none.
const SEED: u64 = 0x1a9e_3a11;

/// So many programs, when the environment does not say: a second or two without optimization.
const CASES: u32 = 64;

/// So many attempts to find a shorter program that fails.
const MOST_SHRINKS: u32 = 2_000;

/// Whatever is called, and however it ends, each item comes out once; `is_idle` is `false` while
/// one is in, and `true` when the last is out; when none can get in any more, none does.
///
/// Single-threaded, so a search that finds nothing may not say so for ever while something is there.
pub fn every_item_comes_out_once<S: Scheduler<Item>>(make: impl Fn() -> S) {
    check(Program::any(), |program| {
        let mut stage = Stage::new(make(), program.workers);
        for step in &program.steps {
            stage.apply(step)?;
            stage.expect_busy_while_items_wait()?;
        }
        stage.end(program.end)
    });
}

/// Two schedulers made alike, on which the same is called, pick the same items.
pub fn same_calls_same_picks<S: Scheduler<Item>>(make: impl Fn() -> S) {
    check(Program::any(), |program| {
        let transcript = || {
            let mut stage = Stage::new(make(), program.workers);
            program
                .steps
                .iter()
                .try_for_each(|step| stage.apply(step))?;
            Ok::<_, Broken>(stage.transcript().to_vec())
        };
        let (first, second) = (transcript()?, transcript()?);
        match first
            .iter()
            .zip(&second)
            .position(|(one, other)| one != other)
        {
            None => Ok(()),
            Some(call) => Err(Broken(format!(
                "call {call}: {:?} the first time, {:?} the second",
                first[call], second[call]
            ))),
        }
    });
}

/// The items that one thread injects are picked in order, and so are those that a worker pushes: on
/// one worker, with at most 64 of them waiting, none of which yields.
///
/// An opt-in promise: a scheduler that looks at urgency does not make it.
pub fn a_producers_items_stay_in_order<S: Scheduler<Item>>(make: impl Fn() -> S) {
    const MOST_WAITING: usize = 64;

    check(Program::of_two_producers(), |program| {
        let mut stage = Stage::new(make(), 1);
        for step in &program.steps {
            let is_pick = matches!(step, Step::Pick { .. });
            if is_pick || stage.waiting() < MOST_WAITING {
                stage.apply(step)?;
            }
        }
        stage.run_dry()?;
        stage.expect_each_producer_in_order()
    });
}

/// How many picks an item may wait while `ready` items are ready, if not told otherwise: as many as
/// if each had a shared queue's turn, one in 64 picks. Strict arrival order needs `ready`.
pub fn default_bypass(ready: usize) -> usize {
    64 * (ready + 64)
}

/// While items yield again and again, and make new ones, each waits for at most `bypass(ready)`
/// picks. One worker; all items are of one class; each runs for a microsecond.
pub fn nobody_starves<S: Scheduler<Item>>(make: impl Fn() -> S, bypass: impl Fn(usize) -> usize) {
    for yielding in [1, 7, 300, 1_000] {
        for children in [false, true] {
            // In arrival order the yielding items make half of all picks, so there are about as many
            // children. The others are for the slack.
            let ready = if children { 4 * yielding } else { yielding };
            starve(make(), yielding, children, bypass(ready as usize + 1));
        }
    }
}

fn starve<S: Scheduler<Item>>(scheduler: S, yielding: u32, children: bool, limit: usize) {
    let mut worker = one_worker(&scheduler);
    let (clock, mut mint) = (StepClock::new(), Mint::new());
    // When each item last got in.
    let mut since: BTreeMap<u32, usize> = BTreeMap::new();
    for number in 0..yielding {
        since.insert(number, 0);
        let _ = if number % 2 == 0 {
            scheduler
                .inject(mint.item(), Cause::Spawned)
                .expect("it is open")
        } else {
            worker.push(mint.item(), Cause::Spawned)
        };
    }
    for now in 1..=2 * limit {
        let item = worker.pop(&clock).or_else(|| worker.search(&clock));
        let item = item.expect("items wait, and one worker finds none of them");
        clock.step(1_000);
        worker.ran(&clock);
        let number = item.number();
        let waited = now - since.remove(&number).expect("it came out, so it went in");
        assert!(
            waited <= limit,
            "item {number} waited for {waited} picks; {limit} are allowed"
        );
        if number < yielding {
            since.insert(number, now);
            let _ = worker.push(item, Cause::Yielded);
            if children {
                since.insert(mint.made(), now);
                let _ = worker.push(mint.item(), Cause::Spawned);
            }
        }
    }
    let now = 2 * limit;
    let (number, since) = since
        .iter()
        .min_by_key(|(_, since)| **since)
        .expect("they yield");
    assert!(
        now - since <= limit,
        "item {number} waits for {} picks and more",
        now - since
    );
}

/// An item that yields goes behind those of its class that are ready on the same worker.
pub fn a_yield_goes_behind<S: Scheduler<Item>>(make: impl Fn() -> S) {
    for ready in 2..=8 {
        let scheduler = make();
        let mut worker = one_worker(&scheduler);
        let (clock, mut mint) = (StepClock::new(), Mint::new());
        for _ in 0..ready {
            let _ = worker.push(mint.item(), Cause::Woken);
        }
        let first = worker.pop(&clock).expect("items are ready");
        let yielded = first.number();
        let _ = worker.push(first, Cause::Yielded);
        for others in 0..ready - 1 {
            let next = worker.pop(&clock).expect("items are ready").number();
            assert!(
                next != yielded,
                "an item yielded to {} others, and ran again after {others}",
                ready - 1
            );
        }
    }
}

fn one_worker<S: Scheduler<Item>>(scheduler: &S) -> S::Worker {
    scheduler
        .workers(NonZeroUsize::MIN)
        .pop()
        .expect("one worker was asked for")
}

/// Runs `test` on many programs; panics with the shortest that fails.
fn check(programs: impl Strategy<Value = Program>, test: impl Fn(&Program) -> Result<(), Broken>) {
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: MOST_SHRINKS,
        ..Config::default()
    };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let verdict = TestRunner::new(config).run(&programs, |program| {
        test(&program).map_err(|Broken(promise)| fail(promise))
    });
    if let Err(error) = verdict {
        panic!("{error}");
    }
}

fn fail(promise: String) -> proptest::test_runner::TestCaseError {
    proptest::test_runner::TestCaseError::fail(promise)
}
