//! The shared queue: what comes from other threads, and what does not fit into a worker's ring.

use alloc::collections::VecDeque;
use core::fmt;

use laneway_loom::sync::{
    Mutex, MutexGuard,
    atomic::{
        AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use crate::ring::Owner;

/// Items in arrival order, behind a lock, with a count that can be read without it.
pub(crate) struct Injector<T> {
    queue: Mutex<Queue<T>>,
    /// How many items `queue` holds: stored under the lock, read without.
    len: AtomicUsize,
}

struct Queue<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// What a worker got from the injector.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refill<T> {
    /// Some items are in its ring now.
    Moved,
    /// Its ring has no room, so here is one.
    Item(T),
    /// There is none.
    Empty,
    /// Somebody else holds the lock.
    Busy,
}

impl<T> Injector<T> {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                items: VecDeque::new(),
                closed: false,
            }),
            len: AtomicUsize::new(0),
        }
    }

    /// Adds an item, or gives it back once closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut queue = self.queue.lock();
        if queue.closed {
            drop(queue);
            return Err(item);
        }
        queue.items.push_back(item);
        self.set_len(&queue);
        Ok(())
    }

    /// Takes an item that a full ring has no room for, and before it up to half of that ring, so that
    /// this is not needed for every push. Even when closed: the items wait for the next
    /// [`take_closed`](Self::take_closed) or [`close`](Self::close).
    pub(crate) fn spill<const N: usize>(&self, ring: &mut Owner<T, N>, item: T) {
        let mut queue = self.queue.lock();
        queue.items.reserve(N / 2 + 1);
        ring.split_off_newest(N / 2, |item| queue.items.push_back(item));
        queue.items.push_back(item);
        self.set_len(&queue);
    }

    /// Moves up to `share(len)` items into the ring; in exchange for as many, if it has no room.
    pub(crate) fn refill<const N: usize>(
        &self,
        ring: &mut Owner<T, N>,
        share: impl FnOnce(usize) -> usize,
    ) -> Refill<T> {
        if self.is_empty() {
            return Refill::Empty;
        }
        self.refill_locked(self.queue.lock(), ring, share)
    }

    /// As [`refill`](Self::refill), for a worker that has other things to do than wait for a lock.
    pub(crate) fn try_refill<const N: usize>(
        &self,
        ring: &mut Owner<T, N>,
        share: impl FnOnce(usize) -> usize,
    ) -> Refill<T> {
        if self.is_empty() {
            return Refill::Empty;
        }
        match self.queue.try_lock() {
            Some(queue) => self.refill_locked(queue, ring, share),
            None => Refill::Busy,
        }
    }

    fn refill_locked<const N: usize>(
        &self,
        mut queue: MutexGuard<'_, Queue<T>>,
        ring: &mut Owner<T, N>,
        share: impl FnOnce(usize) -> usize,
    ) -> Refill<T> {
        let len = queue.items.len();
        let count = share(len).min(len);
        let lacking = count.saturating_sub(ring.room());
        if lacking > 0 {
            // What the ring's owner has just pushed goes behind what waits here.
            queue.items.reserve(lacking);
            ring.split_off_newest(lacking, |item| queue.items.push_back(item));
        }
        let count = count.min(ring.room());
        let refill = if count > 0 {
            ring.extend(queue.items.drain(..count));
            Refill::Moved
        } else {
            queue.items.pop_front().map_or(Refill::Empty, Refill::Item)
        };
        // After the ring has them, so that no item is in neither place for who looks here first.
        self.set_len(&queue);
        refill
    }

    /// Whether there is no item. Who looks at the rings as well looks here first.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        // Ordering: Acquire pairs with the Release in `set_len`: who reads that items are gone also
        // sees them in the ring where `refill` has put them.
        self.len.load(Acquire)
    }

    fn set_len(&self, queue: &Queue<T>) {
        // Ordering: Release pairs with the Acquire in `len`.
        self.len.store(queue.items.len(), Release);
    }

    /// Refuses further pushes, and takes what is there.
    pub(crate) fn close(&self) -> VecDeque<T> {
        let mut queue = self.queue.lock();
        queue.closed = true;
        let items = core::mem::take(&mut queue.items);
        self.set_len(&queue);
        items
    }

    /// What is there, if closed; nothing otherwise.
    pub(crate) fn take_closed(&self) -> VecDeque<T> {
        let mut queue = self.queue.lock();
        if !queue.closed {
            return VecDeque::new();
        }
        let items = core::mem::take(&mut queue.items);
        self.set_len(&queue);
        items
    }
}

impl<T> fmt::Debug for Injector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed. A picture, not a promise.
        f.debug_struct("Injector")
            .field("len", &self.len.load(Relaxed))
            .finish_non_exhaustive()
    }
}
