//! What a thread of another lane leaves to one that is at home.

use std::fmt;

use laneway_loom::sync::Arc;
use laneway_scheduler::Priority;

use crate::{
    seat::Job,
    shared::{Shared, wake},
    slots::Waiter,
};

/// Something to be done for a pool by a thread of its [lane](crate::Builder::lane).
///
/// A thread of another lane must not wait for the locks of this one, whose holder the system may have
/// stopped. So what needs them travels: a closure that was spawned, a closure in the queue that became
/// more urgent, who waits for a permit or has ceased to.
///
/// Dropping an errand says that the lane has ended: a closure is cancelled, and who waits for a permit
/// gets [`Closed`](crate::Closed).
#[must_use = "dropping an errand cancels the closure that it is about"]
pub struct Errand {
    shared: Shared,
    /// There until it is run or dropped.
    task: Option<Task>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task {
    /// Queue a job.
    Queue(Job),
    /// Have somebody wait for a slot.
    Wait(Arc<Waiter>),
    /// Strike somebody off the line.
    Forget(Arc<Waiter>),
    /// Give slots that are owed to who waits.
    Settle,
}

impl Errand {
    pub(crate) fn new(shared: Shared, task: Task) -> Self {
        let task = Some(task);
        Self { shared, task }
    }

    /// Runs the errand; on a thread of the pool's lane. Short, and runs no closure.
    ///
    /// On a thread of another lane it is given to the pool's [carrier](crate::Builder::lane) once more.
    pub fn run(mut self) {
        if let Some(task) = self.task.take() {
            self.shared.see_to(task);
        }
    }

    /// As [`run`](Self::run), on this thread whatever its lane: for a lane that has no threads, so that
    /// nobody can be kept waiting.
    pub fn run_here(mut self) {
        if let Some(task) = self.task.take() {
            self.shared.perform(task);
        }
    }

    /// How urgent the closure is that the errand is about, if it is about one: for a carrier that picks
    /// [another pool](crate::Handle::adopt) to run it.
    pub fn priority(&self) -> Option<Priority> {
        match &self.task {
            Some(Task::Queue(job)) => Some(job.runnable.priority()),
            _ => None,
        }
    }

    /// As [`run`](Self::run), but a closure is for another pool to run, if that is of another lane.
    pub(crate) fn run_in(mut self, other: &Shared) {
        // A thread of the same lane would have to settle for both pools.
        let is_for_other = self.priority().is_some() && !other.shares_lane(&self.shared);
        if let Some(task) = self.task.take() {
            match is_for_other {
                true => other.see_to(task),
                false => self.shared.see_to(task),
            }
        }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        match self.task.take() {
            Some(Task::Queue(job)) => {
                job.runnable.cancel();
                if self.shared.is_home() {
                    self.shared.settle();
                }
            }
            Some(Task::Wait(waiter)) => {
                waiter.close();
                wake(&waiter);
            }
            Some(Task::Forget(_) | Task::Settle) | None => {}
        }
    }
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errand")
            .field("pool", &self.shared)
            .field("priority", &self.priority())
            .finish_non_exhaustive()
    }
}
