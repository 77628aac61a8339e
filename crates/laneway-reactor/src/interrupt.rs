//! Ending the reactor's wait from outside, with a system call only if it waits.
//!
//! The seat is a word of four states:
//!
//! | state | means | who leaves it |
//! |---|---|---|
//! | `EMPTY` | nobody waits | `sit` to `TAKEN`, `notify` to `NOTIFIED` |
//! | `TAKEN` | a turn waits, or is about to | `notify` to `NOTIFIED`, and writes the event; `rise` to `EMPTY` |
//! | `NOTIFIED` | the present or next turn must return | `rise` to `EMPTY`; `sit` refuses |
//! | `NOTIFIED_BY_BACKGROUND` | the same, but the event may not be written yet | `rise` to `EMPTY`; `notify` to `NOTIFIED`, and writes the event |
//!
//! The last one is for threads of a background [lane], which the system may stop before they have written
//! the event: whoever of the main lane comes after them writes it, too.
//!
//! All of it is about one word that everyone changes by read-modify-write, so there is one order.
//! A `notify` before `sit` makes it refuse; one after `sit` finds `TAKEN` and writes the event, which
//! ends the wait whether it has begun or not, since the system keeps the event. Every `notify` writes the
//! word, also if it is `NOTIFIED` already, so that `rise` acquires what was done before each.

use std::fmt;
use std::io;
use std::sync::Arc as StdArc;
use std::task::Wake;

use laneway_loom::sync::atomic::{
    AtomicU8,
    Ordering::{Acquire, Relaxed, Release},
};
use laneway_waker::lane;

#[cfg(test)]
mod loom;

const EMPTY: u8 = 0;
const TAKEN: u8 = 1;
const NOTIFIED: u8 = 2;
const NOTIFIED_BY_BACKGROUND: u8 = 3;

/// The waker that ends a reactor's wait.
pub(crate) struct Interrupt {
    pub(crate) seat: Seat,
    event: mio::Waker,
}

/// Where the one who waits sits.
#[derive(Debug)]
pub(crate) struct Seat(AtomicU8);

impl Interrupt {
    pub(crate) fn new(registry: &mio::Registry, token: mio::Token) -> io::Result<Self> {
        Ok(Self {
            seat: Seat::new(),
            event: mio::Waker::new(registry, token)?,
        })
    }
}

impl Wake for Interrupt {
    fn wake(self: StdArc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &StdArc<Self>) {
        if self.seat.notify() {
            // It fails only if the descriptor is broken; then the wait would never end.
            self.event
                .wake()
                .expect("the reactor's own event can be written");
        }
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt")
            .field("seat", &self.seat)
            .finish_non_exhaustive()
    }
}

impl Seat {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(EMPTY))
    }

    /// Before the wait; `false` if there must be none.
    #[must_use]
    pub(crate) fn sit(&self) -> bool {
        // Ordering: nothing goes with it; what comes with an interrupt is acquired by `rise`.
        self.0
            .compare_exchange(EMPTY, TAKEN, Relaxed, Relaxed)
            .is_ok()
    }

    /// After the wait, or instead of it; `true` if somebody called for it.
    #[must_use]
    pub(crate) fn rise(&self) -> bool {
        // Ordering: Acquire pairs with the Release in `notify`: what was done before it is seen by
        // who comes back from the turn.
        let before = self.0.swap(EMPTY, Acquire);
        before == NOTIFIED || before == NOTIFIED_BY_BACKGROUND
    }

    /// Calls for the end of the wait; `true` if the event must be written for that.
    #[must_use]
    pub(crate) fn notify(&self) -> bool {
        let token = match lane::current() {
            0 => NOTIFIED,
            _ => NOTIFIED_BY_BACKGROUND,
        };
        // Ordering: Release pairs with the Acquire in `rise`, also through later interrupts.
        let before = self.0.swap(token, Release);
        before == TAKEN || before == NOTIFIED_BY_BACKGROUND && token == NOTIFIED
    }
}
