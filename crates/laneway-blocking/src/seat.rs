//! Where a thread of the pool waits, and where others see what it runs.

use std::panic::Location;
use std::time::Duration;

use laneway_loom::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};
use laneway_task::{AbortHandle, Id, Runnable};

/// Loom has no timeouts: in a model, a notification that nobody was called with stands for one.
const EVERY_WAKE_IS_A_TIMEOUT: bool = cfg!(laneway_loom);

/// A job in the queue.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) runnable: Runnable,
    /// Tells whether the closure is still running, exactly when its `JoinHandle` does. The second
    /// ticket of a job comes without.
    pub(crate) task: Option<AbortHandle>,
}

/// What a thread runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) id: Id,
    task: Option<AbortHandle>,
    pub(crate) name: Option<String>,
    pub(crate) location: &'static Location<'static>,
}

impl Running {
    pub(crate) fn new(runnable: &Runnable, task: Option<AbortHandle>) -> Self {
        let name = runnable.name().map(str::to_owned);
        Self {
            id: runnable.id(),
            task,
            name,
            location: runnable.location(),
        }
    }

    fn has_ended(&self) -> bool {
        self.task.as_ref().is_some_and(AbortHandle::is_finished)
    }
}

/// The seat of one thread.
#[derive(Debug)]
pub(crate) struct Seat {
    called: Condvar,
    running: Mutex<Option<Running>>,
}

impl Seat {
    pub(crate) fn new() -> Self {
        Self {
            called: Condvar::new(),
            running: Mutex::new(None),
        }
    }

    /// Wakes the thread, if it waits.
    pub(crate) fn notify(&self) {
        self.called.notify_one();
    }

    /// Waits for a notification, for at most `limit`; `true` if there was none. `guard` is of the
    /// pool's one lock.
    pub(crate) fn wait<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let (guard, timed_out) = self.called.wait_timeout(guard, limit);
        (guard, timed_out || EVERY_WAKE_IS_A_TIMEOUT)
    }

    /// As [`wait`](Self::wait), for a tick. In a model, time passes while others do something.
    pub(crate) fn watch<'a, T>(
        &self,
        lock: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        tick: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        if cfg!(laneway_loom) {
            drop(guard);
            thread::yield_now();
            return (lock.lock(), true);
        }
        self.wait(guard, tick)
    }

    /// Runs a job, for others to see. Its panics end in its `JoinHandle`.
    pub(crate) fn run(&self, Job { runnable, task }: Job) {
        self.begin(Running::new(&runnable, task));
        runnable.run();
        // May free the task: not under the lock.
        drop(self.end());
    }

    pub(crate) fn begin(&self, running: Running) {
        *self.running.lock() = Some(running);
    }

    pub(crate) fn end(&self) -> Option<Running> {
        self.running.lock().take()
    }

    /// Whether the thread is inside a closure. Does not wait: a thread that changes this just now is
    /// not.
    pub(crate) fn is_inside(&self) -> bool {
        self.running
            .try_lock()
            .is_some_and(|running| running.is_some())
    }

    /// What the thread runs; nothing once the closure has ended.
    pub(crate) fn running(&self) -> Option<Running> {
        let running = self.running.lock().clone();
        running.filter(|running| !running.has_ended())
    }
}
