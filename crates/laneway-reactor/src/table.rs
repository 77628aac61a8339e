//! Finds a source by the token of an event, without a lock.
//!
//! The entries belong to the reactor, who alone looks into them. All others, on threads of any lane,
//! leave word in an inbox: this one has come, that one goes. The reactor takes that in before it hands
//! out the events of a wait.
//!
//! - *No event comes before its entry.* Word of an entry is left before its source is registered with the
//!   system, and taken in after the system has told of an event.
//! - *No event finds the wrong entry.* No number is ever given out twice, so an event that was already on
//!   its way when its source was deregistered finds nothing, also if the descriptor is in use again.
//! - *Nothing is registered with a closed table.* Closing the inbox takes what was left in it; word that
//!   comes later is refused.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use laneway_loom::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use laneway_waker::Inbox;
use mio::Token;

use crate::error::Closed;

#[cfg(test)]
mod loom;
#[cfg(test)]
mod tests;

/// No entry has this number, or a higher one: the reactor has tokens of its own.
const END: u64 = usize::MAX as u64 - 1;

/// How many entries may have gone before the reactor is interrupted for it, if it waits: a source that
/// has gone keeps 300 bytes or so until then.
const PATIENCE: u64 = 64;

/// What anybody may do.
#[derive(Debug)]
pub(crate) struct Table<T> {
    inbox: Inbox<Word<T>>,
    /// The number of the next entry.
    next: AtomicU64,
    /// How many have gone.
    gone: AtomicU64,
    /// Entries that were never used: the system refused their sources.
    spare: Inbox<(Token, Arc<T>)>,
}

/// What the reactor has.
#[derive(Debug)]
pub(crate) struct Entries<T>(HashMap<usize, Arc<T>, BuildHasherDefault<Spread>>);

/// What is left in the inbox.
#[derive(Debug)]
enum Word<T> {
    Insert(Token, Arc<T>),
    Remove(Token),
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
            inbox: Inbox::new(),
            next: AtomicU64::new(0),
            gone: AtomicU64::new(0),
            spare: Inbox::new(),
        }
    }

    /// Keeps `entry` until it is [removed](Self::remove).
    pub(crate) fn insert(&self, entry: Arc<T>) -> Result<Token, Refused> {
        // Ordering: Relaxed: it only counts.
        let number = self.next.fetch_add(1, Relaxed);
        if number >= END {
            return Err(Refused::Full);
        }
        let token = Token(number as usize);
        match self.inbox.push(Word::Insert(token, entry)) {
            Ok(()) => Ok(token),
            Err(_) => Err(Refused::Closed),
        }
    }

    /// Gives an entry back that nobody has used, nor will, but who [takes it](Self::reuse). Refusals come
    /// as fast as somebody asks, so they must not leave work to the reactor.
    pub(crate) fn spare(&self, token: Token, entry: Arc<T>) {
        // It is never closed.
        let _ = self.spare.push((token, entry));
    }

    /// An entry that was given back, if there is one.
    pub(crate) fn reuse(&self) -> Option<(Token, Arc<T>)> {
        if self.spare.is_empty() || self.is_closed() {
            return None;
        }
        let mut spare = self.spare.take();
        let reused = spare.next();
        for (token, entry) in spare {
            self.spare(token, entry);
        }
        reused
    }

    /// Lets the entry of `token` go, some time; `true` if it is time that the reactor takes that in.
    #[must_use]
    pub(crate) fn remove(&self, token: Token) -> bool {
        if self.inbox.push(Word::Remove(token)).is_err() {
            // All are gone.
            return false;
        }
        // Ordering: Relaxed: it only counts.
        let gone = self.gone.fetch_add(1, Relaxed) + 1;
        gone.is_multiple_of(PATIENCE)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.inbox.is_closed()
    }
}

impl<T> Entries<T> {
    pub(crate) fn new() -> Self {
        Self(HashMap::default())
    }

    /// Takes in what was left in `table`'s inbox.
    pub(crate) fn update(&mut self, table: &Table<T>) {
        if !table.inbox.is_empty() {
            table.inbox.take_each(|word| self.apply(word));
        }
    }

    /// Whether there is no entry, as of the last update.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry of `token`, as of the last update.
    pub(crate) fn get(&self, token: Token) -> Option<&T> {
        self.0.get(&token.0).map(|entry| &**entry)
    }

    /// Refuses further entries, and gives those there are.
    pub(crate) fn close(&mut self, table: &Table<T>) -> impl Iterator<Item = Arc<T>> + use<T> {
        table.inbox.close().for_each(|word| self.apply(word));
        std::mem::take(&mut self.0).into_values()
    }

    fn apply(&mut self, word: Word<T>) {
        match word {
            Word::Insert(Token(number), entry) => drop(self.0.insert(number, entry)),
            Word::Remove(Token(number)) => drop(self.0.remove(&number)),
        }
    }
}

impl From<Refused> for std::io::Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed => Closed.into(),
            Refused::Full => Self::other("too many sources have been registered with the reactor"),
        }
    }
}

/// Hashes the numbers of entries, which are dense and nobody's choice: the high bits, which the map
/// looks at first, get their share of the low ones.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_usize(byte.into());
        }
    }

    fn write_usize(&mut self, number: usize) {
        /// 2⁶⁴ divided by the golden ratio: odd, and its bits are mixed.
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0 ^ number as u64).wrapping_mul(GOLDEN);
    }
}
