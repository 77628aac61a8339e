//! What can be told of a task, for those who watch.

use core::fmt;
use core::panic::Location;

use laneway_scheduler::Priority;

use crate::Id;
use crate::raw::TaskRef;

/// Who a task is: from [`Runnable::info`](crate::Runnable::info), for a monitor that asks later, and
/// from another thread.
///
/// It keeps the task's memory, not its future or output; a clone costs a counter.
#[derive(Clone)]
pub struct TaskInfo(TaskRef);

impl TaskInfo {
    pub(crate) fn new(task: TaskRef) -> Self {
        Self(task)
    }

    /// The number of the task.
    pub fn id(&self) -> Id {
        self.0.id()
    }

    /// What the task was [named](crate::Builder::name).
    pub fn name(&self) -> Option<&str> {
        self.0.tail()?.name.as_deref()
    }

    /// Where the task was spawned.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.location()
    }

    /// How urgent the task is by itself.
    pub fn priority(&self) -> Priority {
        self.0.classes().own()
    }

    /// How urgent the task is: by itself, or for a more urgent one that joins it.
    pub fn effective_priority(&self) -> Priority {
        self.0.classes().effective()
    }

    /// Whether the task has ended: its future is gone.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskInfo").field(&self.0).finish()
    }
}
