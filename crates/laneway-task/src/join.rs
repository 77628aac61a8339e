//! Waiting for a task.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use laneway_waker::budget;

use crate::raw::Joiner;
use crate::{AbortHandle, Id, JoinError};

/// Waits for a task and gives its output; dropping it lets the task run on alone.
///
/// # Cancel safety
///
/// The result is taken by the poll that returns it; a handle that is polled in vain and dropped, as
/// in a `select!`, loses nothing but the result.
pub struct JoinHandle<T>(Joiner<T>);

impl<T> JoinHandle<T> {
    /// Asks the task to end: its future is dropped instead of polled the next time, where it
    /// runs, and this handle yields [cancelled](JoinError::is_cancelled). A poll that is under way
    /// ends first, and if it gives an output, that counts.
    ///
    /// May be called on any thread, within the task itself, and after its executor is gone.
    pub fn abort(&self) {
        self.0.task().abort();
    }

    /// Whether the task has ended: its future is gone and the result is there.
    pub fn is_finished(&self) -> bool {
        self.0.task().is_finished()
    }

    /// The number of the task.
    pub fn id(&self) -> Id {
        self.0.task().id()
    }

    /// A handle that can abort the task and outlive this one.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(self.0.task().clone())
    }

    /// This handle again, but one that aborts the task when it is dropped.
    pub fn abort_on_drop(self) -> AbortOnDrop<T> {
        AbortOnDrop(Some(self))
    }
}

impl<T> From<Joiner<T>> for JoinHandle<T> {
    fn from(joiner: Joiner<T>) -> Self {
        Self(joiner)
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    ///
    /// If it is polled after it gave the result, or if cloning the waker panics.
    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unit = ready!(budget::poll_proceed(cx));
        let result = ready!(self.0.poll(cx));
        unit.spend();
        Poll::Ready(result)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinHandle").field(self.0.task()).finish()
    }
}

/// A [`JoinHandle`] that aborts its task when it is dropped.
///
/// # Cancel safety
///
/// As that of the handle; but dropped before the end, it ends the task.
#[must_use = "dropping it aborts the task"]
pub struct AbortOnDrop<T>(Option<JoinHandle<T>>);

impl<T> AbortOnDrop<T> {
    /// The plain handle again, which does not abort.
    pub fn into_handle(mut self) -> JoinHandle<T> {
        self.0
            .take()
            .expect("the handle is there until this or the drop takes it")
    }
}

impl<T> core::ops::Deref for AbortOnDrop<T> {
    type Target = JoinHandle<T>;

    fn deref(&self) -> &JoinHandle<T> {
        self.0
            .as_ref()
            .expect("the handle is there until it is taken")
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    ///
    /// As the handle does.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(
            self.0
                .as_mut()
                .expect("the handle is there until it is taken"),
        )
        .poll(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}

impl<T> fmt::Debug for AbortOnDrop<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AbortOnDrop").field(&self.0).finish()
    }
}
