//! One who waits for a slot.

use std::task::Waker;

use laneway_loom::sync::atomic::{AtomicU8, Ordering::Relaxed};
use laneway_waker::AtomicWaker;

const WAITING: u8 = 0;
const GRANTED: u8 = 1;
const CLOSED: u8 = 2;
const LEFT: u8 = 3;

/// One who waits for a slot, shared by the one and the line.
#[derive(Debug)]
pub(crate) struct Waiter {
    ticket: u64,
    state: AtomicU8,
    waker: AtomicWaker,
}

/// What a waiter had when it left.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a slot that had been granted is the caller's to give back"]
pub(crate) enum Left {
    Nothing,
    /// A place in the line, perhaps: [`forget`](super::Slots::forget) it.
    Place,
    Slot,
}

impl Waiter {
    /// Smaller tickets come first.
    pub(super) fn new(ticket: u64) -> Self {
        Self {
            ticket,
            state: AtomicU8::new(WAITING),
            waker: AtomicWaker::new(),
        }
    }

    pub(super) fn ticket(&self) -> u64 {
        self.ticket
    }

    /// Gives it a slot; `false` if it has left.
    pub(super) fn grant(&self) -> bool {
        self.decide(GRANTED)
    }

    /// Tells it of the end, unless it has left.
    pub(crate) fn close(&self) {
        self.decide(CLOSED);
    }

    fn decide(&self, decision: u8) -> bool {
        // Ordering: Relaxed: the waker that is woken after it makes it known. That there is only one
        // decision is the exchange's doing.
        self.state
            .compare_exchange(WAITING, decision, Relaxed, Relaxed)
            .is_ok()
    }

    /// As [`poll`](Self::poll), for one that does not wait yet.
    pub(crate) fn prepare(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Whether a slot was granted, or `false` for the end; `None` while it waits. `waker` is woken when
    /// that changes.
    pub(crate) fn poll(&self, waker: &Waker) -> Option<bool> {
        self.waker.register(waker);
        // Ordering: Relaxed: if this comes before the decision, then the waker that was registered
        // before it is woken after the decision.
        match self.state.load(Relaxed) {
            WAITING => None,
            decision => Some(decision == GRANTED),
        }
    }

    /// The waker of who is to look again. For the caller to wake, without a lock.
    pub(crate) fn take_waker(&self) -> Option<Waker> {
        self.waker.take()
    }

    /// Stops waiting.
    pub(crate) fn leave(&self) -> Left {
        // Ordering: Relaxed: as in `decide`.
        match self.state.swap(LEFT, Relaxed) {
            WAITING => Left::Place,
            GRANTED => Left::Slot,
            _ => Left::Nothing,
        }
    }
}
