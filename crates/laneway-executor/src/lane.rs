//! A lane: one scheduler and the workers that serve it. What tasks see of it is [`Schedule`].

use std::num::{NonZeroU64, NonZeroUsize};

use crossbeam_utils::CachePadded;
use laneway_loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
use laneway_scheduler::{Cause, Notify, Scheduler};
use laneway_task::{Id, OwnedTasks, Runnable, Schedule};
use laneway_waker::Parker;

use crate::{
    clock::Monotonic,
    context::Context,
    idle::Idle,
    park::{Park, Seat, Sleeper},
    registered,
    shutdown::Shutdown,
};

/// What the workers of a lane share.
#[derive(Debug)]
pub(crate) struct Lane<S> {
    pub(crate) scheduler: S,
    pub(crate) idle: Idle,
    pub(crate) seat: Seat,
    pub(crate) clock: Monotonic,
    pub(crate) shutdown: Shutdown,
    pub(crate) owned: OwnedTasks,
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
    /// With a parker for each worker.
    pub(crate) fn new(
        scheduler: S,
        workers: NonZeroUsize,
        driver: Box<dyn Park>,
    ) -> (Self, Vec<Parker>) {
        let (slots, parkers): (Vec<_>, Vec<_>) =
            (0..workers.get()).map(|_| WorkerSlot::new()).unzip();
        let lane = Self {
            scheduler,
            idle: Idle::new(workers.get()),
            seat: Seat::new(driver),
            clock: Monotonic::start(),
            shutdown: Shutdown::new(workers.get()),
            owned: OwnedTasks::new(workers.get()),
            slots: slots.into_iter().map(CachePadded::new).collect(),
        };
        (lane, parkers)
    }

    /// A task became ready on a thread that is no worker of this lane.
    pub(crate) fn inject(&self, runnable: Runnable, cause: Cause) {
        match self.scheduler.inject(runnable, cause) {
            Ok(Notify::One) => self.wake_one(),
            Ok(Notify::None) => {}
            // Closed: dropping the permission to poll cancels the task.
            Err(runnable) => drop(runnable),
        }
    }

    /// There is work for one more worker.
    pub(crate) fn wake_one(&self) {
        if let Some(worker) = self
            .idle
            .worker_to_wake(self.seat.holder(), || self.scheduler.is_idle())
        {
            self.slots[worker].sleeper.unpark(&self.seat);
        }
    }

    /// The worker `index` has left its loop, or was refused a thread; the last one drops the driver.
    pub(crate) fn worker_stopped(&self, index: usize) {
        self.slots[index].set_stopped();
        if self.shutdown.worker_stops() {
            self.seat.remove_driver();
            self.shutdown.all_stopped();
        }
    }

    /// Cancels what nobody will run: for a lane that has no worker.
    pub(crate) fn cancel_all(&self) {
        self.owned.close_and_cancel_all();
        let mut left = Vec::new();
        self.scheduler.close(&mut |runnable| left.push(runnable));
        drop(left);
    }

    /// Unparks every worker, to let it see that the lane is closing.
    pub(crate) fn wake_all(&self) {
        for slot in &self.slots {
            slot.sleeper.unpark(&self.seat);
        }
    }
}

impl<S: Scheduler<Runnable>> registered::Lane for Lane<S> {
    type Own = Context<S>;
}

impl<S: Scheduler<Runnable>> Schedule for Lane<S> {
    fn schedule(&self, runnable: Runnable, cause: Cause) {
        if cause == Cause::Spawned && self.shutdown.is_closing() {
            // Not left to the workers, who may be stuck in their polls.
            return drop(runnable);
        }
        let mut runnable = Some(runnable);
        registered::with(self, |context| {
            runnable.take().map(|it| context.push(it, cause))
        });
        if let Some(runnable) = runnable {
            self.inject(runnable, cause);
        }
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }
}
