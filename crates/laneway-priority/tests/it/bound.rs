//! Nobody waits longer than the formula says, and everybody gets its share: in simulated time, on one
//! worker, for random loads.

use std::collections::BTreeMap;
use std::env;
use std::num::NonZeroUsize;
use std::time::Duration;

use laneway_priority::{Priorities, PriorityWorker, Shares};
use laneway_scheduler::{Cause, Clock, Priority, Scheduler, Worker};
use laneway_testkit::StepClock;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Something that runs for a while, yields, and runs again.
#[derive(Debug, Clone)]
struct Job {
    class: Priority,
    /// Nanoseconds.
    arrives: u64,
    polls: u32,
    /// Nanoseconds.
    poll: u64,
    injected: bool,
}

#[derive(Debug, Clone, Copy)]
struct Item {
    class: Priority,
    job: usize,
}

/// A worker, and the book of who waits.
struct Stage {
    priorities: Priorities<Item>,
    worker: PriorityWorker<Item>,
    clock: StepClock,
    jobs: Vec<Job>,
    /// Since when each job is ready, and how many of its class were before it.
    ready: BTreeMap<usize, (u64, u32)>,
    running: Option<usize>,
}

impl Stage {
    fn new(shares: Shares, jobs: &[Job]) -> Self {
        let priorities: Priorities<Item> = Priorities::by_key(|item| item.class);
        let priorities = priorities.shares(shares);
        let worker = priorities.workers(NonZeroUsize::MIN).remove(0);
        let mut jobs = jobs.to_vec();
        jobs.sort_by_key(|job| job.arrives);
        Self {
            priorities,
            worker,
            clock: StepClock::new(),
            jobs,
            ready: BTreeMap::new(),
            running: None,
        }
    }

    /// A job becomes ready, now or a moment ago.
    fn enter(&mut self, job: usize, since: u64, cause: Cause) {
        let class = self.jobs[job].class;
        let before = self
            .ready
            .keys()
            .filter(|&&other| self.jobs[other].class == class);
        let goes_on = class == Priority::Background
            && self
                .running
                .is_some_and(|it| it != job && self.jobs[it].class == class);
        let ahead = before.count() as u32 + u32::from(goes_on);
        self.ready.insert(job, (since, ahead));
        let item = Item { class, job };
        let _ = if self.jobs[job].injected && cause == Cause::Spawned {
            self.priorities.inject(item, cause).expect("it is open")
        } else {
            self.worker.push(item, cause)
        };
    }

    /// Runs everything; says of each wait that ends who it was, how long, and how many were ahead.
    fn run(
        &mut self,
        mut waited: impl FnMut(&Job, u64, u32) -> Result<(), TestCaseError>,
    ) -> Result<(), TestCaseError> {
        let mut arrived = 0;
        let mut left: Vec<u32> = self.jobs.iter().map(|job| job.polls).collect();
        loop {
            if self.ready.is_empty() {
                let Some(next) = self.jobs.get(arrived) else {
                    return Ok(());
                };
                self.clock
                    .step(next.arrives.saturating_sub(self.clock.nanos()));
                self.worker.rested();
            }
            self.arrive(&mut arrived);
            let clock = &self.clock;
            let item = self.worker.pop(clock).or_else(|| self.worker.search(clock));
            let job = item.expect("jobs are ready").job;
            let now = self.clock.nanos();
            let (since, ahead) = self.ready.remove(&job).expect("it is ready");
            waited(&self.jobs[job], now - since, ahead)?;
            self.running = Some(job);
            self.clock.step(self.jobs[job].poll);
            self.arrive(&mut arrived);
            left[job] -= 1;
            if left[job] > 0 {
                self.enter(job, self.clock.nanos(), Cause::Yielded);
            }
            self.running = None;
            self.worker.ran(&self.clock);
        }
    }

    fn arrive(&mut self, arrived: &mut usize) {
        while let Some(next) = self.jobs.get(*arrived)
            && next.arrives <= self.clock.nanos()
        {
            self.enter(*arrived, next.arrives, Cause::Spawned);
            *arrived += 1;
        }
    }
}

fn job(injected: bool) -> impl Strategy<Value = Job> {
    let class = proptest::sample::select(&Priority::ALL[..]);
    let poll =
        prop_oneof![4 => 1_000..50_000_u64, 2 => 50_000..500_000_u64, 1 => 500_000..5_000_000_u64];
    let arrives = prop_oneof![1 => Just(0), 2 => 0..100_000_000_u64];
    let injected = if injected {
        any::<bool>().boxed()
    } else {
        Just(false).boxed()
    };
    (class, arrives, 1..300_u32, poll, injected).prop_map(
        |(class, arrives, polls, poll, injected)| Job {
            class,
            arrives,
            polls,
            poll,
            injected,
        },
    )
}

fn shares() -> impl Strategy<Value = Shares> {
    let other = (1..=20_u32, 1..=15_u32, 1..=15_u32).prop_map(|(normal, batch, background)| {
        Shares::default()
            .with(Priority::Normal, 1)
            .with(Priority::Batch, batch)
            .with(Priority::Background, background)
            .with(Priority::Normal, normal)
    });
    prop_oneof![Just(Shares::default()), other]
}

/// Panics with the smallest load for which `test` fails; the loads are the same in every run.
fn check(injected: bool, test: impl Fn(Shares, &[Job]) -> Result<(), TestCaseError>) {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 32;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    let loads = (shares(), vec(job(injected), 1..30));
    let verdict = TestRunner::new(config).run(&loads, |(shares, jobs)| test(shares, &jobs));
    if let Err(error) = verdict {
        panic!("{error}");
    }
}

fn longest_poll(jobs: &[Job]) -> u64 {
    jobs.iter().map(|job| job.poll).max().unwrap_or(0)
}

#[test]
fn nobody_waits_longer_than_the_formula_says() {
    check(false, |shares, jobs| {
        let longest = Duration::from_nanos(longest_poll(jobs));
        Stage::new(shares, jobs).run(|job, waited, ahead| {
            let bound = shares.longest_wait(job.class, ahead, longest).unwrap();
            prop_assert!(
                u128::from(waited) <= bound.as_nanos(),
                "{} waited for {waited} ns behind {ahead}, more than {bound:?}",
                job.class
            );
            Ok(())
        })
    });
}

/// What comes from elsewhere waits until the worker takes it over, and behind what was pushed meanwhile.
#[test]
fn nobody_from_elsewhere_waits_much_longer() {
    check(true, |shares, jobs| {
        let longest = Duration::from_nanos(longest_poll(jobs));
        let of_class = |class| jobs.iter().filter(|job| job.class == class).count() as u32;
        Stage::new(shares, jobs).run(|job, waited, _| {
            let bound = shares.longest_wait(job.class, of_class(job.class), longest);
            let bound = bound.unwrap() + 61 * longest;
            prop_assert!(
                u128::from(waited) <= bound.as_nanos(),
                "{} waited for {waited} ns, more than {bound:?}",
                job.class
            );
            Ok(())
        })
    });
}

/// Every class has items for ever: what part of the time each gets.
fn parts_of(shares: Shares, poll: impl Fn(Priority, u64) -> u64, per_class: u32) -> [f64; 4] {
    const LONG: u64 = 10_000_000_000;

    let priorities: Priorities<Priority> = Priorities::by_key(|class| *class);
    let mut worker = priorities
        .shares(shares)
        .workers(NonZeroUsize::MIN)
        .remove(0);
    let clock = StepClock::new();
    for class in Priority::ALL {
        for _ in 0..per_class {
            let _ = worker.push(class, Cause::Spawned);
        }
    }
    let (mut parts, mut picks) = ([0; 4], 0);
    while clock.nanos() < LONG {
        let class = worker.pop(&clock).expect("they are ready");
        picks += 1;
        let nanos = poll(class, picks);
        clock.step(nanos);
        parts[class as usize] += nanos;
        let _ = worker.push(class, Cause::Yielded);
        worker.ran(&clock);
    }
    parts.map(|part| part as f64 / clock.nanos() as f64)
}

#[test]
fn under_overload_each_class_gets_its_share() {
    // Pseudo-random, to 5 ms, most of them short.
    let mixed = |_: Priority, pick: u64| {
        let bits = pick.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        if bits.is_multiple_of(50) {
            bits % 5_000_000
        } else {
            20_000 + bits % 100_000
        }
    };
    let few_and_long = |class: Priority, _: u64| match class {
        Priority::Background => 5_000_000,
        _ => 50_000,
    };
    let long_above = |class: Priority, _: u64| match class {
        Priority::Critical => 3_000_000,
        _ => 50_000,
    };
    type Poll<'a> = &'a dyn Fn(Priority, u64) -> u64;
    let loads: [Poll<'_>; 4] = [&|_, _| 50_000, &mixed, &few_and_long, &long_above];
    let shares = Shares::default();
    for (load, poll) in loads.into_iter().enumerate() {
        for per_class in [1, 5] {
            let parts = parts_of(shares, poll, per_class);
            for class in Priority::ALL {
                let (part, share) = (
                    parts[class as usize],
                    f64::from(shares.percent(class)) / 100.0,
                );
                assert!(
                    (0.9 * share..=1.1 * share).contains(&part),
                    "load {load}, {per_class} of each class: {class} got {part}"
                );
            }
        }
    }
}
