//! One sample of a Critical task that waits for Background tasks, with a thousand others before them
//! in the queue.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire},
};
use std::time::{Duration, Instant};

use laneway::task::{Builder, JoinHandle, JoinSet, Priority};

use super::lanes::Laneway;
use super::observed::Observed;
use super::work::{Speed, spin};
use crate::signal::Slot;

/// So many tasks are in the queue before.
const BEFORE: usize = 1000;

/// How long each task of the Background takes.
const POLL: Duration = Duration::from_millis(1);

/// After so long the trials of one shape are enough: where nothing escalates, each takes half a second.
const ENOUGH: Duration = Duration::from_secs(4);

/// What is waited for.
pub const SHAPES: [(Shape, &str); 3] = [
    (Shape::One, "one"),
    (Shape::Chain, "chain"),
    (Shape::Set, "set"),
];

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One task.
    One,
    /// A task that waits for a task that waits for a task.
    Chain,
    /// All tasks of a `JoinSet` of eight.
    Set,
}

/// How many there are in a [`Shape::Set`].
const SET: usize = 8;

/// Waits so often for each shape: `escalated` times through join handles, and `plain` times for a
/// signal that is no join handle, of which the runtime cannot know who waits for what.
pub fn measure(laneway: &Laneway, escalated: usize, plain: usize, speed: Speed) -> Observed {
    let mut observed = Observed::default();
    for (shape, name) in SHAPES {
        for (is_escalated, trials) in [(true, escalated), (false, plain)] {
            let trials = trials_of(shape, is_escalated, trials, speed.steps(POLL));
            let critical = Builder::new().priority(Priority::Critical);
            let task = laneway.0.spawn_with(critical, trials);
            let waits = laneway.0.block_on(task).expect("no trial fails");
            let how = if is_escalated { "joined" } else { "signalled" };
            observed = observed.series(&format!("{name}, {how}"), waits);
        }
    }
    observed
}

async fn trials_of(shape: Shape, is_escalated: bool, trials: usize, steps: u64) -> Vec<f64> {
    let queued = Arc::new(AtomicUsize::new(0));
    let mut waits = Vec::with_capacity(trials);
    let begin = Instant::now();
    while waits.len() < trials && begin.elapsed() < ENOUGH {
        fill(&queued, steps);
        let waited_for = match is_escalated {
            true => joined(shape, steps),
            false => signalled(shape, steps),
        };
        let start = Instant::now();
        waited_for.await;
        waits.push(start.elapsed().as_nanos() as f64);
    }
    waits
}

/// Adds tasks until there are enough that have not run.
fn fill(queued: &Arc<AtomicUsize>, steps: u64) {
    for _ in queued.load(Acquire)..BEFORE {
        queued.fetch_add(1, AcqRel);
        let queued = queued.clone();
        drop(background(async move {
            spin(steps);
            queued.fetch_sub(1, AcqRel);
        }));
    }
}

fn background(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let background = Builder::new().priority(Priority::Background);
    background.spawn(task)
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

fn joined(shape: Shape, steps: u64) -> Wait {
    let one = move || background(async move { spin(steps) });
    let behind = move |handle: JoinHandle<()>| {
        background(async move {
            spin(steps);
            handle.await.expect("spinning does not fail");
        })
    };
    match shape {
        Shape::One => wait_for(one()),
        Shape::Chain => wait_for(behind(behind(one()))),
        Shape::Set => {
            let mut set = JoinSet::new();
            for _ in 0..SET {
                set.insert(one());
            }
            Box::pin(async move {
                while let Some((_id, ended)) = set.join_next().await {
                    ended.expect("spinning does not fail");
                }
            })
        }
    }
}

fn wait_for(handle: JoinHandle<()>) -> Wait {
    Box::pin(async move { handle.await.expect("spinning does not fail") })
}

fn signalled(shape: Shape, steps: u64) -> Wait {
    let one = move || {
        let done = Arc::new(Slot::default());
        let signal = done.clone();
        drop(background(async move {
            spin(steps);
            signal.put(1);
        }));
        done
    };
    let behind = move |before: Arc<Slot>| {
        let done = Arc::new(Slot::default());
        let signal = done.clone();
        drop(background(async move {
            spin(steps);
            before.take().await;
            signal.put(1);
        }));
        done
    };
    let slots = match shape {
        Shape::One => vec![one()],
        Shape::Chain => vec![behind(behind(one()))],
        Shape::Set => (0..SET).map(|_| one()).collect(),
    };
    Box::pin(async move {
        for slot in slots {
            slot.take().await;
        }
    })
}
