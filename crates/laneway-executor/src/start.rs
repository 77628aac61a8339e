//! How the threads of a lane come to be: when the executor is built, or when the lane gets its first
//! task.

use std::fmt;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use laneway_loom::sync::{
    TryLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use laneway_loom::thread;
use laneway_scheduler::Scheduler;
use laneway_task::{Runnable, ScheduleArc};
use laneway_waker::Parker;

use crate::{
    core::{Core, WorkerThread},
    os,
    policy::Policy,
    worker,
};

/// What is done around the life of a worker thread.
pub(crate) type Around = dyn Fn(&mut dyn FnMut()) + Send + Sync;

/// Whether a lane has its threads, and what it keeps for them until then.
pub(crate) struct Start<S: Scheduler<Runnable>> {
    /// A hint: somebody who injects had better see to the start.
    awaited: AtomicBool,
    parts: TryLock<Option<Parts<S>>>,
    outcome: Arc<Outcome>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Of the first thread that has set it.
    pub(crate) policy: OnceLock<io::Result<Policy>>,
    /// Why the system gave no thread, or fewer.
    pub(crate) refusal: OnceLock<io::Error>,
}

/// What the threads of a lane are started with.
pub(crate) struct Parts<S: Scheduler<Runnable>> {
    pub(crate) core: ScheduleArc<Core<S>>,
    pub(crate) thread_name: String,
    pub(crate) policy: Policy,
    pub(crate) around: Arc<Around>,
    pub(crate) workers: Vec<(S::Worker, Parker)>,
    pub(crate) outcome: Arc<Outcome>,
}

impl<S: Scheduler<Runnable>> Start<S> {
    pub(crate) fn new() -> Self {
        Self {
            awaited: AtomicBool::new(false),
            parts: TryLock::new(None),
            outcome: Arc::default(),
        }
    }

    pub(crate) fn outcome(&self) -> &Arc<Outcome> {
        &self.outcome
    }

    /// Puts the parts where [`begin`](Self::begin) finds them; before the lane is shared, and before
    /// anybody may start it.
    pub(crate) fn prepare(&self, parts: Parts<S>) {
        if let Some(mut place) = self.parts.try_lock() {
            *place = Some(parts);
        }
    }

    /// From now on the first task starts the lane.
    pub(crate) fn await_task(&self) {
        // Ordering: Relaxed. The caller looks for tasks that came before.
        self.awaited.store(true, Relaxed);
    }

    /// Whether the threads are not started yet.
    #[inline]
    pub(crate) fn is_awaited(&self) -> bool {
        // Ordering: Relaxed. A hint: `begin` knows.
        self.awaited.load(Relaxed)
    }

    /// The parts, for the one who starts the threads or decides that there will be none. Called under
    /// the lock of the core's threads, or at the end.
    pub(crate) fn begin(&self) -> Option<Parts<S>> {
        // Ordering: Relaxed, as in `is_awaited`.
        self.awaited.store(false, Relaxed);
        self.parts.try_lock()?.take()
    }
}

impl<S: Scheduler<Runnable>> Parts<S> {
    /// How many threads there will be.
    pub(crate) fn len(&self) -> usize {
        self.workers.len()
    }

    /// Starts them; gives also the numbers of the workers that the system refused one.
    pub(crate) fn start_threads(self, lane: usize) -> (Vec<WorkerThread>, Vec<usize>) {
        let (mut started, mut refused) = (Vec::new(), Vec::new());
        for (worker, (half, parker)) in self.workers.into_iter().enumerate() {
            let name = format!("{}-{worker}", self.thread_name);
            let core = self.core.clone();
            let (around, outcome) = (self.around.clone(), self.outcome.clone());
            let policy = self.policy;
            let life = move || {
                if !policy.is_inherit() {
                    let effective = os::apply(policy);
                    outcome.policy.get_or_init(|| effective);
                }
                // To the very end: also for what the thread's own thread-locals do when they are dropped.
                std::mem::forget(laneway_waker::lane::enter(lane as u8));
                let mut work = Some((core, half));
                or_end_the_process(|| {
                    around(&mut || {
                        if let Some((core, half)) = work.take() {
                            worker::run(lane, worker, core, half, &parker);
                        }
                    });
                    assert!(
                        work.is_none(),
                        "around_worker did not call the work it was given"
                    );
                });
            };
            match thread::Builder::new().name(name.clone()).spawn(life) {
                Ok(handle) => started.push(WorkerThread {
                    name,
                    lane,
                    worker,
                    handle,
                }),
                Err(error) => {
                    let _ = self.outcome.refusal.set(error);
                    refused.push(worker);
                }
            }
        }
        (started, refused)
    }
}

/// A worker that dies takes its queue with it, and everyone who waits for one of its tasks would
/// wait for ever. No task can cause this: their panics end in their `JoinHandle`s.
fn or_end_the_process(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        let message = "laneway: a worker panicked outside of any task; ending the process";
        // Not `eprintln`, which panics when nobody reads.
        let _ = writeln!(io::stderr(), "{message}");
        std::process::abort();
    }
}

impl<S: Scheduler<Runnable>> fmt::Debug for Start<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("is_awaited", &self.is_awaited())
            .field("outcome", &self.outcome)
            .finish()
    }
}
