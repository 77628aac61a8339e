//! The number of a task.

use core::fmt;
use core::num::NonZeroU64;
// The one counter of the house that is shared by a whole process: core's, since a model needs no
// say in which number a task gets.
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A thread takes so many at a time: one contended access for about as many spawns as fit in the
/// time between two context switches, and 2⁶⁴ numbers still last for centuries.
pub(crate) const BLOCK: u64 = 1024;

/// A multiple of [`BLOCK`], so that a thread sees from a number alone that its block is used up.
static NEXT: AtomicU64 = AtomicU64::new(BLOCK);

/// The number of a task: no two tasks of a process have the same.
///
/// Numbers of tasks that one thread spawns rise, mostly by one; across threads they say nothing
/// about order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(NonZeroU64);

impl Id {
    /// The id with a number that [`get`](Self::get) gave, kept where only numbers can be: in an
    /// atomic, say. It makes no task.
    pub fn from_number(number: NonZeroU64) -> Self {
        Self(number)
    }

    /// The number itself.
    pub fn get(self) -> NonZeroU64 {
        self.0
    }

    /// The next number of this thread.
    #[inline]
    pub(crate) fn next() -> Self {
        Self(NonZeroU64::new(crate::current::next_id()).expect("numbers start at BLOCK"))
    }
}

/// The first of [`BLOCK`] numbers that nobody else gets.
#[cold]
pub(crate) fn next_block() -> u64 {
    // Ordering: Relaxed: unique is all they must be.
    NEXT.fetch_add(BLOCK, Relaxed)
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}
