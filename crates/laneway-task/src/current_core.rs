//! What runs on this thread, without `std`: there are no thread-locals, so nobody knows.

use laneway_scheduler::Priority;

use crate::id::{Id, next_block};

/// The task that this thread polls: without `std`, never known.
pub fn id() -> Option<Id> {
    None
}

/// What a task spawned here inherits: without `std`, [`Priority::Normal`].
pub fn priority() -> Priority {
    Priority::Normal
}

pub(crate) fn is_worker_of(_lane: *const ()) -> bool {
    false
}

pub(crate) struct TaskGuard;

pub(crate) fn enter_task(_id: Id, _priority: Priority) -> TaskGuard {
    TaskGuard
}

/// A number for a task: the first of a block each time, which the 2⁵⁴ blocks can bear.
pub(crate) fn next_id() -> u64 {
    next_block()
}
