//! When something must be done.

use core::fmt;

/// When an item must be done: a number of nanoseconds since an origin that all items share.
///
/// The scheduler compares deadlines with each other and never with a clock, so the origin is its user's
/// choice: the start of the program, say. Eight bytes, so that a task carries one among its attributes.
///
/// ```
/// use laneway_deadline::Deadline;
///
/// let deadline = Deadline::from_nanos(2_000_000);
/// assert!(deadline < Deadline::NEVER);
/// assert_eq!(Deadline::default(), Deadline::NEVER);
/// assert_eq!(deadline.nanos(), 2_000_000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(u64);

impl Deadline {
    /// Of an item that can wait: it runs when no item with a deadline is ready, and now and then.
    pub const NEVER: Self = Self(u64::MAX);

    /// So many nanoseconds after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds after the origin.
    pub const fn nanos(self) -> u64 {
        self.0
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::NEVER
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NEVER => f.write_str("Deadline(never)"),
            Self(nanos) => write!(f, "Deadline({nanos} ns)"),
        }
    }
}
