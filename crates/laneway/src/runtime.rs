//! The runtime of many threads.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use laneway_executor::{Executor, LaneStatus};
use laneway_task::JoinHandle;

use crate::{
    builder::Builder,
    current,
    handle::{EnterGuard, Handle},
    pools::Pools,
    report::Report,
    task,
};

/// Threads that run tasks, timers and sockets, and a pool for closures that block.
///
/// # Dropping it
///
/// Shuts it down: no task is polled any more, every future is dropped, on the threads that ran them,
/// while timers and sockets still work; then the sockets' reactor goes; then queued closures are
/// cancelled. The drop waits for polls and closures that are running.
/// [`shutdown_timeout`](Self::shutdown_timeout) does not wait longer than it is told. Dropped on one
/// of its own threads it starts all this and does not wait.
pub struct Runtime {
    handle: Handle,
    /// `None` once shut down.
    running: Option<Running>,
}

struct Running {
    executor: Executor,
    pools: Pools,
}

impl Runtime {
    /// A runtime with a thread for each core and the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// What the system said when it refused a thread or a file descriptor.
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// Chooses threads, scheduler, clock, names and limits.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new_with(handle: Handle, executor: Executor, pools: Pools) -> Self {
        Self {
            handle,
            running: Some(Running { executor, pools }),
        }
    }

    /// Reaches this runtime from anywhere.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Drives `future` on the calling thread, which waits for it, inside this runtime.
    ///
    /// # Panics
    ///
    /// On a thread that polls tasks; and with the panic of `future`, if that panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// Starts `future` as a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Starts `future` as a task with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_with<F>(&self, builder: task::Builder, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn_with(builder, future)
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

    /// What became of the lanes so far, the main one first: their threads, and what the operating system
    /// granted them.
    ///
    /// ```
    /// let runtime = laneway::Runtime::new()?;
    /// let [main, background] = &runtime.lanes()[..] else { unreachable!() };
    /// assert!(main.is_started());
    /// assert!(!background.is_started()); // Nobody has needed it yet.
    /// assert_eq!(background.requested().to_string(), "batch, nice 19");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn lanes(&self) -> Vec<LaneStatus> {
        let running = self.running.as_ref();
        running.map_or_else(Vec::new, |running| running.executor.lanes())
    }

    /// Makes this the current runtime of the calling thread, until the guard is dropped.
    pub fn enter(&self) -> EnterGuard {
        self.handle.enter()
    }

    /// Shuts down, waits for at most `limit`, and says what had not ended by then.
    pub fn shutdown_timeout(mut self, limit: Duration) -> Report {
        match self.running.take() {
            Some(running) => shut_down(running, limit),
            None => Report::default(),
        }
    }

    /// Shuts down without waiting for what runs.
    pub fn shutdown_background(self) {
        let _ = self.shutdown_timeout(Duration::ZERO);
    }

    /// `true` on a thread that belongs to this runtime, and so cannot wait for it to end.
    fn is_own_thread(&self) -> bool {
        current::with(|current| current.is_at_home_in(&self.handle)) == Some(true)
    }
}

fn shut_down(Running { executor, pools }: Running, limit: Duration) -> Report {
    let start = Instant::now();
    let executor = executor.shutdown_timeout(limit);
    Report {
        tasks: executor,
        blocking: pools.shutdown_timeout(limit.saturating_sub(start.elapsed())),
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let own_thread = self.is_own_thread();
        let Some(running) = self.running.take() else {
            return;
        };
        if own_thread {
            let _ = shut_down(running, Duration::ZERO);
        } else {
            drop(running.executor);
            drop(running.pools);
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
