//! Items left by anyone, for whoever comes to fetch them; nobody ever waits.
//!
//! # Invariants
//!
//! 1. `head` is null, `CLOSED`, or a node made by `Box::into_raw`; so is `next` of a node, but for
//!    `CLOSED`.
//! 2. A node belongs to the thread that made it until that thread puts it into `head`; from then on to
//!    whoever takes it out of there, with all the nodes behind it. Both are read-modify-writes of
//!    `head`, so each node has one owner at any time.
//! 3. A pusher never follows a pointer that it read from `head`: it may be freed already, and even be
//!    the address of another node by now. That is harmless, since all the pusher does with it is to
//!    make it the `next` of its own node, in the same step that finds it to be the head.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ptr;

use laneway_loom::sync::atomic::AtomicPtr;
use laneway_loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

#[cfg(all(test, feature = "std"))]
mod loom;

/// A place to leave items, for as many threads as there are, and to take them all away.
///
/// Leaving one takes an allocation and one exchange, whatever the others do: a thread that is stopped
/// in the middle holds up nobody. So an inbox is how threads of different [lanes](crate::lane) talk.
///
/// ```
/// use laneway_waker::Inbox;
///
/// let inbox = Inbox::new();
/// inbox.push(1).unwrap();
/// inbox.push(2).unwrap();
/// assert!(inbox.take().eq([1, 2]));
/// assert!(inbox.is_empty());
///
/// inbox.push(3).unwrap();
/// assert!(inbox.close().eq([3]));
/// assert_eq!(inbox.push(4), Err(4));
/// ```
pub struct Inbox<T> {
    /// The newest.
    head: AtomicPtr<Node<T>>,
    _items: PhantomData<T>,
}

struct Node<T> {
    item: T,
    /// The one that was pushed before.
    next: *mut Node<T>,
}

// SAFETY: an inbox hands items from thread to thread, hence `T: Send`, and shares none.
unsafe impl<T: Send> Send for Inbox<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Inbox<T> {}

impl<T> Inbox<T> {
    /// An empty inbox.
    pub fn new() -> Self {
        Self {
            head: AtomicPtr::new(ptr::null_mut()),
            _items: PhantomData,
        }
    }

    /// Leaves an item.
    ///
    /// What the thread did before is seen by the thread that takes the item.
    ///
    /// # Errors
    ///
    /// Once the inbox is [closed](Self::close), it gives the item back.
    pub fn push(&self, item: T) -> Result<(), T> {
        let node = Box::into_raw(Box::new(Node {
            item,
            next: ptr::null_mut(),
        }));
        // Ordering: Relaxed: the pointer is not followed (3).
        let mut head = self.head.load(Relaxed);
        loop {
            if head == closed() {
                // SAFETY: the node was not put into `head`, so it is ours, from `into_raw` (1, 2).
                return Err(unsafe { Box::from_raw(node) }.item);
            }
            // SAFETY: as above.
            unsafe { (*node).next = head };
            // Ordering: Release publishes the node to `take` and `close`. Others that push in between
            // read and write `head` too, and so keep the release sequence going.
            match self
                .head
                .compare_exchange_weak(head, node, Release, Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(now) => head = now,
            }
        }
    }

    /// Takes all items that are there, the oldest first.
    pub fn take(&self) -> Batch<T> {
        // Ordering: Relaxed: no pointer is followed before the exchange has read it again.
        let mut head = self.head.load(Relaxed);
        // Not a swap, which would open a closed inbox.
        while !head.is_null() && head != closed() {
            // Ordering: Acquire pairs with the Release of every push since the last time: their
            // exchanges are one release sequence.
            match self
                .head
                .compare_exchange_weak(head, ptr::null_mut(), Acquire, Relaxed)
            {
                Ok(_) => return Batch::new(head),
                Err(now) => head = now,
            }
        }
        Batch::new(ptr::null_mut())
    }

    /// Refuses items from now on, and takes those that are there, the oldest first.
    pub fn close(&self) -> Batch<T> {
        // Ordering: Acquire as in `take`.
        let head = self.head.swap(closed(), Acquire);
        Batch::new(if head == closed() {
            ptr::null_mut()
        } else {
            head
        })
    }

    /// Whether nothing is there. Somebody may be about to leave something.
    pub fn is_empty(&self) -> bool {
        // Ordering: Relaxed: no item is touched. Who relies on the answer before it sleeps issues a
        // fence first, and so do those who push.
        let head = self.head.load(Relaxed);
        head.is_null() || head == closed()
    }

    /// Whether items are refused.
    pub fn is_closed(&self) -> bool {
        // Ordering: Relaxed: nothing is read because of the answer.
        self.head.load(Relaxed) == closed()
    }
}

/// Stands in `head` for an inbox that is closed. Never followed.
fn closed<T>() -> *mut Node<T> {
    ptr::dangling_mut()
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("is_empty", &self.is_empty())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

/// What was in an [`Inbox`], the oldest first. Dropping it drops the rest.
pub struct Batch<T> {
    oldest: *mut Node<T>,
    _items: PhantomData<T>,
}

// SAFETY: it owns its items, and nobody else reaches them (2).
unsafe impl<T: Send> Send for Batch<T> {}
// SAFETY: nothing reaches an item through a shared reference.
unsafe impl<T: Send> Sync for Batch<T> {}

impl<T> Batch<T> {
    /// Of a chain that was taken out of `head`.
    fn new(newest: *mut Node<T>) -> Self {
        Self {
            oldest: reverse(newest),
            _items: PhantomData,
        }
    }
}

impl<T> Iterator for Batch<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.oldest.is_null() {
            return None;
        }
        // SAFETY: a node that is ours (2), from `into_raw` (1), and nobody's after this.
        let node = *unsafe { Box::from_raw(self.oldest) };
        self.oldest = node.next;
        Some(node.item)
    }
}

impl<T> FusedIterator for Batch<T> {}

impl<T> Drop for Batch<T> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("is_empty", &self.oldest.is_null())
            .finish()
    }
}

/// Turns a chain round: the oldest first.
fn reverse<T>(mut newest: *mut Node<T>) -> *mut Node<T> {
    let mut oldest = ptr::null_mut();
    while !newest.is_null() {
        // SAFETY: a node of a chain that was taken out, so ours (2), and alive (1).
        let next = unsafe { core::mem::replace(&mut (*newest).next, oldest) };
        oldest = newest;
        newest = next;
    }
    oldest
}
