//! A stretch of a task that is more or less urgent than the rest of it.

use core::fmt;

use laneway_scheduler::Priority;

use crate::raw::TaskRef;

/// While it lives, the task that made it is of another class: from
/// [`current::set_priority`](crate::current::set_priority).
///
/// It belongs to the task, not to a thread, and may live across awaits. Of two that overlap, the first
/// to be made should be the last to be dropped, as with any guards: each puts back what it found.
#[must_use = "when it is dropped, the task is as urgent as before"]
pub struct PriorityGuard {
    task: TaskRef,
    before: Priority,
}

impl PriorityGuard {
    /// Changes the class of `task`, which runs on this thread.
    pub(crate) fn new(task: TaskRef, priority: Priority) -> Self {
        let before = task.set_priority(priority);
        Self { task, before }
    }
}

impl Drop for PriorityGuard {
    fn drop(&mut self) {
        self.task.set_priority(self.before);
    }
}

impl fmt::Debug for PriorityGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PriorityGuard")
            .field("task", &self.task.id())
            .field("before", &self.before)
            .finish()
    }
}
