//! The runtime from anywhere.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};

use laneway_blocking::Full;
use laneway_task::JoinHandle;

use crate::current::{self, Current, Entered, Role};
use crate::pools::PoolHandles;
use crate::task;

/// Reaches a [`Runtime`](crate::Runtime) or [`LocalRuntime`](crate::LocalRuntime) from any thread.
///
/// Cloning is cheap. A handle does not keep the runtime running: what is spawned through it after
/// shutdown is cancelled at once, and its `JoinHandle` says so.
#[derive(Clone)]
pub struct Handle {
    parts: Arc<Parts>,
}

/// The parts, as seen from outside of the threads that run them.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) executor: laneway_executor::Handle,
    pub(crate) pools: PoolHandles,
    /// Of each lane, by its number.
    pub(crate) timers: Box<[laneway_timer::Timers]>,
    pub(crate) reactor: laneway_reactor::Handle,
}

impl Handle {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
        }
    }

    /// The runtime of the calling thread.
    ///
    /// # Panics
    ///
    /// On a thread that no runtime started or entered. [`try_current`](Self::try_current) does not.
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Some(handle) => handle,
            None => no_runtime(),
        }
    }

    /// The runtime of the calling thread, if it has one.
    #[must_use]
    pub fn try_current() -> Option<Self> {
        current::with(|current| current.handle.clone())
    }

    /// Starts `future` as a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.parts.executor.spawn(future)
    }

    /// Starts `future` as a task with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_with<F>(&self, builder: task::Builder, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.parts.executor.spawn_with(builder.into_inner(), future)
    }

    /// Runs `f`, which may block, on a thread of the blocking pool.
    ///
    /// Never waits itself. When the pool's queue is full, the handle yields a `JoinError` that is
    /// [rejected](laneway_task::JoinError::is_rejected).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_blocking_with(task::Builder::new(), f)
    }

    /// As [`spawn_blocking`](Self::spawn_blocking), with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_blocking_with<F, T>(&self, builder: task::Builder, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let pool = self.parts.pools.of(builder.class());
        pool.spawn_with(builder.into_inner(), f)
    }

    /// As [`spawn_blocking`](Self::spawn_blocking), but gives `f` back when the queue is full.
    ///
    /// # Errors
    ///
    /// [`Full`], which holds `f`.
    #[track_caller]
    pub fn try_spawn_blocking<F, T>(&self, f: F) -> Result<JoinHandle<T>, Full<F>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.try_spawn_blocking_with(task::Builder::new(), f)
    }

    /// As [`try_spawn_blocking`](Self::try_spawn_blocking), with the name, priority and attributes of
    /// `builder`.
    ///
    /// # Errors
    ///
    /// [`Full`], which holds `f`.
    #[track_caller]
    pub fn try_spawn_blocking_with<F, T>(
        &self,
        builder: task::Builder,
        f: F,
    ) -> Result<JoinHandle<T>, Full<F>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let pool = self.parts.pools.of(builder.class());
        pool.try_spawn_with(builder.into_inner(), f)
    }

    /// Drives `future` on the calling thread, which waits for it, inside this runtime.
    ///
    /// # Panics
    ///
    /// On a thread that polls tasks: it would keep them waiting. Await the future there, or
    /// spawn it. And with the panic of `future`: a sleep does panic when the runtime ends before its
    /// deadline, since nobody would ever wake it.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        refuse_on_worker("Handle::block_on");
        let _entered = self.enter();
        laneway_waker::block_on(future)
    }

    /// Makes this the current runtime of the calling thread, until the guard is dropped.
    ///
    /// Guards must be dropped in the opposite order of their making.
    pub fn enter(&self) -> EnterGuard {
        EnterGuard {
            _entered: Current::entering(self.clone()).enter(),
            not_send: PhantomData,
        }
    }

    /// The runtime's timers: on one of its workers those of the worker's lane, else the main lane's.
    pub fn timers(&self) -> &laneway_timer::Timers {
        &self.parts.timers[self.lane()]
    }

    /// The lane of the calling thread in this runtime.
    fn lane(&self) -> usize {
        let own = laneway_waker::lane::current();
        match own.checked_sub(self.parts.pools.main_lane()) {
            None | Some(0) => 0,
            Some(lane) if current::with(|current| current.is_at_home_in(self)) == Some(true) => {
                lane.into()
            }
            // A worker of another runtime.
            Some(_) => 0,
        }
    }

    /// The runtime's reactor, for sources of your own.
    pub fn reactor(&self) -> &laneway_reactor::Handle {
        &self.parts.reactor
    }

    /// The main lane's pool for closures that block. [`spawn_blocking`](Self::spawn_blocking) finds the
    /// pool of a closure's class.
    pub fn blocking(&self) -> &laneway_blocking::Handle {
        self.parts.pools.main()
    }

    pub(crate) fn pools(&self) -> &PoolHandles {
        &self.parts.pools
    }

    pub(crate) fn executor(&self) -> &laneway_executor::Handle {
        &self.parts.executor
    }

    /// For the runtime's own threads, which must not keep alive what they belong to.
    pub(crate) fn downgrade(&self) -> WeakHandle {
        WeakHandle(Arc::downgrade(&self.parts))
    }

    /// `true` if both reach the same runtime.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.parts, &other.parts)
    }
}

/// A handle that does not keep the parts alive.
#[derive(Debug)]
pub(crate) struct WeakHandle(Weak<Parts>);

impl WeakHandle {
    /// `None` once the runtime and all its handles are gone.
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        self.0.upgrade().map(|parts| Handle { parts })
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// What [`Handle::enter`] gives: leaves the runtime when dropped.
#[must_use = "the runtime is current only while the guard lives"]
pub struct EnterGuard {
    _entered: Entered,
    /// The guard belongs to the thread it was made on.
    not_send: PhantomData<*const ()>,
}

impl fmt::Debug for EnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}

#[track_caller]
pub(crate) fn with_current<R>(f: impl FnOnce(&Handle) -> R) -> R {
    match current::with(|current| f(&current.handle)) {
        Some(result) => result,
        None => no_runtime(),
    }
}

#[track_caller]
fn no_runtime() -> ! {
    panic!(
        "this thread has no laneway runtime: call this from a task, inside `Runtime::block_on`, or \
         after `Handle::enter`"
    );
}

#[track_caller]
pub(crate) fn refuse_on_worker(what: &str) {
    let on_worker =
        current::with(|current| matches!(current.role, Role::Worker | Role::LocalWorker(_)));
    assert!(
        on_worker != Some(true),
        "{what} was called on a thread that polls tasks, which would then wait for it: await the \
         future, or spawn it"
    );
}
