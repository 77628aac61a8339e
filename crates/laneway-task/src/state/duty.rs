//! What the transitions of a task ask of those who make them.

use laneway_scheduler::Priority;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The future returned; the stage holds its output.
    Value = 0,
    /// The future was dropped before it returned; the stage is empty.
    Cancelled = 1,
    /// The future panicked; the stage holds the payload.
    Panicked = 2,
    /// Whoever held the `Runnable` refused to run it; the stage is empty.
    Rejected = 3,
}

impl Outcome {
    /// Whether the stage holds something that must be taken or dropped.
    pub(crate) fn has_contents(self) -> bool {
        matches!(self, Self::Value | Self::Panicked)
    }
}

/// What a wake asks of the waker.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Nothing: the task will be polled anyway, or never again.
    Nothing,
    /// Give the lane a ticket of this class, with the reference that the transition made or took
    /// over.
    Schedule(Priority),
    /// By value only: the task is complete. Drop the waker's reference.
    Drop,
}

/// What a ticket entitles to.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Poll the future.
    Poll,
    /// Drop the future: an abort was asked for.
    Cancel,
    /// The ticket is of a higher class than the task: it is one of this class now, and goes back to
    /// the lane.
    Requeue(Priority),
    /// Nothing: another ticket, or a shutdown, was faster. Drop the ticket's reference.
    Stale,
}

/// What follows a poll that returned `Pending`.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The task waits, or is in the queue already. The runner's reference is given up: nothing may be
    /// touched.
    Idle,
    /// The task was woken meanwhile. The runner's reference is now that of a ticket of this class.
    Yielded(Priority),
    /// Still running: drop the future. An abort was asked for, or nobody is left to wake it.
    Cancel,
}

/// What a shutdown does with a task it took off its lane's list.
#[cfg(feature = "std")]
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Running: drop the future.
    Cancel,
    /// Nothing: its runner ends it, or it has ended. Drop the list's reference.
    Nothing,
}

/// What follows the end of a task.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Complete {
    /// The references are given up: nothing may be touched.
    Released,
    /// They were the last: deallocate.
    Dealloc,
    /// The joiner waits: take its waker, wake it, drop the references.
    WakeJoiner,
    /// The handle is gone: drop the contents of the stage, drop the references.
    DropOutput,
}

/// What an abort asks of the aborter.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Abort {
    /// Nothing: the holder of the ticket or the runner sees it, or the task has ended.
    Nothing,
    /// Give the lane a ticket of this class, with the reference that the transition made.
    Schedule(Priority),
}

/// What a change of class asks of who made it.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Boost {
    /// Nothing: the task is no more urgent than it was, or its ticket is there already.
    Nothing,
    /// Give the lane a ticket of this class, with the reference that the transition made.
    Schedule(Priority),
    /// The task runs, and is polled again: ask its lane to let the poll end soon.
    Preempt,
}

/// What the drop of the `JoinHandle` entails.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Detach {
    /// The reference is given up: nothing may be touched.
    Released,
    /// Drop the reference (it may be the last).
    DropReference,
    /// The slot is the handle's again: drop the waker in it, then the reference.
    DropWaker,
    /// The task is complete: drop the contents unless they were taken, then the reference.
    DropOutput,
    /// Likewise, but the reference is the last, and nobody can make another: deallocate.
    DropOutputAndDealloc,
}

/// What follows the drop of a reference.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// There are others: nothing may be touched.
    Kept,
    /// It was the last: deallocate.
    Dealloc,
    /// It was the last while the future lives. It is now the reference of a ticket of this class: give
    /// that to the lane, so that the future is dropped where it runs.
    Orphaned(Priority),
}

/// The task completed before the joiner could change its waker.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Completed;
