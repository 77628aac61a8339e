//! What is bound to one thread, among workloads whose tasks may travel.
//!
//! # Invariants
//!
//! 1. The runtimes that make these run all their tasks on the thread that drives them, and workloads
//!    give what they have spawned or opened to other tasks only. So everything bound stays on the
//!    thread that made it; in debug builds every use checks that.
#![allow(unsafe_code)]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};

use pin_project_lite::pin_project;

pin_project! {
    /// A value that stays on its thread, although its type does not say so.
    #[derive(Debug)]
    pub struct Bound<T> {
        thread: Option<ThreadId>,
        #[pin]
        value: T,
    }
}

// SAFETY: invariant 1.
unsafe impl<T> Send for Bound<T> {}

// SAFETY: invariant 1.
unsafe impl<T> Sync for Bound<T> {}

impl<T> Bound<T> {
    /// Bound to the current thread.
    pub(super) fn new(value: T) -> Self {
        Self {
            thread: cfg!(debug_assertions).then(|| thread::current().id()),
            value,
        }
    }

    /// The value, on its thread.
    pub(super) fn get(&self) -> &T {
        self.check();
        &self.value
    }

    /// The value itself, on its thread.
    pub(super) fn into_inner(self) -> T {
        self.check();
        self.value
    }

    fn check(&self) {
        if let Some(thread) = self.thread {
            assert_eq!(thread, thread::current().id(), "bound to another thread");
        }
    }
}

impl<F: Future> Future for Bound<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.check();
        self.project().value.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(debug_assertions)]
    fn another_thread_is_noticed() {
        let bound = Bound::new(5);
        assert_eq!(*bound.get(), 5);
        let elsewhere = thread::spawn(move || *bound.get());
        assert!(elsewhere.join().is_err());
    }
}
