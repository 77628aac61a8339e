//! How an executor ends.
//!
//! 1. [`Shutdown::close`] and a wake-up for everybody. From now on no worker picks a task.
//! 2. Each worker finishes the poll it is in.
//! 3. Each worker then cancels what it can reach. First the list of the tasks that wait: their
//!    futures are dropped on the worker, without a lock, while the driver is alive, and while wakes
//!    still find open queues, where their tickets come to nothing. Then its own queue and the shared
//!    one, which refuse items from here on; what is in them was never polled or is over already, so
//!    refusing a wake drops no future.
//! 4. The last worker drops the driver. Tasks whose wakers were leaked keep the lane in memory and
//!    the driver's unparker, but no thread.
//! 5. Whoever waits in [`Shutdown::wait`] joins the threads.
//!
//! A task that was polled while another worker did step 3 is in nobody's reach; its own worker
//! finds the list closed when it wants to keep the task, and cancels it.

use std::time::Instant;

use laneway_loom::sync::{
    Condvar, Mutex,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// The state of an executor's end.
#[derive(Debug)]
pub(crate) struct Shutdown {
    closing: AtomicBool,
    alive: Mutex<usize>,
    all_stopped: Condvar,
}

impl Shutdown {
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            closing: AtomicBool::new(false),
            alive: Mutex::new(workers),
            all_stopped: Condvar::new(),
        }
    }

    /// Asks the workers to stop. They see it before their next poll, or when they are woken.
    pub(crate) fn close(&self) {
        // Ordering: Relaxed. A sleeper is unparked after this store, and the parker's token orders
        // the two; for a running worker there is nothing to order.
        self.closing.store(true, Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        // Ordering: Relaxed, as in `close`.
        self.closing.load(Relaxed)
    }

    /// A worker has cancelled what it could. `true` for the last one.
    #[must_use]
    pub(crate) fn worker_stops(&self) -> bool {
        let mut alive = self.alive.lock();
        *alive -= 1;
        *alive == 0
    }

    /// Tells those who wait, after the last worker's last act.
    pub(crate) fn all_stopped(&self) {
        self.all_stopped.notify_all();
    }

    /// Waits until every worker has stopped, or until `deadline`; `true` if they all have.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut alive = self.alive.lock();
        while *alive > 0 {
            match deadline {
                None => alive = self.all_stopped.wait(alive),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    (alive, _) = self.all_stopped.wait_timeout(alive, left);
                }
            }
        }
        true
    }
}
