//! What the system has said about one direction of a source, and where somebody waits for more: a packed
//! word.
//!
//! | bits 63..7 | 6 to 4 | 3 | 2 | 1 | 0 |
//! |---|---|---|---|---|---|
//! | tick | places | `SHUTDOWN` | `ERROR` | `CLOSED` | `READY` |
//!
//! - `READY`: an operation may succeed. Set by an event, cleared by whoever finds that it does not,
//!   or that it used up what there was.
//! - `CLOSED`, `ERROR`: the other side is gone, or the source is in error; so an operation will not
//!   block, but say so. A short transfer does not clear them, since the system says it only once. An
//!   operation that would have blocked does: what the system says *now* counts.
//! - `SHUTDOWN`: the reactor is closed. Never cleared.
//! - [places](Places): where a waker may be. Set by who has left one there, in the step in which it looks
//!   for the last time; taken by an event, in the step that makes the source ready. So an event looks into
//!   no place without need, and most often into one at most.
//! - tick: how many events there have been. Who clears names the tick it saw before its operation, and
//!   clears nothing if there has been an event since. Each direction has its own word and tick, so
//!   events of one never keep the other from being cleared; and with 57 bits the tick never comes round.

use std::fmt;

use laneway_loom::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

#[cfg(test)]
mod loom;
#[cfg(test)]
mod tests;

const READY: u64 = 1;
const CLOSED: u64 = 1 << 1;
const ERROR: u64 = 1 << 2;
const SHUTDOWN: u64 = 1 << 3;
const PLACES: u64 = 0b111 << 4;
const TICK: u64 = 1 << 7;

/// Everything that says "try it".
const ANY: u64 = READY | CLOSED | ERROR;

/// One direction's word.
#[derive(Debug)]
pub(crate) struct Readiness(AtomicU64);

/// The word at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen(u64);

/// Places where wakers may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places(u64);

/// What one event of the system says about one direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Says {
    pub(crate) ready: bool,
    pub(crate) closed: bool,
    pub(crate) error: bool,
}

impl Readiness {
    /// Nothing known yet; or known to be ready, without an event.
    pub(crate) fn new(ready: bool) -> Self {
        Self(AtomicU64::new(if ready { READY } else { 0 }))
    }

    /// The word now.
    #[inline]
    pub(crate) fn look(&self) -> Seen {
        // Ordering: Acquire pairs with `set`.
        Seen(self.0.load(Acquire))
    }

    /// The word now, for who has left a waker in `places`: an event that is not seen here finds it.
    #[inline]
    pub(crate) fn wait(&self, places: Places) -> Seen {
        // Ordering: one word, so either comes first. Acquire pairs with the Release of `set`, as in `look`;
        // Release with the Acquire there, which makes the waker visible.
        Seen(self.0.fetch_or(places.0, AcqRel))
    }

    /// An event came. Where somebody waits for it.
    #[must_use = "somebody waits there"]
    pub(crate) fn set(&self, says: Says) -> Places {
        let bits = says.bits();
        // Ordering: Relaxed: the exchange has the last word.
        let mut word = self.0.load(Relaxed);
        loop {
            // The tick's carry falls out at the top, where nothing is.
            let next = ((word | bits) & !PLACES).wrapping_add(TICK);
            // Ordering: Release pairs with `look` and `wait`: what was done before the event is seen by who
            // sees it. Acquire pairs with `wait`: the wakers are there.
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return Places(word & PLACES),
                Err(now) => word = now,
            }
        }
    }

    /// An operation would have blocked: nothing of what was seen is true any more.
    pub(crate) fn clear(&self, seen: Seen) {
        self.clear_bits(seen, ANY);
    }

    /// An operation used up what there was: the next one would block, unless the source is at its end.
    pub(crate) fn clear_ready(&self, seen: Seen) {
        self.clear_bits(seen, READY);
    }

    /// The reactor is closed. Wakers may be anywhere.
    pub(crate) fn shut_down(&self) {
        // Ordering: AcqRel as in `set`.
        self.0.fetch_or(SHUTDOWN, AcqRel);
    }

    fn clear_bits(&self, seen: Seen, bits: u64) {
        let mut word = seen.0;
        // The word seen is usually still there, so it is the first guess.
        loop {
            // Ordering: nothing goes with a bit that is gone. What earlier events have released can
            // still be acquired behind a read-modify-write.
            match self
                .0
                .compare_exchange(word, word & !bits, Relaxed, Relaxed)
            {
                Err(now) if Seen(now).tick() == seen.tick() => word = now,
                // Cleared; or an event came since: it counts.
                _ => return,
            }
        }
    }
}

impl Seen {
    /// For a direction that nobody asked about.
    pub(crate) const NOTHING: Self = Self(0);

    /// `true` if an operation is worth a try.
    #[inline]
    pub(crate) fn is_ready(self) -> bool {
        self.0 & ANY != 0
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    pub(crate) fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    #[inline]
    pub(crate) fn is_shut_down(self) -> bool {
        self.0 & SHUTDOWN != 0
    }

    fn tick(self) -> u64 {
        self.0 / TICK
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("tick", &self.tick())
            .field("ready", &(self.0 & READY != 0))
            .field("closed", &self.is_closed())
            .field("error", &self.is_error())
            .field("shut_down", &self.is_shut_down())
            .field("places", &Places(self.0 & PLACES))
            .finish()
    }
}

impl Places {
    pub(crate) const NONE: Self = Self(0);
    /// [`Side::polled`](crate::source::Side).
    pub(crate) const POLLED: Self = Self(1 << 4);
    /// [`Side::solo`](crate::source::Side).
    pub(crate) const SOLO: Self = Self(1 << 5);
    /// [`Source::crowd`](crate::source::Source).
    pub(crate) const CROWD: Self = Self(1 << 6);
    pub(crate) const ALL: Self = Self(PLACES);

    #[inline]
    pub(crate) fn contains(self, place: Self) -> bool {
        self.0 & place.0 != 0
    }
}

impl Says {
    /// `true` if the event is about this direction at all.
    pub(crate) fn anything(self) -> bool {
        self.bits() != 0
    }

    fn bits(self) -> u64 {
        let bit = |is, bit| if is { bit } else { 0 };
        bit(self.ready, READY) | bit(self.closed, CLOSED) | bit(self.error, ERROR)
    }
}
