//! Random programs of calls.

use laneway_scheduler::{Cause, Priority};
use proptest::collection::vec;
use proptest::prelude::*;

/// So many workers at most.
const MOST_WORKERS: usize = 4;

/// More than bounded queues commonly hold, so that bursts overflow them.
pub(super) const LARGEST_BURST: u16 = 600;

/// What is called, in order, and how it ends.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) workers: usize,
    pub(super) steps: Vec<Step>,
    pub(super) end: End,
}

/// One or a few calls. A worker's index may be too large: it is meant modulo their number.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Inject {
        cause: Cause,
        priority: Priority,
    },
    Push {
        worker: usize,
        cause: Cause,
        priority: Priority,
    },
    Burst {
        worker: usize,
        pushes: u16,
    },
    Pop {
        worker: usize,
    },
    PopMany {
        worker: usize,
        pops: u16,
    },
    Search {
        worker: usize,
    },
    /// Pops, and searches if there is nothing: what executors do.
    Pick {
        worker: usize,
    },
    PopAndYield {
        worker: usize,
    },
    Rest {
        worker: usize,
        nanos: u64,
    },
}

/// How a program ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// The workers go on until nothing is left.
    Run,
    /// The scheduler closes; what is left is handed out.
    Close,
    /// The workers are drained before the scheduler closes, and once more after a burst.
    DrainAndClose,
    /// Everything is dropped.
    Drop,
}

impl Program {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let end = prop_oneof![
            Just(End::Run),
            Just(End::Close),
            Just(End::DrainAndClose),
            Just(End::Drop)
        ];
        (1..=MOST_WORKERS, vec(step(), 0..80), end).prop_map(|(workers, steps, end)| Self {
            workers,
            steps,
            end,
        })
    }

    /// One worker; nothing that yields or is special in another way.
    pub(super) fn of_two_producers() -> impl Strategy<Value = Self> {
        let (cause, priority) = (Cause::Woken, Priority::Normal);
        let step = prop_oneof![
            Just(Step::Inject { cause, priority }),
            Just(Step::Push {
                worker: 0,
                cause,
                priority
            }),
            Just(Step::Pick { worker: 0 }),
        ];
        one_worker(step)
    }

    /// One worker; items of all classes, none of which yields.
    pub(super) fn of_classes() -> impl Strategy<Value = Self> {
        let cause = Cause::Woken;
        one_worker(prop_oneof![
            priority().prop_map(move |priority| Step::Inject { cause, priority }),
            priority().prop_map(move |priority| Step::Push {
                worker: 0,
                cause,
                priority
            }),
            Just(Step::Pick { worker: 0 }),
        ])
    }
}

fn one_worker(steps: impl Strategy<Value = Step>) -> impl Strategy<Value = Program> {
    vec(steps, 0..400).prop_map(|steps| Program {
        workers: 1,
        steps,
        end: End::Run,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let worker = 0..MOST_WORKERS;
    prop_oneof![
        4 => (cause(), priority()).prop_map(|(cause, priority)| Step::Inject { cause, priority }),
        4 => (worker.clone(), cause(), priority())
            .prop_map(|(worker, cause, priority)| Step::Push { worker, cause, priority }),
        1 => (worker.clone(), 1..LARGEST_BURST)
            .prop_map(|(worker, pushes)| Step::Burst { worker, pushes }),
        4 => worker.clone().prop_map(|worker| Step::Pop { worker }),
        1 => (worker.clone(), 1..LARGEST_BURST)
            .prop_map(|(worker, pops)| Step::PopMany { worker, pops }),
        2 => worker.clone().prop_map(|worker| Step::Search { worker }),
        4 => worker.clone().prop_map(|worker| Step::Pick { worker }),
        2 => worker.clone().prop_map(|worker| Step::PopAndYield { worker }),
        1 => (worker, 0..10_000_000_u64).prop_map(|(worker, nanos)| Step::Rest { worker, nanos }),
    ]
}

fn cause() -> impl Strategy<Value = Cause> {
    prop_oneof![
        Just(Cause::Spawned),
        Just(Cause::Woken),
        Just(Cause::Yielded),
        Just(Cause::Boosted),
    ]
}

fn priority() -> impl Strategy<Value = Priority> {
    proptest::sample::select(&Priority::ALL[..])
}
