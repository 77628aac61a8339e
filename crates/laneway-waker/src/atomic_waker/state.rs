//! The word of an `AtomicWaker`: who has the slot, and whether it is full.
//!
//! | word                         | means                                                          |
//! |------------------------------|----------------------------------------------------------------|
//! | `EMPTY`                      | nobody has the slot; it is empty                               |
//! | `STORED`                     | nobody has the slot; it is full                                |
//! | `REGISTERING`                | a registrar has the slot                                       |
//! | `REGISTERING` and `WAKING`   | a registrar has the slot, and will wake what it registers      |
//! | `WAKING`, perhaps `STORED`   | a thread that wakes has the slot                               |
//!
//! Every transition is a read-modify-write, so that each belongs to the release sequences of those
//! before it: a registrar acquires from *every* earlier `wake`, not only from the last.

use core::fmt;

use laneway_loom::sync::atomic::AtomicU8;
use laneway_loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

#[cfg(all(test, feature = "std"))]
mod tests;

const EMPTY: u8 = 0;
const STORED: u8 = 1;
const REGISTERING: u8 = 2;
const WAKING: u8 = 4;

pub(super) struct State(AtomicU8);

/// What [`State::start_registering`] obliges its caller to do.
#[must_use]
#[derive(Debug, PartialEq)]
pub(super) enum Registering {
    /// The slot is the caller's, until `end_registering`.
    Slot,
    /// Somebody else has it: wake the waker instead of storing it.
    Refused,
}

/// What [`State::end_registering`] obliges its caller to do.
#[must_use]
#[derive(Debug, PartialEq)]
pub(super) enum Registered {
    /// Nothing: the slot is given back.
    Kept,
    /// Somebody wanted to wake meanwhile: empty the slot, call `empty`, wake.
    Woken,
}

/// What [`State::start_waking`] obliges its caller to do.
#[must_use]
#[derive(Debug, PartialEq)]
pub(super) enum Waking {
    /// The slot is the caller's: empty it, call `empty`, wake.
    Slot,
    /// Nothing: whoever has the slot wakes after us.
    Left,
}

impl State {
    #[cfg(not(laneway_loom))]
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(EMPTY))
    }

    #[cfg(laneway_loom)]
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(EMPTY))
    }

    /// Whether the slot is full, or will be soon. A hint: it may be wrong by the time it is read.
    pub(super) fn is_probably_stored(&self) -> bool {
        // Ordering: a wrong answer costs one clone or one more round, so nothing is needed.
        self.0.load(Relaxed) != EMPTY
    }

    /// Takes the slot in order to register.
    pub(super) fn start_registering(&self) -> Registering {
        // Ordering: see below; the word is only looked at to see what to exchange.
        let mut word = self.0.load(Acquire);
        loop {
            if word & (REGISTERING | WAKING) != 0 {
                return Registering::Refused;
            }
            // Ordering: Acquire pairs with the Release of `end_registering` and `empty` (the slot's
            // contents), and with that of every earlier `start_waking`: what their threads wrote
            // is seen by a look after `register`. Failing, and the load above, likewise: who is
            // refused by a `wake` is woken on its behalf.
            match self
                .0
                .compare_exchange_weak(word, REGISTERING, Acquire, Acquire)
            {
                Ok(_) => return Registering::Slot,
                Err(now) => word = now,
            }
        }
    }

    /// Gives the slot back, full or not, unless somebody wanted to wake meanwhile.
    pub(super) fn end_registering(&self, is_full: bool) -> Registered {
        let word = if is_full { STORED } else { EMPTY };
        // Ordering: Release gives the slot's contents to the Acquire of the next transition that
        // takes it. Failing, the slot stays ours, and `empty` acquires.
        match self.0.compare_exchange(REGISTERING, word, Release, Relaxed) {
            Ok(_) => Registered::Kept,
            Err(_) => Registered::Woken,
        }
    }

    /// Takes the slot in order to wake, or leaves it to whoever has it.
    pub(super) fn start_waking(&self) -> Waking {
        // Ordering: Acquire pairs with the Release of `end_registering` (the slot's contents).
        // Release gives what this thread wrote to `start_registering` and `empty`.
        match self.0.fetch_or(WAKING, AcqRel) & (REGISTERING | WAKING) {
            0 => Waking::Slot,
            _ => Waking::Left,
        }
    }

    /// Gives the slot back, empty; the caller goes on to wake.
    pub(super) fn empty(&self) {
        // Ordering: Release gives the empty slot to the next that takes it. Acquire pairs with the
        // Release of those whose `start_waking` left their wake to us: what they wrote happens
        // before the waking that follows. A store would do neither: it ends release sequences.
        self.0.swap(EMPTY, AcqRel);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: for people to read; it proves nothing.
        f.write_str(match self.0.load(Relaxed) {
            EMPTY => "empty",
            STORED => "stored",
            REGISTERING => "registering",
            _ => "waking",
        })
    }
}
