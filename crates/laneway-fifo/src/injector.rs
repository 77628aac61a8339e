//! The shared queue: what comes from other threads, and what does not fit into a worker's ring.
//!
//! Threads that serve no worker never see the lock: they leave their items in an inbox, and who looks
//! for work moves these behind what is in the queue. Meanwhile `len` says that something is there:
//!
//! ```text
//!   anyone ─push─▶ inbox ─fetch─▶ queue ─refill─▶ ring of a worker
//!                                   ▲                   │
//!                                   └───────spill───────┘
//! ```
//!
//! Who looks whether anything is left looks in the order of these arrows; each move is seen at its
//! end before it can be missed at its beginning.

use alloc::collections::VecDeque;
use core::fmt;

use crossbeam_utils::CachePadded;
use laneway_loom::sync::{
    Mutex, MutexGuard,
    atomic::{
        AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
        fence,
    },
};
use laneway_waker::Inbox;

use crate::ring::Owner;

#[cfg(test)]
mod loom;

/// A shared queue in arrival order: anyone pushes without waiting, workers move items from here to
/// their [rings](crate::ring) and back.
///
/// A [push](Self::push) takes an allocation and one exchange, whatever the others do. The other methods
/// take a lock among the workers of one scheduler, for as long as it takes to move a few pointers; only
/// [`try_refill`](Self::try_refill) and [`is_empty`](Self::is_empty) never wait for it.
///
/// ```
/// use laneway_fifo::{Injector, Refill, ring};
///
/// let injector = Injector::new();
/// injector.push("a").unwrap();
/// injector.push("b").unwrap();
///
/// let (mut owner, _stealer) = ring::ring::<_, 4>();
/// assert_eq!(injector.refill(&mut owner, |len| len), Refill::Moved);
/// assert_eq!(owner.pop(), Some("a"));
/// assert!(injector.is_empty());
/// ```
pub struct Injector<T> {
    /// Written by anyone, so on a cache line of its own.
    inbox: CachePadded<Inbox<T>>,
    queue: Mutex<Queue<T>>,
    /// How many items `queue` holds, and one more while others are on their way from `inbox`: stored
    /// under the lock, read without.
    len: AtomicUsize,
}

struct Queue<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// What a worker got from an [`Injector`].
#[must_use = "it may be an item"]
#[derive(Debug, PartialEq, Eq)]
pub enum Refill<T> {
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
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            inbox: CachePadded::new(Inbox::new()),
            queue: Mutex::new(Queue {
                items: VecDeque::new(),
                closed: false,
            }),
            len: AtomicUsize::new(0),
        }
    }

    /// Adds an item, from any thread.
    ///
    /// # Errors
    ///
    /// Once closed, it gives the item back.
    pub fn push(&self, item: T) -> Result<(), T> {
        self.inbox.push(item)
    }

    /// Takes an item that a full ring has no room for, and before it up to half of that ring, so that
    /// this is not needed for every push. What came into the ring from here, or from another ring, stays.
    ///
    /// Even when closed: the items wait for the next [`take_closed`](Self::take_closed) or
    /// [`close`](Self::close).
    pub fn spill<const N: usize>(&self, ring: &mut Owner<T, N>, item: T) {
        let mut queue = self.queue.lock();
        // They came before.
        self.fetch(&mut queue);
        queue.items.reserve(N / 2 + 1);
        ring.split_off_newest(N / 2, |item| queue.items.push_back(item));
        queue.items.push_back(item);
        self.set_len(&queue);
    }

    /// Moves up to `share(len)` items into the ring, of the `len` that are here; in exchange for those
    /// that were pushed there last, if it has no room.
    pub fn refill<const N: usize>(
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
    pub fn try_refill<const N: usize>(
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
        self.fetch(&mut queue);
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

    /// Moves what is in the inbox behind what is in the queue. The caller sets `len` afterwards.
    fn fetch(&self, queue: &mut Queue<T>) {
        if self.inbox.is_empty() {
            return;
        }
        // Ordering: Relaxed, with the fence. Who finds the inbox emptied by the `take` below, and passes
        // the fence in `is_empty`, sees this length or a later one. Without the fence it could see an
        // older one, and items would be in neither place.
        self.len.store(queue.items.len() + 1, Relaxed);
        // Ordering: Release pairs with the Acquire fence in `is_empty`, see above.
        fence(Release);
        self.inbox.take_each(|item| queue.items.push_back(item));
    }

    /// Whether there is no item. Who looks at the rings as well looks here first, and then sees there
    /// what has moved meanwhile.
    pub fn is_empty(&self) -> bool {
        // Re-check: first the one place, then the other.
        if !self.inbox.is_empty() {
            return false;
        }
        // Ordering: Acquire pairs with the Release fence in `fetch`: if that has emptied the inbox, the
        // length read next tells of it.
        fence(Acquire);
        // Ordering: Acquire pairs with the Release in `set_len`: who reads that items are gone also
        // sees them in the ring where `refill` has put them.
        self.len.load(Acquire) == 0
    }

    fn set_len(&self, queue: &Queue<T>) {
        // Ordering: Release pairs with the Acquire in `is_empty`.
        self.len.store(queue.items.len(), Release);
    }

    /// Refuses further pushes, and takes what is there.
    pub fn close(&self) -> impl Iterator<Item = T> + use<T> {
        let mut queue = self.queue.lock();
        queue.closed = true;
        // Under the lock, so that nothing is on its way from the inbox to the queue.
        let incoming = self.inbox.close();
        let items = self.empty(queue);
        items.into_iter().chain(incoming)
    }

    /// What was [spilled](Self::spill) since the queue was closed; nothing while it is open.
    pub fn take_closed(&self) -> impl Iterator<Item = T> + use<T> {
        let queue = self.queue.lock();
        let items = if queue.closed {
            self.empty(queue)
        } else {
            VecDeque::new()
        };
        items.into_iter()
    }

    fn empty(&self, mut queue: MutexGuard<'_, Queue<T>>) -> VecDeque<T> {
        let items = core::mem::take(&mut queue.items);
        self.set_len(&queue);
        items
    }
}

impl<T> Default for Injector<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Injector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Injector")
            .field("is_empty", &self.is_empty())
            .finish_non_exhaustive()
    }
}
