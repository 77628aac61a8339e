//! Ending a task from afar.

use core::fmt;

use crate::Id;
use crate::raw::TaskRef;

/// Can end a task, like its [`JoinHandle`](crate::JoinHandle), but not wait for it.
///
/// It keeps the task's memory, not its future or output.
#[derive(Clone)]
pub struct AbortHandle(TaskRef);

impl AbortHandle {
    pub(crate) fn new(task: TaskRef) -> Self {
        Self(task)
    }

    /// Asks the task to end; see [`JoinHandle::abort`](crate::JoinHandle::abort).
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Whether the task has ended: its future is gone and the result is there.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// The number of the task.
    pub fn id(&self) -> Id {
        self.0.id()
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AbortHandle").field(&self.0).finish()
    }
}
