//! The permission to poll a task once.

use core::fmt;
use core::panic::Location;

use laneway_scheduler::{Cause, Priority};

use crate::raw::Ticket;
use crate::state::Outcome;
use crate::{Id, TaskInfo};

/// The permission to poll a task once.
///
/// It exists while the task is ready and wants to be polled: it comes from
/// [`spawn`](crate::spawn) and then, each time the task is woken, by way of
/// [`Schedule::schedule`](crate::Schedule::schedule). Running it uses it up.
///
/// Each belongs to the queue of one [class](Self::priority). A task that becomes more urgent while it
/// is queued gets another, of its new class; so of each class there is at most one. Whichever comes
/// first polls the task, and the others are *stale*: running or dropping them does nothing.
///
/// Dropping one that is not stale cancels the task: the future is dropped there and then.
#[must_use = "dropping a Runnable cancels its task"]
pub struct Runnable(Ticket);

impl Runnable {
    /// Polls the future once. If it is woken meanwhile, its lane gets the task again, with
    /// [`Cause::Yielded`]; likewise, without a poll, if the task is less urgent by now than this
    /// runnable's [`priority`](Self::priority). Does nothing if it is stale.
    ///
    /// A panic of the future is caught and given to the [`JoinHandle`](crate::JoinHandle). During
    /// the poll the [budget](laneway_waker::budget) is armed, and [`current`](crate::current) knows
    /// the task.
    ///
    /// # Panics
    ///
    /// If the lane's `schedule` does; if the task is [local](crate::spawn_local) to another thread.
    #[inline]
    pub fn run(self) {
        if let Some(again) = self.0.run() {
            again.schedule(Cause::Yielded);
        }
    }

    /// As [`run`](Self::run), but gives the task back instead of to the lane: an executor that is
    /// about to pick the next one anyway saves the way round. Its [`priority`](Self::priority) may
    /// be another than before.
    ///
    /// # Panics
    ///
    /// If the task is [local](crate::spawn_local) to another thread.
    #[inline]
    #[must_use = "dropping a Runnable cancels its task"]
    pub fn run_once(self) -> Option<Runnable> {
        self.0.run().map(Self)
    }

    /// Drops the future here, unless the runnable is stale. The handle yields [cancelled](crate::JoinError::is_cancelled).
    ///
    /// # Panics
    ///
    /// If the task is [local](crate::spawn_local) to another thread.
    pub fn cancel(self) {
        self.0.cancel(Outcome::Cancelled);
    }

    /// As [`cancel`](Self::cancel), but the handle yields
    /// [rejected](crate::JoinError::is_rejected): nobody asked for the end, there was no room.
    ///
    /// # Panics
    ///
    /// If the task is [local](crate::spawn_local) to another thread.
    pub fn reject(self) {
        self.0.cancel(Outcome::Rejected);
    }

    /// The number of the task.
    pub fn id(&self) -> Id {
        self.0.task().id()
    }

    /// What the task was [named](crate::Builder::name).
    pub fn name(&self) -> Option<&str> {
        self.0.tail()?.name.as_deref()
    }

    /// The class in whose queue this belongs: how urgent the task was when the runnable was made, by
    /// itself or for the task that joins it. It is part of the runnable, and no memory is read.
    #[inline]
    pub fn priority(&self) -> Priority {
        self.0.class()
    }

    /// The [attributes](crate::Builder::attributes) of the task, if they are of type `A`.
    #[inline]
    pub fn attributes<A: Copy + Send + Sync + 'static>(&self) -> Option<A> {
        self.0.tail()?.attributes?.get()
    }

    /// Who the task is, to be told later, also when this is used up.
    pub fn info(&self) -> TaskInfo {
        TaskInfo::new(self.0.task().clone())
    }

    /// Where the task was spawned.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.task().location()
    }
}

impl From<Ticket> for Runnable {
    #[inline]
    fn from(ticket: Ticket) -> Self {
        Self(ticket)
    }
}

impl fmt::Debug for Runnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runnable").field(&*self.0.task()).finish()
    }
}
