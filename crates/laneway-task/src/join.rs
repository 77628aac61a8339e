//! Waiting for a task.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use laneway_scheduler::Priority;
use laneway_waker::budget;

use crate::raw::Joiner;
use crate::{AbortHandle, Id, JoinError, current};

/// Waits for a task and gives its output; dropping it lets the task run on alone.
///
/// # Priorities
///
/// While a task waits for the handle, the task behind it is at least as
/// [urgent](crate::current::effective_priority) as the one that waits, and so are the tasks that it
/// waits for in its turn: an urgent task is not held back by what is less urgent than itself. That
/// ends with the handle. In a `select!`, which may turn to something else and keep the handle, use
/// [`join`](Self::join), whose end is the end of the wait; `&mut handle` cannot know, and the task
/// stays as urgent until the handle is polled by somebody else or dropped.
///
/// A combinator that polls a handle only after it was woken does not pass on what became more urgent
/// meanwhile; and in a chain of waits the end of one is noticed by the next when it is polled.
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

    /// Waits for the task as the handle itself does, but leaves the handle behind. Once this is dropped,
    /// the task is no more urgent than it is by itself.
    ///
    /// ```
    /// # use std::future::poll_fn;
    /// # use std::pin::pin;
    /// # use std::task::Poll;
    /// # use laneway_task::{Runnable, ScheduleArc, spawn};
    /// # let lane = ScheduleArc::new(|_: Runnable| {}).erase();
    /// # async fn timeout<F: Future>(future: F) -> Option<F::Output> {
    /// #     let mut future = pin!(future);
    /// #     poll_fn(|cx| Poll::Ready(match future.as_mut().poll(cx) {
    /// #         Poll::Ready(output) => Some(output),
    /// #         Poll::Pending => None,
    /// #     })).await
    /// # }
    /// let (runnable, mut handle) = spawn(async { 42 }, &lane);
    /// laneway_waker::block_on(async {
    ///     // Waits for a while, in which the task is as urgent as whoever waits.
    ///     assert!(timeout(handle.join()).await.is_none());
    ///     // Has something else to do, and comes back later.
    ///     runnable.run();
    ///     assert_eq!(handle.await.unwrap(), 42);
    /// });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// If it is dropped before it gives the result, nothing is lost: the handle still has it.
    ///
    /// # Panics
    ///
    /// When polled after it, or the handle, gave the result.
    pub fn join(&mut self) -> Join<'_, T> {
        Join(self)
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
        let result = ready!(self.0.poll(cx.waker(), current::boost));
        unit.spend();
        Poll::Ready(result)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinHandle").field(self.0.task()).finish()
    }
}

/// Waits for a task, with a borrowed handle: from [`JoinHandle::join`].
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct Join<'a, T>(&'a mut JoinHandle<T>);

impl<T> Future for Join<'_, T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    ///
    /// As the handle does.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.0).poll(cx)
    }
}

impl<T> Drop for Join<'_, T> {
    fn drop(&mut self) {
        self.0.0.boost(Priority::Background);
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
    /// Polls with a waker and for a task of a class.
    pub(crate) fn poll_as(&mut self, waker: &Waker, class: Priority) -> Poll<Result<T, JoinError>> {
        self.handle().0.poll(waker, || class)
    }

    /// See [`Joiner::boost`].
    pub(crate) fn boost(&mut self, class: Priority) {
        self.handle().0.boost(class);
    }

    fn handle(&mut self) -> &mut JoinHandle<T> {
        self.0
            .as_mut()
            .expect("the handle is there until it is taken")
    }

    /// As [`JoinHandle::join`].
    ///
    /// # Cancel safety
    ///
    /// If it is dropped before it gives the result, nothing is lost: the handle still has it.
    ///
    /// # Panics
    ///
    /// When polled after it, or the handle, gave the result.
    pub fn join(&mut self) -> Join<'_, T> {
        self.handle().join()
    }

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
        Pin::new(self.handle()).poll(cx)
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
