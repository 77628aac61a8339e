//! What can be said of a task before it starts.

use std::borrow::Cow;
use std::future::Future;

use laneway_scheduler::Priority;
use laneway_task::JoinHandle;

use super::with_local_executor;
use crate::handle::with_current;

/// Says more about a task than [`spawn`](crate::spawn) does: its name, its priority, attributes for a
/// scheduler.
///
/// ```
/// use laneway::task::{self, Priority};
///
/// # laneway::Runtime::new()?.block_on(async {
/// let compact = task::Builder::new().name("compact").priority(Priority::Background);
/// let task = compact.spawn(async { task::priority() });
/// assert_eq!(task.await.unwrap(), Priority::Background);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Name and attributes cost 64 bytes in the task's allocation, and nothing if there are none.
#[derive(Debug, Default)]
#[must_use = "a builder makes no task before `spawn`"]
pub struct Builder {
    inner: laneway_task::Builder,
    priority: Option<Priority>,
}

impl Builder {
    /// A task without a name, with the priority of the task that spawns it; outside of tasks that is
    /// [`Normal`](Priority::Normal).
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the task, for people.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            inner: self.inner.name(name),
            ..self
        }
    }

    /// How urgent the task is, whoever spawns it.
    pub fn priority(self, priority: Priority) -> Self {
        Self {
            inner: self.inner.priority(priority),
            priority: Some(priority),
        }
    }

    /// Gives the task something for a scheduler to read, of at most 16 bytes:
    /// [`Runnable::attributes`](laneway_task::Runnable::attributes).
    pub fn attributes<A: Copy + Send + Sync + 'static>(self, attributes: A) -> Self {
        Self {
            inner: self.inner.attributes(attributes),
            ..self
        }
    }

    /// Starts `future` as a task of the current runtime.
    ///
    /// # Panics
    ///
    /// On a thread without a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        with_current(|handle| handle.spawn_with(self, future))
    }

    /// Starts `future`, which need not be [`Send`], as a task of this thread.
    ///
    /// # Panics
    ///
    /// Outside of a [`LocalRuntime`](crate::LocalRuntime).
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        with_local_executor(|executor| executor.spawn_local_with(self.inner, future))
    }

    /// Runs `f`, which may block, on a thread of the current runtime's blocking pool. Never waits: when
    /// the pool's queue is full, the handle yields a `JoinError` that is
    /// [rejected](crate::JoinError::is_rejected).
    ///
    /// # Panics
    ///
    /// On a thread without a runtime.
    #[track_caller]
    pub fn spawn_blocking<F, T>(self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        with_current(|handle| handle.spawn_blocking_with(self, f))
    }

    pub(crate) fn into_inner(self) -> laneway_task::Builder {
        self.inner
    }

    /// The class that the task will have.
    pub(crate) fn class(&self) -> Priority {
        self.priority
            .unwrap_or_else(laneway_task::current::priority)
    }
}
