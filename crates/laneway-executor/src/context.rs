//! A worker's own half of its lane, while the worker runs.

use std::cell::{Cell, RefCell};

use laneway_scheduler::{Cause, Notify, Priority, Scheduler, Worker};
use laneway_task::{Runnable, ScheduleArc};
use laneway_waker::budget;

use crate::core::Core;

/// What wakes on a worker's thread find there.
pub(crate) struct Context<S: Scheduler<Runnable>> {
    pub(crate) core: ScheduleArc<Core<S>>,
    /// Which of its lanes the thread serves.
    pub(crate) lane: usize,
    /// The scheduler's per-thread half. Never borrowed while a task runs or is dropped.
    pub(crate) worker: RefCell<S::Worker>,
    /// Of the task that is being polled, or was last.
    pub(crate) class: Cell<Priority>,
    /// The worker is inside the driver: sleepers are told once, afterwards.
    pub(crate) driving: Cell<bool>,
    /// Something was pushed while driving.
    pub(crate) pushed: Cell<bool>,
    /// The worker has cancelled all it had: what is pushed now is cancelled too.
    pub(crate) stopped: Cell<bool>,
}

impl<S: Scheduler<Runnable>> Context<S> {
    pub(crate) fn new(core: ScheduleArc<Core<S>>, lane: usize, worker: S::Worker) -> Self {
        Self {
            core,
            lane,
            worker: RefCell::new(worker),
            class: Cell::new(Priority::default()),
            driving: Cell::new(false),
            pushed: Cell::new(false),
            stopped: Cell::new(false),
        }
    }

    /// A task became ready on this worker's thread.
    pub(crate) fn push(&self, runnable: Runnable, cause: Cause) {
        if self.stopped.get() {
            return drop(runnable);
        }
        let Ok(mut worker) = self.worker.try_borrow_mut() else {
            // A scheduler's key function woke a task: odd, but no reason to lose it.
            return self.core.inject(self.lane, runnable, cause);
        };
        let is_more_urgent = runnable.priority() > self.class.get();
        let notify = worker.push(runnable, cause);
        if is_more_urgent && worker.is_more_urgent_ready() {
            // What the running task woke is to run before it goes on.
            budget::cut();
        }
        drop(worker);
        match notify {
            Notify::None => {}
            Notify::One if self.driving.get() => self.pushed.set(true),
            Notify::One => self.core.lanes[self.lane].wake_one(|| self.core.is_idle(self.lane)),
        }
    }
}
