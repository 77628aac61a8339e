//! Where hyper's own tasks run.

use std::future::Future;

use laneway::Handle;

/// Spawns hyper's tasks (HTTP/2 streams) on a laneway runtime. Once that has been shut down, they are
/// dropped.
#[derive(Debug, Clone)]
pub struct Executor {
    handle: Handle,
}

impl Executor {
    /// Spawns on the runtime that `handle` reaches.
    pub fn new(handle: Handle) -> Self {
        Self { handle }
    }
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        // Dropping the handle detaches the task.
        drop(self.handle.spawn(future));
    }
}
