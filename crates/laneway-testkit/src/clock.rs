//! Time that stands still until it is moved.

use core::cell::Cell;

use laneway_scheduler::Clock;

/// A clock that its owner moves.
///
/// ```
/// use laneway_scheduler::Clock;
/// use laneway_testkit::StepClock;
///
/// let clock = StepClock::new();
/// clock.step(1_000);
/// assert_eq!(clock.nanos(), 1_000);
/// assert_eq!(clock.reads(), 1);
/// ```
#[derive(Debug, Default)]
pub struct StepClock {
    nanos: Cell<u64>,
    reads: Cell<u64>,
}

impl StepClock {
    /// A clock at 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock by so many nanoseconds.
    pub fn step(&self, nanos: u64) {
        self.nanos.set(self.nanos.get() + nanos);
    }

    /// How often the clock was read: a scheduler that has nothing to decide by time should not ask.
    pub fn reads(&self) -> u64 {
        self.reads.get()
    }
}

impl Clock for StepClock {
    fn nanos(&self) -> u64 {
        self.reads.set(self.reads.get() + 1);
        self.nanos.get()
    }
}
