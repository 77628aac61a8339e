//! What all workers and the shared half can reach: an inbox, and the queue behind a lock.
//!
//! The lock is among the workers of one scheduler; other threads leave their items in the inbox.

use crossbeam_utils::CachePadded;
use laneway_loom::sync::{
    Mutex,
    atomic::{
        AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
        fence,
    },
};
use laneway_waker::Inbox;

use crate::Deadline;
use crate::queue::Queue;

#[cfg(test)]
mod loom;

pub(crate) struct Shared<T> {
    /// Written by anyone, so on a cache line of its own.
    incoming: CachePadded<Incoming<T>>,
    guarded: Mutex<Guarded<T>>,
    /// How many items the queue holds, and one more while others are on their way from the inbox: stored
    /// under the lock, read without.
    len: AtomicUsize,
    /// The earliest deadline in the queue. A hint.
    earliest: AtomicU64,
}

struct Incoming<T> {
    inbox: Inbox<(T, Deadline)>,
    /// The earliest deadline in the inbox. A hint.
    earliest: AtomicU64,
}

struct Guarded<T> {
    queue: Queue<T>,
    closed: bool,
}

const NEVER: u64 = Deadline::NEVER.nanos();

impl<T> Shared<T> {
    pub(crate) fn new() -> Self {
        Self {
            incoming: CachePadded::new(Incoming {
                inbox: Inbox::new(),
                earliest: AtomicU64::new(NEVER),
            }),
            guarded: Mutex::new(Guarded {
                queue: Queue::new(),
                closed: false,
            }),
            len: AtomicUsize::new(0),
            earliest: AtomicU64::new(NEVER),
        }
    }

    /// From any thread, without a lock; gives the item back once closed.
    pub(crate) fn inject(&self, item: T, deadline: Deadline) -> Result<(), T> {
        let pushed = self.incoming.inbox.push((item, deadline));
        pushed.map_err(|(item, _)| item)?;
        // Ordering: Release pairs with the Acquire in `fetch`: who resets the hint that this item has
        // left takes the item too.
        self.incoming.earliest.fetch_min(deadline.nanos(), Release);
        Ok(())
    }

    /// From a worker; also when closed.
    pub(crate) fn push(&self, item: T, deadline: Deadline) {
        self.with_queue(|queue| queue.push(item, deadline));
    }

    /// For a worker.
    pub(crate) fn pop(&self) -> Option<(T, Deadline)> {
        if self.is_empty() {
            return None;
        }
        self.with_queue(Queue::pop)
    }

    /// Does something with the queue and all that has arrived before.
    fn with_queue<R>(&self, f: impl FnOnce(&mut Queue<T>) -> R) -> R {
        let mut guarded = self.guarded.lock();
        self.fetch(&mut guarded.queue);
        let result = f(&mut guarded.queue);
        self.describe(&guarded.queue);
        result
    }

    /// Moves what is in the inbox to the queue. The caller describes the queue afterwards.
    fn fetch(&self, queue: &mut Queue<T>) {
        // Ordering: Relaxed, only to spare the exchange.
        if self.incoming.earliest.load(Relaxed) != NEVER {
            // Ordering: Acquire pairs with the Release in `inject`: what the hint was about is seen by the
            // `take` below. So no hint is lost whose item stays in the inbox.
            self.incoming.earliest.swap(NEVER, Acquire);
        }
        if self.incoming.inbox.is_empty() {
            return;
        }
        // Ordering: Relaxed, with the fence. Who finds the inbox emptied by the `take` below, and passes
        // the fence in `is_empty`, sees this length or a later one. Without the fence it could see an
        // older one, and items would be in neither place.
        self.len.store(queue.len() + 1, Relaxed);
        // Ordering: Release pairs with the Acquire fence in `is_empty`, see above.
        fence(Release);
        for (item, deadline) in self.incoming.inbox.take() {
            queue.push(item, deadline);
        }
    }

    fn describe(&self, queue: &Queue<T>) {
        // Ordering: Relaxed. A hint.
        self.earliest.store(queue.earliest().nanos(), Relaxed);
        // Ordering: Relaxed. Who sees 0 looks no further; when it must be new enough, a fence sees to that.
        self.len.store(queue.len(), Relaxed);
    }

    /// Whether there is no item.
    pub(crate) fn is_empty(&self) -> bool {
        // Re-check: first the one place, then the other.
        if !self.incoming.inbox.is_empty() {
            return false;
        }
        // Ordering: Acquire pairs with the Release fence in `fetch`: if that has emptied the inbox, the
        // length read next tells of it.
        fence(Acquire);
        // Ordering: Relaxed, as in `describe`.
        self.len.load(Relaxed) == 0
    }

    /// The earliest deadline of all items that wait, as far as is known.
    pub(crate) fn earliest(&self) -> Deadline {
        // Ordering: Relaxed, both. Hints.
        let waiting = self.earliest.load(Relaxed);
        let incoming = self.incoming.earliest.load(Relaxed);
        Deadline::from_nanos(waiting.min(incoming))
    }

    /// Refuses further injects, and takes what is there.
    pub(crate) fn close(&self) -> impl Iterator<Item = T> + use<T> {
        let mut guarded = self.guarded.lock();
        guarded.closed = true;
        // Under the lock, so that nothing is on its way from the inbox to the queue.
        let incoming = self.incoming.inbox.close();
        let left = guarded.queue.take();
        self.describe(&guarded.queue);
        left.chain(incoming.map(|(item, _)| item))
    }

    /// What was pushed since it was closed; nothing while it is open.
    pub(crate) fn take_closed(&self) -> Option<impl Iterator<Item = T> + use<T>> {
        let mut guarded = self.guarded.lock();
        if !guarded.closed {
            return None;
        }
        let left = guarded.queue.take();
        self.describe(&guarded.queue);
        Some(left)
    }
}
