//! Many tasks, and whichever ends next.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use laneway_task::Id;

use super::spawn;

/// Tasks that belong together: wait for whichever ends next, or end them all.
///
/// It is a [`laneway_task::JoinSet`] that can also spawn; a task with a name or a priority, or a closure
/// that blocks, is [inserted](laneway_task::JoinSet::insert). Waiting for it lifts the tasks in it to the
/// class of the task that waits. Dropping it aborts them.
///
/// ```
/// use laneway::task::JoinSet;
///
/// # laneway::Runtime::new()?.block_on(async {
/// let mut set = JoinSet::new();
/// for n in 0..8 {
///     set.spawn(async move { n * n });
/// }
/// set.insert(laneway::spawn_blocking(|| 100));
/// let mut sum = 0;
/// while let Some((_id, square)) = set.join_next().await {
///     sum += square.unwrap();
/// }
/// assert_eq!(sum, 240);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping it aborts its tasks"]
pub struct JoinSet<T>(laneway_task::JoinSet<T>);

impl<T> JoinSet<T> {
    /// A set without tasks.
    pub fn new() -> Self {
        Self(laneway_task::JoinSet::new())
    }

    /// Starts `future` as a task of the current runtime and puts it into the set.
    ///
    /// # Panics
    ///
    /// On a thread without a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> Id
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.0.insert(spawn(future))
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = laneway_task::JoinSet<T>;

    fn deref(&self) -> &laneway_task::JoinSet<T> {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut laneway_task::JoinSet<T> {
        &mut self.0
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
