//! Items left by anyone, for whoever comes to fetch them; nobody ever waits.
//!
//! # Invariants
//!
//! 1. `head` is null, `CLOSED`, or a node made by `Box::into_raw`; so is `next` of a node, but for
//!    `CLOSED`. `spare` is null or such a node.
//! 2. A node belongs to the thread that made it, or took it out of `spare`, until that thread puts it
//!    into `head`; from then on to whoever takes it out of there, with all the nodes behind it. All
//!    these are read-modify-writes of `head` or `spare`, so each node has one owner at any time.
//! 3. Nodes that can be reached from `head` hold an item, those from `spare` none. `spare` is only ever
//!    emptied whole, and filled when it is null: nobody follows a pointer in there before it is theirs.
//! 4. A pusher never follows a pointer that it read from `head`: it may be freed already, and even be
//!    the address of another node by now. That is harmless, since all the pusher does with it is to
//!    make it the `next` of its own node, in the same step that finds it to be the head.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr;

use laneway_loom::cell::UnsafeCell;
use laneway_loom::sync::atomic::AtomicPtr;
use laneway_loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

#[cfg(all(test, feature = "std"))]
mod loom;

/// Nodes that an inbox keeps for its next items, at most: 2 KiB of them, as a rule. A busy worker fetches
/// what was left once in 61 polls. One that is kept spares the two sides about 100 instructions.
const SPARE: usize = if cfg!(laneway_loom) { 2 } else { 64 };

/// A place to leave items, for as many threads as there are, and to take them all away.
///
/// Leaving one takes a few exchanges, and an allocation unless there is a place left from an item that was
/// [fetched](Self::take_each); whatever the others do: a thread that is stopped in the middle holds up
/// nobody. So an inbox is how threads of different [lanes](crate::lane) talk.
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
    /// Empty ones.
    spare: AtomicPtr<Node<T>>,
    _items: PhantomData<T>,
}

/// In a cell, so that models see who touches it.
struct Node<T>(UnsafeCell<Content<T>>);

struct Content<T> {
    item: MaybeUninit<T>,
    /// The one that was pushed before; or another empty one.
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
            spare: AtomicPtr::new(ptr::null_mut()),
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
        let node = self.spare_node().unwrap_or_else(Node::boxed);
        // SAFETY: the node is ours (2).
        unsafe { Node::with(node, |content| content.item = MaybeUninit::new(item)) };
        // Ordering: Relaxed: the pointer is not followed (4).
        let mut head = self.head.load(Relaxed);
        loop {
            if head == closed() {
                // SAFETY: the node was not put into `head`, so it is ours (2), with the item; and nobody's
                // after this.
                return Err(unsafe {
                    let item = Node::with(node, |content| content.item.assume_init_read());
                    Node::free(node);
                    item
                });
            }
            // SAFETY: as above.
            unsafe { Node::with(node, |content| content.next = head) };
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

    /// Takes all items that are there, the oldest first, to call `f` with each; and keeps some of the places
    /// they were in for those to come.
    pub fn take_each(&self, mut f: impl FnMut(T)) {
        let mut batch = self.take();
        let mut emptied = Emptied {
            inbox: self,
            chain: ptr::null_mut(),
            len: 0,
        };
        while let Some((node, item)) = batch.next_node() {
            emptied.add(node);
            f(item);
        }
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

    /// A node that is the caller's from here on.
    fn spare_node(&self) -> Option<*mut Node<T>> {
        // Ordering: Relaxed: only a look whether the exchange is worth it.
        if self.spare.load(Relaxed).is_null() {
            return None;
        }
        // Ordering: Acquire pairs with the Release in `keep`: who emptied the nodes has done with them.
        let node = self.spare.swap(ptr::null_mut(), Acquire);
        if node.is_null() {
            return None;
        }
        // SAFETY: ours since the swap, with all behind it (2, 3).
        let rest = unsafe { Node::with(node, |content| content.next) };
        self.keep(rest);
        Some(node)
    }

    /// Makes a chain of the caller's empty nodes the spare ones, or frees it if there are some.
    fn keep(&self, chain: *mut Node<T>) {
        if chain.is_null() {
            return;
        }
        // Ordering: Release pairs with the Acquire in `spare_node`.
        let kept = self
            .spare
            .compare_exchange(ptr::null_mut(), chain, Release, Relaxed);
        if kept.is_err() {
            free_chain(chain);
        }
    }
}

impl<T> Node<T> {
    /// An empty one, the caller's.
    fn boxed() -> *mut Self {
        Box::into_raw(Box::new(Self(UnsafeCell::new(Content {
            item: MaybeUninit::uninit(),
            next: ptr::null_mut(),
        }))))
    }

    /// # Safety
    ///
    /// The node is the caller's, and `f` does not come back to it.
    unsafe fn with<R>(node: *mut Self, f: impl FnOnce(&mut Content<T>) -> R) -> R {
        // SAFETY: the caller's promise; and from `into_raw` (1), so it is alive.
        unsafe { (*node).0.with_mut(|content| f(&mut *content)) }
    }

    /// # Safety
    ///
    /// The node is the caller's, empty, and nobody's after this.
    unsafe fn free(node: *mut Self) {
        // SAFETY: the caller's promise; from `into_raw` (1).
        drop(unsafe { Box::from_raw(node) });
    }
}

/// Frees a chain of the caller's empty nodes.
fn free_chain<T>(mut chain: *mut Node<T>) {
    while !chain.is_null() {
        let node = chain;
        // SAFETY: ours, with all behind it, says the caller.
        unsafe {
            chain = Node::with(node, |content| content.next);
            Node::free(node);
        }
    }
}

/// Nodes whose items were taken out, to be kept by the inbox when this is dropped.
struct Emptied<'a, T> {
    inbox: &'a Inbox<T>,
    chain: *mut Node<T>,
    len: usize,
}

impl<T> Emptied<'_, T> {
    /// Adds an empty node of the caller's.
    fn add(&mut self, node: *mut Node<T>) {
        if self.len == SPARE {
            // SAFETY: the caller's until now, and nobody's from here on.
            return unsafe { Node::free(node) };
        }
        // SAFETY: the caller's until now, and ours from here on.
        unsafe { Node::with(node, |content| content.next = self.chain) };
        self.chain = node;
        self.len += 1;
    }
}

impl<T> Drop for Emptied<'_, T> {
    fn drop(&mut self) {
        self.inbox.keep(self.chain);
    }
}

/// Stands in `head` for an inbox that is closed. Never followed.
fn closed<T>() -> *mut Node<T> {
    ptr::dangling_mut()
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        drop(self.close());
        // Ordering: Acquire as in `spare_node`.
        free_chain(self.spare.swap(ptr::null_mut(), Acquire));
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

    /// The next item, with its node, which is empty now and the caller's.
    fn next_node(&mut self) -> Option<(*mut Node<T>, T)> {
        let node = self.oldest;
        if node.is_null() {
            return None;
        }
        // SAFETY: ours (2), and with an item (3), which is taken once: we let go of the node.
        unsafe {
            Node::with(node, |content| {
                self.oldest = content.next;
                Some((node, content.item.assume_init_read()))
            })
        }
    }
}

impl<T> Iterator for Batch<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (node, item) = self.next_node()?;
        // SAFETY: ours, empty, and nobody's after this.
        unsafe { Node::free(node) };
        Some(item)
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
        // SAFETY: a node of a chain that was taken out, so ours (2).
        let next = unsafe {
            Node::with(newest, |content| {
                core::mem::replace(&mut content.next, oldest)
            })
        };
        oldest = newest;
        newest = next;
    }
    oldest
}
