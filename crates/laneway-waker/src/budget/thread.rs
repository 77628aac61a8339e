//! The thread's units, with std: one thread-local.

use std::cell::Cell;

use super::UNLIMITED;

/// What each thread knows of the poll that it is in. A `const` without a destructor: reading it is
/// one instruction, and works while the thread's other thread-locals are being destroyed.
struct Current {
    units: Cell<u32>,
}

laneway_loom::thread_local! {
    static CURRENT: Current = Current { units: Cell::new(UNLIMITED) };
}

#[inline]
pub(super) fn get() -> u32 {
    CURRENT
        .try_with(|current| current.units.get())
        .unwrap_or(UNLIMITED)
}

#[inline]
pub(super) fn replace(units: u32) -> u32 {
    CURRENT
        .try_with(|current| current.units.replace(units))
        .unwrap_or(UNLIMITED)
}
