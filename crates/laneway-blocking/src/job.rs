//! A closure as a future, so that a job is a task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use laneway_waker::budget;

use crate::shared::Shared;

/// Calls a closure in its first poll, which is its last.
pub(crate) struct Closure<F> {
    closure: Option<F>,
    /// Dropped with the future: after the closure, and before the task's result can be seen.
    _slot: Option<JobSlot>,
}

impl<F> Closure<F> {
    pub(crate) fn new(closure: F, slot: Option<JobSlot>) -> Self {
        Self {
            closure: Some(closure),
            _slot: slot,
        }
    }
}

// The closure is moved out, not pinned.
impl<F> Unpin for Closure<F> {}

impl<F: FnOnce() -> T, T> Future for Closure<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let closure = self.closure.take().expect("a job is polled once");
        // There is nobody on this thread to be fair to.
        Poll::Ready(budget::unlimited(closure))
    }
}

/// The slot of a job. It is given back in the job's end: before the result can be seen, so that
/// whoever has awaited a job finds its room free; and without waiting for a lock, so that a thread
/// that is seen inside a closure is held up by that closure and not by the pool.
#[derive(Debug)]
pub(crate) struct JobSlot(Shared);

impl JobSlot {
    /// For a slot that [was taken](crate::slots::Take::Taken).
    pub(crate) fn new(shared: Shared) -> Self {
        Self(shared)
    }
}

impl Drop for JobSlot {
    fn drop(&mut self) {
        self.0.end_job();
    }
}
