//! Tasks: spawning with a name or a priority, yielding, and what a task knows of itself.

use std::future::Future;

use laneway_executor::LocalExecutor;
pub use laneway_scheduler::Priority;
pub use laneway_task::{
    AbortHandle, AbortOnDrop, Id, JoinError, JoinHandle, PriorityGuard, TaskInfo,
    current::{effective_priority, set_priority},
};
pub use laneway_waker::{
    budget::{unconstrained, yield_if_needed},
    yield_now,
};

use crate::current::{self, Role};
use crate::handle::with_current;

pub use builder::Builder;
pub use join_set::JoinSet;

mod builder;
mod join_set;

/// Starts `future` as a task of the current runtime.
///
/// # Panics
///
/// On a thread without a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    with_current(|handle| handle.spawn(future))
}

/// Starts `future`, which need not be [`Send`], as a task of this thread.
///
/// # Panics
///
/// Outside of a [`LocalRuntime`](crate::LocalRuntime): the threads of a
/// [`Runtime`](crate::Runtime) take each other's tasks.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    with_local_executor(|executor| executor.spawn_local(future))
}

/// Calls `f` with that of this thread.
#[track_caller]
fn with_local_executor<R>(f: impl FnOnce(&LocalExecutor) -> R) -> R {
    let result = current::with(|current| match &current.role {
        Role::LocalWorker(executor) => Some(f(executor)),
        Role::Worker | Role::Blocking | Role::Guest => None,
    });
    match result.flatten() {
        Some(result) => result,
        None => panic!(
            "spawn_local was called outside of a LocalRuntime: only a runtime of one thread can run \
             tasks that are not Send"
        ),
    }
}

/// Runs `f`, which may block, on a thread of the current runtime's blocking pool.
///
/// Never waits itself. When the pool's queue is full, the handle yields a [`JoinError`] that is
/// [rejected](JoinError::is_rejected).
///
/// # Panics
///
/// On a thread without a runtime.
#[track_caller]
pub fn spawn_blocking<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    with_current(|handle| handle.spawn_blocking(f))
}

/// The id of the task that is being polled on this thread.
#[must_use]
pub fn try_id() -> Option<Id> {
    laneway_task::current::id()
}

/// The priority of the task that is being polled on this thread, as it was spawned with: what tasks
/// that it spawns inherit. Outside of tasks [`Priority::Normal`].
#[must_use]
pub fn priority() -> Priority {
    laneway_task::current::priority()
}
