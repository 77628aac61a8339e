//! Spawning from anywhere.

use std::future::Future;

use laneway_scheduler::Cause;
use laneway_task::{Builder, JoinHandle, ScheduleRef};

/// Spawns tasks on an [`Executor`](crate::Executor), from any thread.
///
/// A handle does not keep the executor running. What is spawned after the executor has closed is
/// cancelled at once: its handle yields a [`JoinError`](laneway_task::JoinError) that
/// [is cancelled](laneway_task::JoinError::is_cancelled).
#[derive(Debug, Clone)]
pub struct Handle {
    lane: ScheduleRef,
}

impl Handle {
    pub(crate) fn new(lane: ScheduleRef) -> Self {
        Self { lane }
    }

    /// Starts `future` as a task, with the priority of the task that spawns it.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runnable, handle) = laneway_task::spawn(future, &self.lane);
        self.lane.schedule(runnable, Cause::Spawned);
        handle
    }

    /// Starts `future` as a task with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_with<F>(&self, builder: Builder, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runnable, handle) = builder.spawn(future, &self.lane);
        self.lane.schedule(runnable, Cause::Spawned);
        handle
    }
}
