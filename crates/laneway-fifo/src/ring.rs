//! A bounded ring of ready items: one owner pushes and pops, many threads steal half of it.
//!
//! [`ring`] makes one, and gives its two ends: an [`Owner`] for one worker and a [`Stealer`] for all.
//! What the owner's ring has no room for goes to an [`Injector`](crate::Injector).
//!
//! ```
//! use laneway_fifo::ring::ring;
//!
//! let (mut owner, stealer) = ring::<_, 4>();
//! for item in 0..4 {
//!     owner.push(item).unwrap();
//! }
//! assert_eq!(owner.push(4), Err(4), "it is full");
//!
//! let (mut thief, _) = ring();
//! assert_eq!(thief.steal_from(&stealer), Some(0));
//! assert_eq!(thief.pop(), Some(1));
//! assert_eq!(owner.pop(), Some(2));
//! ```
//!
//! Three cursors count items since the beginning; the item counted `n` lives in slot `n % N`. Two of
//! them, `steal` and `real`, are packed in one word, `heads`:
//!
//! ```text
//!        booked by a thief    ready          free
//!      ┌───────────────────┬─────────┬─────────────────┐
//!    steal               real      tail           steal + N
//! ```
//!
//! `steal == real` says that nobody is stealing. A thief *books* items by moving `real` past them;
//! it copies them out, and moves `steal` up to `real` again when it is done. So a slot is given back
//! only after it was read, and no slot is ever read by two, not even speculatively.
//!
//! # Invariants
//!
//! 1. `steal ≤ real ≤ tail ≤ steal + N`, in wrapping arithmetic; except while the owner is the thief
//!    of 4, when nobody else looks further than `heads`.
//! 2. Only the owner stores `tail`, and there is one [`Owner`] of a ring. Its methods take
//!    `&mut self`.
//! 3. Items counted `real..tail` are initialized and belong to whoever moves `real` past them.
//! 4. Items counted `steal..real` belong to the one thief that made `steal ≠ real`. The owner is a
//!    thief of its own ring in `Owner::split_off_newest`.
//! 5. The slots counted `tail..steal + N` are free and belong to the owner.
//! 6. `steal` moves only up to `real`: by the thief of 4 when it has moved everything out, or together
//!    with `real` when nobody steals. The owner may then also move both back by one, past a free slot
//!    that it has filled: [`Owner::push_front`].
//!
//! A cursor has 32 bits. A thief that is stopped between reading `heads` and moving it may find the same
//! word again though items have come and gone: after a multiple of 2³² of them, or because the owner put
//! back what it had popped. The latter does no harm. The tail that the thief has read is not newer than
//! the ring, so it books no more than is ready; and it reads the slots after its exchange, which has
//! made it see what the owner put there.

#![allow(unsafe_code)]

use core::fmt;
use core::mem::MaybeUninit;

use crossbeam_utils::CachePadded;
use laneway_loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{
            AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

mod heads;
#[cfg(test)]
mod loom;
#[cfg(all(test, not(laneway_loom)))]
mod tests;

use heads::Heads;

/// Where the cursors of a new ring stand: shortly before they wrap, so that every program and every
/// test crosses that point.
const START: u32 = 0_u32.wrapping_sub(2);

/// A new ring of `N` slots, a power of two.
///
/// ```compile_fail
/// let _ = laneway_fifo::ring::ring::<u32, 3>(); // Not a power of two.
/// ```
pub fn ring<T: Send, const N: usize>() -> (Owner<T, N>, Stealer<T, N>) {
    let ring = Arc::new(Ring::new());
    (
        Owner {
            ring: ring.clone(),
            kept: START,
        },
        Stealer { ring },
    )
}

/// The end that belongs to one worker.
pub struct Owner<T, const N: usize> {
    ring: Arc<Ring<T, N>>,
    /// Items counted up to here came from other queues. They are not sent back: an item could be
    /// sent to and fro for ever.
    kept: u32,
}

/// The end that belongs to everybody.
pub struct Stealer<T, const N: usize> {
    ring: Arc<Ring<T, N>>,
}

struct Ring<T, const N: usize> {
    cursors: CachePadded<Cursors>,
    slots: [UnsafeCell<MaybeUninit<T>>; N],
}

struct Cursors {
    heads: AtomicU64,
    tail: AtomicU32,
}

// SAFETY: a ring hands items from thread to thread (hence `T: Send`) but never shares one: each
// slot belongs to one thread at a time, by invariants 3, 4 and 5.
unsafe impl<T: Send, const N: usize> Sync for Ring<T, N> {}

// SAFETY: as above; dropping a ring on another thread drops items there, which `T: Send` allows.
unsafe impl<T: Send, const N: usize> Send for Ring<T, N> {}

impl<T, const N: usize> Owner<T, N> {
    /// Adds an item behind all others.
    ///
    /// # Errors
    ///
    /// Gives it back when there is no room.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), T> {
        let tail = self.ring.own_tail();
        if self.ring.room(tail) == 0 {
            return Err(item);
        }
        // SAFETY: there is room, so by invariant 5 the slot is the owner's.
        unsafe { self.ring.put(tail, item) };
        self.ring.publish(tail.wrapping_add(1));
        Ok(())
    }

    /// Adds an item before all others, for an owner that goes on with what it has begun.
    ///
    /// # Errors
    ///
    /// Gives it back when there is no room, or a thief is at work.
    pub fn push_front(&mut self, item: T) -> Result<(), T> {
        // Ordering: Acquire, as in `room`: the slot may have been read by a thief.
        let word = self.ring.cursors.heads.load(Acquire);
        let heads = Heads::unpack(word);
        let ready = self.ring.own_tail().wrapping_sub(heads.real);
        if heads.is_busy() || ready == N as u32 {
            return Err(item);
        }
        let real = heads.real.wrapping_sub(1);
        // SAFETY: there is room, so the slot before the first item is the last of the free ones, which
        // are the owner's by invariant 5. A thief that begins now gives back slots and takes none.
        unsafe { self.ring.put(real, item) };
        let next = Heads { steal: real, real }.pack();
        let heads = &self.ring.cursors.heads;
        // Ordering: Release pairs with the Acquire of the exchange in `book`: the thief that moves
        // `real` past the item sees it.
        match heads.compare_exchange(word, next, Release, Relaxed) {
            Ok(_) => Ok(()),
            // SAFETY: a thief came first, so the slot is as free as it was (5), and what was put there
            // is still ours.
            Err(_) => Err(unsafe { self.ring.take(real) }),
        }
    }

    /// Adds items from another queue for as long as there are any and there is room.
    pub fn extend(&mut self, items: impl Iterator<Item = T>) {
        let tail = self.ring.own_tail();
        let room = self.ring.room(tail);
        let mut end = tail;
        for item in items.take(room) {
            // SAFETY: at most `room` items, so by invariant 5 each slot is the owner's.
            unsafe { self.ring.put(end, item) };
            end = end.wrapping_add(1);
        }
        self.ring.publish(end);
        self.kept = end;
    }

    /// How many items can be added. More, if a thief ends its theft meanwhile; never less.
    pub fn room(&self) -> usize {
        self.ring.room(self.ring.own_tail())
    }

    /// How many items a [refill](crate::Injector::refill) can bring: for which there is room, or which were
    /// pushed and can go to the shared queue in exchange.
    pub fn spare(&self) -> usize {
        let tail = self.ring.own_tail();
        // Ordering: Relaxed. A number that thieves may change at any time.
        let heads = Heads::unpack(self.ring.cursors.heads.load(Relaxed));
        let ready = tail.wrapping_sub(heads.real);
        self.ring.room(tail) + self.pushed(tail, ready) as usize
    }

    /// Whether no item is ready.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// Takes the first item.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let tail = self.ring.own_tail();
        // Ordering: Relaxed, here and on failure below. An outdated word only makes the exchange
        // fail; and nothing that a thief wrote is read by the owner.
        let mut word = self.ring.cursors.heads.load(Relaxed);
        loop {
            let heads = Heads::unpack(word);
            if heads.real == tail {
                return None;
            }
            let real = heads.real.wrapping_add(1);
            let steal = if heads.is_busy() { heads.steal } else { real };
            let next = Heads { steal, real }.pack();
            // Ordering: Release pairs with the Acquire of `heads` in `book`: a thief that sees this
            // `real` sees a `tail` at least as new. Relaxed, and it could find `tail - real` negative,
            // that is, enormous, and book what is not there.
            match self
                .ring
                .cursors
                .heads
                .compare_exchange_weak(word, next, Release, Relaxed)
            {
                // SAFETY: `real` was moved past this item, so by invariant 3 it is ours.
                Ok(_) => return Some(unsafe { self.ring.take(heads.real) }),
                Err(current) => word = current,
            }
        }
    }

    /// Takes half of the victim's items, rounded up, but no more than there is room for: returns the
    /// oldest, and has the others. `None` if the victim has none or another thief is at work.
    pub fn steal_from(&mut self, victim: &Stealer<T, N>) -> Option<T> {
        let tail = self.ring.own_tail();
        let (first, count) = victim.ring.book(self.ring.room(tail) + 1)?;
        // SAFETY: booked, so by invariant 4 these items are ours.
        let oldest = unsafe { victim.ring.take(first) };
        for offset in 1..count {
            // SAFETY: as above.
            let item = unsafe { victim.ring.take(first.wrapping_add(offset)) };
            // SAFETY: at most `room` items are put, so by invariant 5 each slot is the owner's.
            unsafe { self.ring.put(tail.wrapping_add(offset - 1), item) };
        }
        self.kept = tail.wrapping_add(count - 1);
        self.ring.publish(self.kept);
        victim.ring.end_theft();
        Some(oldest)
    }

    /// Gives the newest items to `sink`, oldest first: up to `count` of those that were pushed. None
    /// while a thief is at work.
    ///
    /// `sink` must not panic: the other items would be lost, and the ring remain full.
    pub(crate) fn split_off_newest(&mut self, count: usize, mut sink: impl FnMut(T)) {
        let tail = self.ring.own_tail();
        // Ordering: Relaxed. The exchange below checks the word.
        let word = self.ring.cursors.heads.load(Relaxed);
        let Heads { steal: head, real } = Heads::unpack(word);
        let ready = tail.wrapping_sub(real);
        let count = self.pushed(tail, ready).min(count as u32);
        if head != real || count == 0 {
            return;
        }
        let turn = N as u32;
        let booked = Heads {
            steal: head,
            real: head.wrapping_add(turn),
        };
        let heads = &self.ring.cursors.heads;
        // Ordering: Relaxed, as in `book`: nobody acts on this word before `end_theft`.
        let exchange = heads.compare_exchange(word, booked.pack(), Relaxed, Relaxed);
        if exchange.is_err() {
            return;
        }
        for offset in ready - count..ready {
            // SAFETY: booked, so by invariant 4 these items are ours.
            sink(unsafe { self.ring.take(head.wrapping_add(offset)) });
        }
        // The others stay where they are. A turn of the ring later they have the same slots, so it
        // needs no more than to count them there. In this order: a thief that finds the theft ended
        // must find the new tail.
        self.kept = self.kept.wrapping_add(turn);
        self.ring
            .publish(tail.wrapping_sub(count).wrapping_add(turn));
        self.ring.end_theft();
    }

    /// How many of the `ready` items up to `tail` came from no other queue.
    fn pushed(&self, tail: u32, ready: u32) -> u32 {
        // Those counted up to `kept` may all be gone; then it says nothing.
        tail.wrapping_sub(self.kept).min(ready)
    }
}

impl<T, const N: usize> Stealer<T, N> {
    /// Whether no item is ready.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// How many items are ready, about: the ring changes meanwhile.
    pub fn len_hint(&self) -> usize {
        self.ring.len_hint()
    }
}

impl<T, const N: usize> Ring<T, N> {
    fn new() -> Self {
        const { assert!(N.is_power_of_two() && N >= 2 && N <= 1 << 31) };
        Self {
            cursors: CachePadded::new(Cursors {
                heads: AtomicU64::new(
                    Heads {
                        steal: START,
                        real: START,
                    }
                    .pack(),
                ),
                tail: AtomicU32::new(START),
            }),
            slots: core::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
        }
    }

    /// The tail, read by the owner.
    fn own_tail(&self) -> u32 {
        // Ordering: Relaxed. By invariant 2 the owner itself stored it.
        self.cursors.tail.load(Relaxed)
    }

    /// How many free slots the owner has whose `tail` this is.
    fn room(&self, tail: u32) -> usize {
        // Ordering: Acquire pairs with the Release in `end_theft`: the thief has read the slots that
        // are free now. Relaxed, and the owner could write into one that is still being read.
        let heads = Heads::unpack(self.cursors.heads.load(Acquire));
        N - tail.wrapping_sub(heads.steal) as usize
    }

    /// Makes the items counted up to `tail` ready.
    fn publish(&self, tail: u32) {
        // Ordering: Release pairs with the Acquire in `book`: a thief that sees this tail sees the
        // items. Relaxed, and it could copy what was in the slots before.
        self.cursors.tail.store(tail, Release);
    }

    /// Books half of the ready items, rounded up, and at most `limit`: the first, and how many.
    fn book(&self, limit: usize) -> Option<(u32, u32)> {
        // Ordering: Acquire, here and on failure below, pairs with the Release of whoever moved
        // `real`: the tail read next is at least as new.
        let mut word = self.cursors.heads.load(Acquire);
        loop {
            let heads = Heads::unpack(word);
            if heads.is_busy() {
                return None;
            }
            // Ordering: Acquire pairs with the Release in `publish`.
            let ready = self.cursors.tail.load(Acquire).wrapping_sub(heads.real);
            let count = (ready - ready / 2).min(limit as u32);
            if count == 0 {
                return None;
            }
            let next = Heads {
                steal: heads.steal,
                real: heads.real.wrapping_add(count),
            };
            // Ordering: Acquire on success pairs with the Release in `push_front`: the word may be the
            // one that was read before, with other items. What was pushed behind came with the tail.
            // Not Release: other thieves see that one is at work, and do nothing until `end_theft`;
            // the exchange hands on to them the Release of an earlier `pop`.
            match self
                .cursors
                .heads
                .compare_exchange_weak(word, next.pack(), Acquire, Acquire)
            {
                Ok(_) => return Some((heads.real, count)),
                Err(current) => word = current,
            }
        }
    }

    /// Gives booked slots back to the owner.
    fn end_theft(&self) {
        // Ordering: Relaxed, here and on failure below: the exchange checks the word.
        let mut word = self.cursors.heads.load(Relaxed);
        loop {
            let real = Heads::unpack(word).real;
            let next = Heads { steal: real, real }.pack();
            // Ordering: Release pairs with the Acquire in `room`: the slots have been read; and with
            // the Acquire of `heads` in `book`: the next thief sees the tail that this one has seen.
            match self
                .cursors
                .heads
                .compare_exchange_weak(word, next, Release, Relaxed)
            {
                Ok(_) => return,
                Err(current) => word = current,
            }
        }
    }

    fn is_empty(&self) -> bool {
        // Ordering: Relaxed, both, whichever is newer. If they are equal, every item up to this tail
        // has been taken; and what makes the tail new enough is the fence of who wants to sleep.
        let real = Heads::unpack(self.cursors.heads.load(Relaxed)).real;
        self.cursors.tail.load(Relaxed) == real
    }

    /// How many items are ready, for human eyes and for a choice of victims.
    fn len_hint(&self) -> usize {
        // Ordering: Relaxed. If `heads` is the newer of the two, the difference makes no sense.
        let real = Heads::unpack(self.cursors.heads.load(Relaxed)).real;
        let len = self.cursors.tail.load(Relaxed).wrapping_sub(real) as usize;
        if len <= N { len } else { 0 }
    }

    /// Moves an item into its slot.
    ///
    /// # Safety
    ///
    /// The slot is free and the caller's (invariant 5).
    unsafe fn put(&self, count: u32, item: T) {
        self.slot(count).with_mut(|slot| {
            // SAFETY: exclusive, by the caller's promise.
            unsafe { (*slot).write(item) };
        });
    }

    /// Moves an item out of its slot.
    ///
    /// # Safety
    ///
    /// The item is the caller's (invariant 3 or 4), and is taken once.
    unsafe fn take(&self, count: u32) -> T {
        // `with_mut`, although it only reads: two takers of one slot are an error loom should see.
        self.slot(count).with_mut(|slot| {
            // SAFETY: initialized and exclusive, by the caller's promise.
            unsafe { (*slot).assume_init_read() }
        })
    }

    fn slot(&self, count: u32) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[count as usize % N]
    }
}

impl<T, const N: usize> Drop for Ring<T, N> {
    fn drop(&mut self) {
        // Ordering: Relaxed. `&mut self`: whatever happened here happened before.
        let mut real = Heads::unpack(self.cursors.heads.load(Relaxed)).real;
        let tail = self.own_tail();
        while real != tail {
            // SAFETY: invariant 3, and nobody else can move `real`.
            drop(unsafe { self.take(real) });
            real = real.wrapping_add(1);
        }
    }
}

impl<T, const N: usize> fmt::Debug for Owner<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owner")
            .field("len", &self.ring.len_hint())
            .finish_non_exhaustive()
    }
}

impl<T, const N: usize> fmt::Debug for Stealer<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stealer")
            .field("len", &self.ring.len_hint())
            .finish_non_exhaustive()
    }
}
