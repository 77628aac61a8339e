//! How an executor ends.
//!
//! 1. [`Shutdown::close`] and a wake-up for everybody. From now on no worker picks a task, and no lane
//!    is started.
//! 2. Each worker finishes the poll it is in.
//! 3. Each worker then cancels what it can reach. First the list of the tasks that wait: their
//!    futures are dropped on the worker, without a lock, while the driver is alive, and while wakes
//!    still find open queues, where their tickets come to nothing. Then its own queue and the shared
//!    one, which refuse items from here on; what is in them was never polled or is over already, so
//!    refusing a wake drops no future. A worker of the main lane does this for lanes that were never
//!    started, too.
//! 4. The last worker drops the drivers. Tasks whose wakers were leaked keep the lane in memory and
//!    the drivers' unparkers, but no thread.
//! 5. Whoever waits in [`Shutdown::wait`] joins the threads.
//!
//! A task that was polled while another worker did step 3 is in nobody's reach; its own worker
//! finds the list closed when it wants to keep the task, and cancels it.

use std::time::Instant;

use laneway_loom::sync::{
    Mutex,
    atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};
use laneway_waker::{Parker, Unparker};

/// In [`Shutdown::word`]: the workers are asked to stop, and none is started any more.
const CLOSING: usize = 1;

/// One worker in [`Shutdown::word`].
const WORKER: usize = 2;

/// The state of an executor's end.
#[derive(Debug)]
pub(crate) struct Shutdown {
    /// How many workers there are, and `CLOSING`.
    word: AtomicUsize,
    /// Where the executor's owner waits; nobody else takes this lock.
    owner: Mutex<Parker>,
    unparker: Unparker,
}

impl Shutdown {
    pub(crate) fn new() -> Self {
        let owner = Parker::new();
        Self {
            word: AtomicUsize::new(0),
            unparker: owner.unparker(),
            owner: Mutex::new(owner),
        }
    }

    /// Counts workers that are about to be started; `false` if they must not be.
    #[must_use]
    pub(crate) fn workers_start(&self, count: usize) -> bool {
        // Ordering: Relaxed: the count stands for nothing but itself until a worker stops.
        self.word
            .fetch_update(Relaxed, Relaxed, |word| {
                (word & CLOSING == 0).then_some(word + count * WORKER)
            })
            .is_ok()
    }

    /// Asks the workers to stop: they see it before their next poll, or when they are woken. `false`
    /// if there are none.
    pub(crate) fn close(&self) -> bool {
        // Ordering: Relaxed. A sleeper is unparked after this, and the parker's token orders the
        // two; for a running worker there is nothing to order.
        self.word.fetch_or(CLOSING, Relaxed) >= WORKER
    }

    #[inline]
    pub(crate) fn is_closing(&self) -> bool {
        // Ordering: Relaxed, as in `close`.
        self.word.load(Relaxed) & CLOSING != 0
    }

    /// A worker has cancelled what it could. `true` for the last one.
    #[must_use]
    pub(crate) fn worker_stops(&self) -> bool {
        // Ordering: AcqRel: the last one sees what the others did, who are all in the release sequence
        // of this word.
        self.word.fetch_sub(WORKER, AcqRel) == WORKER | CLOSING
    }

    /// Tells the owner, after the last worker's last act.
    pub(crate) fn all_stopped(&self) {
        self.unparker.unpark();
    }

    /// Waits until every worker has stopped, or until `deadline`; `true` if they all have. To be called
    /// when closed, by the owner.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        let parker = self.owner.lock();
        loop {
            // Ordering: Acquire pairs with `worker_stops`.
            if self.word.load(Acquire) < WORKER {
                return true;
            }
            match deadline {
                None => parker.park(),
                Some(deadline) => {
                    if !parker.park_deadline(deadline) {
                        // Ordering: as above.
                        return self.word.load(Acquire) < WORKER;
                    }
                }
            }
        }
    }
}
