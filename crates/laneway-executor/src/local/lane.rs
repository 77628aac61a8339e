//! What tasks see of a single-thread executor: a queue on its thread, an inbox for everyone else.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use laneway_fifo::local::Queue;
use laneway_loom::sync::{
    Mutex,
    atomic::{
        AtomicUsize,
        Ordering::{Acquire, Release},
    },
};
use laneway_scheduler::Cause;
use laneway_task::{OwnedTasks, Runnable, Schedule};

use crate::registered;

/// Shared with the wakers of its tasks, on any thread.
#[derive(Debug)]
pub(crate) struct LocalLane {
    inbox: Mutex<Inbox>,
    /// How many items the inbox holds: lets the owner look without locking.
    waiting: AtomicUsize,
    unparker: Waker,
    pub(crate) owned: OwnedTasks,
}

#[derive(Debug, Default)]
struct Inbox {
    items: Vec<Runnable>,
    closed: bool,
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
            inbox: Mutex::new(Inbox::default()),
            waiting: AtomicUsize::new(0),
            unparker,
            owned: OwnedTasks::new(1, 1),
        }
    }

    /// From another thread, or while the executor does not run.
    fn post(&self, runnable: Runnable) {
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            drop(inbox);
            // The executor has dropped all futures of its own, so this is either a task that is
            // over, or one that was spawned from here and may be dropped here.
            return drop(runnable);
        }
        inbox.items.push(runnable);
        // Ordering: Release pairs with the Acquire in `take_posted`, though the lock would do.
        self.waiting.store(inbox.items.len(), Release);
        drop(inbox);
        // Each poster wakes: if only the first did, the others would wait for it to run again.
        self.unparker.wake_by_ref();
    }

    /// Moves what was posted into the owner's queue.
    pub(crate) fn take_posted(&self, own: &LocalQueue) {
        // Ordering: Acquire pairs with the Release in `post`. A post that is not seen yet has its
        // unpark still to come, and that ends the next park.
        if self.waiting.load(Acquire) == 0 {
            return;
        }
        let mut inbox = self.inbox.lock();
        let items = std::mem::take(&mut inbox.items);
        self.waiting.store(0, Release);
        drop(inbox);
        let mut queue = own.queue.borrow_mut();
        items.into_iter().for_each(|runnable| queue.push(runnable));
    }

    /// Closes the inbox if it is empty.
    pub(crate) fn try_close(&self) -> bool {
        let mut inbox = self.inbox.lock();
        inbox.closed = inbox.items.is_empty();
        inbox.closed
    }
}

impl LocalQueue {
    pub(crate) fn new() -> Self {
        Self {
            queue: RefCell::new(Queue::new()),
            stopped: Cell::new(false),
        }
    }

    pub(crate) fn push(&self, runnable: Runnable) {
        if self.stopped.get() {
            drop(runnable);
        } else {
            self.queue.borrow_mut().push(runnable);
        }
    }

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
        let mut runnable = Some(runnable);
        registered::with(self, |own| runnable.take().map(|it| own.push(it)));
        if let Some(runnable) = runnable {
            self.post(runnable);
        }
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }
}
