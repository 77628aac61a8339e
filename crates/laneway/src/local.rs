//! The runtime of one thread.

use std::fmt;
use std::future::Future;
use std::io;
use std::rc::Rc;

use laneway_executor::LocalExecutor;
use laneway_task::JoinHandle;

use crate::{
    current::{Current, Entered, Role},
    handle::{Handle, refuse_on_worker},
    pools::Pools,
    runtime::Runtime,
    task,
};

/// Tasks, timers and sockets on the thread it was made on, and a pool for closures that block.
///
/// Its futures need not be [`Send`]: they are polled and dropped on this thread alone, whoever wakes
/// or aborts them. One of these for each core makes a thread-per-core program.
///
/// Dropping it drops every future, then waits for closures that are running.
pub struct LocalRuntime {
    // Dropped in this order: the tasks while the pool still answers, then the pool, whose threads look
    // for the handle.
    executor: Rc<LocalExecutor>,
    _pools: Pools,
    handle: Handle,
}

impl LocalRuntime {
    /// A runtime of this thread with the defaults of [`Builder`](crate::Builder).
    ///
    /// # Errors
    ///
    /// What the system said when it refused a file descriptor.
    pub fn new() -> io::Result<Self> {
        Runtime::builder().build_local()
    }

    pub(crate) fn new_with(handle: Handle, executor: Rc<LocalExecutor>, pools: Pools) -> Self {
        Self {
            handle,
            executor,
            _pools: pools,
        }
    }

    /// Reaches this runtime from any thread, for futures that are [`Send`].
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs this thread's tasks until `future` is ready.
    ///
    /// Tasks that are not finished then stay, and go on in the next call.
    ///
    /// # Panics
    ///
    /// On a thread that polls tasks already; and with the panic of `future`, if that panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        refuse_on_worker("LocalRuntime::block_on");
        let _entered = self.enter();
        self.executor.block_on(future)
    }

    /// Polls each task that is ready now once, and handles timers and sockets, without waiting.
    /// Returns how many tasks it polled.
    ///
    /// # Panics
    ///
    /// On a thread that polls tasks already.
    #[track_caller]
    pub fn turn(&self) -> usize {
        refuse_on_worker("LocalRuntime::turn");
        let _entered = self.enter();
        self.executor.turn()
    }

    /// Starts `future` as a task of this thread. It is polled during [`block_on`](Self::block_on) or
    /// [`turn`](Self::turn).
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.executor.spawn_local(future)
    }

    /// [`spawn_local`](Self::spawn_local) with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_local_with<F>(&self, builder: task::Builder, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.executor.spawn_local_with(builder.into_inner(), future)
    }

    /// Runs `f`, which may block, on a thread of the blocking pool.
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    fn enter(&self) -> Entered {
        let role = Role::LocalWorker(self.executor.clone());
        Current::own(self.handle.clone(), role).enter()
    }
}

impl Drop for LocalRuntime {
    /// Futures are dropped inside the runtime, so that what they drop can still spawn and sleep.
    fn drop(&mut self) {
        let _entered = self.enter();
        self.executor.cancel_all();
    }
}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime")
            .field("executor", &self.executor)
            .finish_non_exhaustive()
    }
}
