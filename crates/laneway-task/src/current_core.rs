//! What runs on this thread, without `std`: there are no thread-locals, so nobody knows.

use core::ptr::NonNull;

use laneway_scheduler::Priority;

use crate::id::{Id, next_block};
use crate::raw::{Header, TaskRef};
use crate::schedule::ScheduleRef;

/// The task that this thread polls: without `std`, never known.
pub fn id() -> Option<Id> {
    None
}

/// What a task spawned here inherits: without `std`, [`Priority::Normal`].
pub fn priority() -> Priority {
    Priority::Normal
}

/// How urgent the task that this thread polls is: without `std`, never known.
pub fn effective_priority() -> Option<Priority> {
    None
}

/// What whoever polls here gives to what it waits for: without `std`, no boost.
pub(crate) fn boost() -> Priority {
    Priority::Background
}

pub(crate) fn is_worker_of(_lane: &ScheduleRef) -> bool {
    false
}

/// No worker, no store.
pub(crate) fn withdraw(_lane: &ScheduleRef) -> bool {
    false
}

pub(crate) fn deposit(_lane: &ScheduleRef) -> bool {
    false
}

pub(crate) fn with_task<R>(_task: &TaskRef, f: impl FnOnce() -> R) -> (R, bool) {
    (f(), false)
}

/// Nothing can be noted: the state word says it.
pub(crate) fn note_wake(_task: NonNull<Header>) -> bool {
    false
}

/// A number for a task: the first of a block each time, which the 2⁵⁴ blocks can bear.
pub(crate) fn next_id() -> u64 {
    next_block()
}
