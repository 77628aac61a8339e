//! A closure as a future, so that a job is a task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use laneway_waker::budget;

use crate::shared::JobSlot;

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
