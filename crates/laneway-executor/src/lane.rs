//! A lane: one scheduler and the workers that serve it.

use std::fmt;
use std::num::NonZeroU64;

use crossbeam_utils::CachePadded;
use laneway_loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
use laneway_scheduler::{Cause, Notify, Scheduler};
use laneway_task::{Id, Runnable};
use laneway_waker::Parker;

use crate::{
    clock::Monotonic,
    idle::Idle,
    park::{Park, Seat, Sleeper},
    start::Start,
};

/// What the workers of a lane share.
pub(crate) struct Lane<S: Scheduler<Runnable>> {
    pub(crate) scheduler: S,
    pub(crate) idle: Idle,
    pub(crate) seat: Seat,
    pub(crate) clock: Monotonic,
    pub(crate) start: Start<S>,
    pub(crate) slots: Box<[CachePadded<WorkerSlot>]>,
}

/// What others may touch of one worker.
#[derive(Debug)]
pub(crate) struct WorkerSlot {
    pub(crate) sleeper: Sleeper,
    /// The id of the task that is being polled, [`NONE`] or [`STOPPED`]: for the report of a
    /// shutdown.
    running: AtomicU64,
}

/// In [`WorkerSlot::running`]: between two tasks.
const NONE: u64 = 0;

/// In [`WorkerSlot::running`]: the worker has left its loop.
const STOPPED: u64 = u64::MAX;

impl WorkerSlot {
    fn new() -> (Self, Parker) {
        let (sleeper, parker) = Sleeper::new();
        (
            Self {
                sleeper,
                running: AtomicU64::new(NONE),
            },
            parker,
        )
    }

    // Ordering of all: Relaxed. A report, not a protocol.
    pub(crate) fn set_running(&self, id: Option<Id>) {
        self.running
            .store(id.map_or(NONE, |id| id.get().get()), Relaxed);
    }

    pub(crate) fn set_stopped(&self) {
        self.running.store(STOPPED, Relaxed);
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.running.load(Relaxed) == STOPPED
    }

    pub(crate) fn running(&self) -> Option<Id> {
        match self.running.load(Relaxed) {
            NONE | STOPPED => None,
            id => NonZeroU64::new(id).map(Id::from_number),
        }
    }
}

impl<S: Scheduler<Runnable>> Lane<S> {
    /// A lane without threads, with a parker for each worker.
    pub(crate) fn new(scheduler: S, workers: usize, driver: Box<dyn Park>) -> (Self, Vec<Parker>) {
        let (slots, parkers): (Vec<_>, Vec<_>) = (0..workers).map(|_| WorkerSlot::new()).unzip();
        let lane = Self {
            scheduler,
            idle: Idle::new(workers),
            seat: Seat::new(driver),
            clock: Monotonic::start(),
            start: Start::new(),
            slots: slots.into_iter().map(CachePadded::new).collect(),
        };
        (lane, parkers)
    }

    /// Takes a task from a thread that is no worker of this lane.
    pub(crate) fn inject(&self, runnable: Runnable, cause: Cause) -> Result<(), Runnable> {
        if self.scheduler.inject(runnable, cause)? == Notify::One {
            self.wake_one(|| self.scheduler.is_idle());
        }
        Ok(())
    }

    /// There is work for one more worker. `is_idle` looks whether there still is.
    pub(crate) fn wake_one(&self, is_idle: impl Fn() -> bool) {
        if let Some(worker) = self.idle.worker_to_wake(self.seat.holder(), is_idle) {
            self.slots[worker].sleeper.unpark(&self.seat);
        }
    }

    /// Unparks every worker, to let it see that the executor is closing.
    pub(crate) fn wake_all(&self) {
        for slot in &self.slots {
            slot.sleeper.unpark(&self.seat);
        }
    }
}

impl<S: Scheduler<Runnable>> fmt::Debug for Lane<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("idle", &self.idle)
            .field("seat", &self.seat)
            .field("workers", &self.slots.len())
            .finish_non_exhaustive()
    }
}
