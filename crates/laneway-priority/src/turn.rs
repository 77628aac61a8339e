//! How far the `Background` item that runs is with its turn.

use crate::shares::TURN;

/// The turn of the item that runs, or ran last.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Nanoseconds. What was not measured, because nobody waited, does not count.
    used: u64,
    /// It has yielded, and is the first of its class.
    goes_on: bool,
}

impl Turn {
    /// An item that yields now must let the next one go first.
    pub(crate) fn is_over(&self) -> bool {
        u128::from(self.used) >= TURN.as_nanos()
    }

    /// The item that runs has yielded and will be the next of its class.
    pub(crate) fn go_on(&mut self) {
        self.goes_on = true;
    }

    /// The item has run for so long. Unless it goes on, the next one begins a turn.
    pub(crate) fn ran(&mut self, nanos: u64) {
        self.used = if self.goes_on {
            self.used.saturating_add(nanos)
        } else {
            0
        };
        self.goes_on = false;
    }
}
