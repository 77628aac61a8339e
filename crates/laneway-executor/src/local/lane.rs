//! What tasks see of a single-thread executor: a queue on its thread, an inbox for everyone else.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use laneway_fifo::local::Queue;
use laneway_scheduler::Cause;
use laneway_task::{OwnedTasks, Runnable, Schedule};
use laneway_waker::Inbox;

use crate::registered;

/// Shared with the wakers of its tasks, on any thread.
#[derive(Debug)]
pub(crate) struct LocalLane {
    inbox: Inbox<Runnable>,
    unparker: Waker,
    pub(crate) owned: OwnedTasks,
}

/// The owner's half.
#[derive(Debug)]
pub(crate) struct LocalQueue {
    queue: RefCell<Queue<Runnable>>,
    /// The executor is being dropped: what is pushed now is cancelled.
    pub(crate) stopped: Cell<bool>,
}

impl LocalLane {
    pub(crate) fn new(unparker: Waker) -> Self {
        Self {
            inbox: Inbox::new(),
            unparker,
            owned: OwnedTasks::new(1, 1),
        }
    }

    /// From another thread, or while the executor does not run.
    fn post(&self, runnable: Runnable) {
        match self.inbox.push(runnable) {
            // Each poster wakes: if only the first did, the others would wait for it to run again.
            Ok(()) => self.unparker.wake_by_ref(),
            // The executor has dropped all local futures, so this is either a task that is over, or one
            // that may be dropped here.
            Err(runnable) => drop(runnable),
        }
    }

    /// Moves what was posted into the owner's queue.
    pub(crate) fn take_posted(&self, own: &LocalQueue) {
        // What is not seen yet has its unpark still to come, and that ends the next park.
        if !self.inbox.is_empty() {
            let mut queue = own.queue.borrow_mut();
            self.inbox.take_each(|runnable| queue.push(runnable));
        }
    }

    /// Whether nothing was posted since the owner has looked.
    pub(crate) fn is_empty(&self) -> bool {
        self.inbox.is_empty()
    }

    /// Refuses what is posted from now on, and gives what is there.
    pub(crate) fn close(&self) -> impl Iterator<Item = Runnable> + use<> {
        self.inbox.close()
    }
}

impl LocalQueue {
    pub(crate) fn new() -> Self {
        Self {
            queue: RefCell::new(Queue::new()),
            stopped: Cell::new(false),
        }
    }

    #[inline]
    pub(crate) fn push(&self, runnable: Runnable) {
        if self.stopped.get() {
            drop(runnable);
        } else {
            self.queue.borrow_mut().push(runnable);
        }
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Runnable> {
        self.queue.borrow_mut().pop()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.borrow().len()
    }
}

impl registered::Lane for LocalLane {
    type Own = LocalQueue;
}

impl Schedule for LocalLane {
    fn schedule(&self, runnable: Runnable, _cause: Cause) {
        registered::with(self, |own| match own {
            Some(own) => own.push(runnable),
            None => self.post(runnable),
        });
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }
}
