//! Finds a source by the token of an event, without ever waiting for another thread.
//!
//! A slot has an index, and a generation that changes whenever the slot is emptied; a [`Token`] is the
//! two together. So an event that was already on its way when its source was deregistered finds an
//! empty slot or another generation, and is nobody's, also if slot and descriptor are in use again.
//!
//! # Who may be stopped where
//!
//! - The free slots are a stack of indices in one word, with a counter beside the index so that a slot
//!   which was taken and put back meanwhile is noticed. Nobody waits there.
//! - A slot has a lock, taken to fill and to empty it. [`get`](Table::get) only tries it: if that fails,
//!   the slot is just being filled, and can have no events yet, or being emptied, and they are moot.
//! - Slots come in pages of growing size, which are never given back. Two threads that find no free slot
//!   at the same moment may each add a page.
//!
//! # Nothing is registered with a closed table
//!
//! The published pages and `CLOSED` are one word. `insert` fills its slot and then looks for `CLOSED`;
//! [`close`](Table::close) sets it and then looks through the pages that were published before. If the slot
//! is in one of them, both lock it: if `insert` is first, its entry is found; if `close` is first, `insert`
//! looks after it and sees `CLOSED`. If the page was published later, then by someone who wrote the word
//! after `close` did, and whoever has an index of that page looks after that.

use std::sync::OnceLock;

use laneway_loom::sync::{
    Arc, Mutex,
    atomic::{
        AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use mio::Token;

use crate::error::Closed;

#[cfg(test)]
mod loom;
#[cfg(test)]
mod tests;

/// Slots of the first page; each further page has twice as many. Enough for a small program, and
/// little memory for a test that makes a thousand reactors. Two under loom, so that it sees growth.
const FIRST: usize = if cfg!(laneway_loom) { 2 } else { 64 };

/// Bits of a token for the index; the rest is the generation. 4 billion sources; a million on 32 bits.
const INDEX_BITS: u32 = if usize::BITS >= 64 { 32 } else { 20 };

/// As many pages as have indices of `INDEX_BITS`; fewer than the bits of a [`Table::word`].
const PAGES: usize = (INDEX_BITS - FIRST.trailing_zeros()) as usize;

/// In [`Table::word`]: nothing may be inserted. The lower bits say which pages are published.
const CLOSED: u32 = 1 << 31;

/// In place of an index: none.
const NONE: u32 = u32::MAX;

/// Entries of type `T`, found by token.
#[derive(Debug)]
pub(crate) struct Table<T> {
    pages: [OnceLock<Box<[Slot<T>]>>; PAGES],
    /// Which pages are published, and `CLOSED`.
    word: AtomicU32,
    /// The first free index in the lower half, a counter of pops in the upper.
    free: AtomicU64,
}

#[derive(Debug)]
struct Slot<T> {
    occupant: Mutex<Occupant<T>>,
    /// The next free index, while this one is free.
    next: AtomicU32,
}

#[derive(Debug)]
struct Occupant<T> {
    generation: usize,
    entry: Option<Arc<T>>,
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    Full,
}

impl<T> Table<T> {
    pub(crate) fn new() -> Self {
        Self {
            pages: std::array::from_fn(|_| OnceLock::new()),
            word: AtomicU32::new(0),
            free: AtomicU64::new(NONE.into()),
        }
    }

    /// Keeps `entry` until it is [removed](Self::remove).
    pub(crate) fn insert(&self, entry: Arc<T>) -> Result<Token, Refused> {
        let index = match self.pop() {
            Some(index) => index,
            None => self.grow()?,
        };
        let mut occupant = self.slot(index).occupant.lock();
        occupant.entry = Some(entry);
        let token = token(index, occupant.generation);
        drop(occupant);
        // Ordering: it is the slot's lock that orders this load, see the module's proof.
        if self.word.load(Relaxed) & CLOSED != 0 {
            self.remove(token);
            return Err(Refused::Closed);
        }
        Ok(token)
    }

    /// The entry of `token`, unless it is removed or about to be.
    pub(crate) fn get(&self, token: Token) -> Option<Arc<T>> {
        let (index, generation) = parts(token);
        let occupant = self.try_slot(index)?.occupant.try_lock()?;
        match occupant.generation == generation {
            true => occupant.entry.clone(),
            false => None,
        }
    }

    /// Frees the place of `token`, to be called once.
    pub(crate) fn remove(&self, token: Token) {
        let (index, generation) = parts(token);
        let mut occupant = self.slot(index).occupant.lock();
        debug_assert_eq!(occupant.generation, generation, "a token is removed once");
        occupant.generation = generation.wrapping_add(1) & (usize::MAX >> INDEX_BITS);
        let entry = occupant.entry.take();
        drop(occupant);
        self.push(index, index);
        drop(entry);
    }

    /// Refuses further entries, and shows those there are to `each`, with no lock held.
    pub(crate) fn close(&self, mut each: impl FnMut(&T)) {
        // Ordering: Acquire pairs with `grow`: a page that is published can be got. No model shows that,
        // since the pages are in a `OnceLock` of std's.
        let published = self.word.fetch_or(CLOSED, Acquire);
        for (number, page) in self.pages.iter().enumerate() {
            if published & (1 << number) == 0 {
                continue;
            }
            for slot in page.get().into_iter().flatten() {
                let entry = slot.occupant.lock().entry.clone();
                if let Some(entry) = entry {
                    each(&entry);
                }
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        // Ordering: nothing goes with it.
        self.word.load(Relaxed) & CLOSED != 0
    }

    /// Takes a free index from the stack.
    fn pop(&self) -> Option<u32> {
        // Ordering: Acquire, where the head is read, pairs with the Release in `push`, for `next`. The
        // exchange itself adds nothing: who pops next reads, behind this read-modify-write, what the
        // pushes before it have released.
        let mut head = self.free.load(Acquire);
        loop {
            let (index, pops) = (head as u32, head >> 32);
            if index == NONE {
                return None;
            }
            // Possibly in use meanwhile; then the counter has changed, and this is not looked at.
            let next = self.slot(index).next.load(Relaxed);
            let new = (pops.wrapping_add(1) << 32) | u64::from(next);
            match self.free.compare_exchange_weak(head, new, Relaxed, Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    /// Puts a chain of free indices, linked already but for its end, on the stack.
    fn push(&self, first: u32, last: u32) {
        // Ordering: Release pairs with the Acquire in `pop`: who takes an index of the chain sees its link.
        let mut head = self.free.load(Relaxed);
        loop {
            self.slot(last).next.store(head as u32, Relaxed);
            let new = (head & !u64::from(u32::MAX)) | u64::from(first);
            match self.free.compare_exchange_weak(head, new, Release, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Adds a page, and keeps its first index for the caller.
    #[cold]
    fn grow(&self) -> Result<u32, Refused> {
        // Ordering: a hint where to begin; whether a page is there, `get` and `set` tell.
        let published = self.word.load(Relaxed);
        for number in (0..PAGES).filter(|number| published & (1 << number) == 0) {
            if self.pages[number].get().is_some() || self.pages[number].set(page(number)).is_err() {
                // Another thread is just adding this one.
                continue;
            }
            // Ordering: Release publishes the page to `close`.
            self.word.fetch_or(1 << number, Release);
            let (first, last) = (start(number), start(number + 1) - 1);
            self.push(first as u32 + 1, last as u32);
            return Ok(first as u32);
        }
        Err(Refused::Full)
    }

    fn slot(&self, index: u32) -> &Slot<T> {
        self.try_slot(index)
            .expect("indices come from published pages")
    }

    fn try_slot(&self, index: u32) -> Option<&Slot<T>> {
        let number = (index as usize / FIRST + 1).ilog2() as usize;
        self.pages
            .get(number)?
            .get()?
            .get(index as usize - start(number))
    }
}

impl From<Refused> for std::io::Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed => Closed.into(),
            Refused::Full => Self::other("too many sources are registered with the reactor"),
        }
    }
}

/// The index of a page's first slot.
const fn start(number: usize) -> usize {
    FIRST * ((1 << number) - 1)
}

/// A page whose slots are all free, each linked to the next.
fn page<T>(number: usize) -> Box<[Slot<T>]> {
    (start(number)..start(number + 1))
        .map(|index| Slot {
            occupant: Mutex::new(Occupant {
                generation: 0,
                entry: None,
            }),
            next: AtomicU32::new(index as u32 + 1),
        })
        .collect()
}

fn token(index: u32, generation: usize) -> Token {
    Token(generation << INDEX_BITS | index as usize)
}

fn parts(token: Token) -> (u32, usize) {
    (
        (token.0 & ((1 << INDEX_BITS) - 1)) as u32,
        token.0 >> INDEX_BITS,
    )
}
