//! What each thread knows of itself, with std: one thread-local.

use std::cell::Cell;

use crate::budget::UNLIMITED;

/// A `const` without a destructor: reading it is one instruction, and works while the thread's other
/// thread-locals are being destroyed.
struct Current {
    /// Left of the budget of the poll that the thread is in.
    units: Cell<u32>,
    /// The lane that the thread serves.
    lane: Cell<u8>,
}

laneway_loom::thread_local! {
    static CURRENT: Current = Current {
        units: Cell::new(UNLIMITED),
        lane: Cell::new(0),
    };
}

#[inline]
pub(crate) fn units() -> u32 {
    CURRENT
        .try_with(|current| current.units.get())
        .unwrap_or(UNLIMITED)
}

#[inline]
pub(crate) fn replace_units(units: u32) -> u32 {
    CURRENT
        .try_with(|current| current.units.replace(units))
        .unwrap_or(UNLIMITED)
}

#[inline]
pub(crate) fn lane() -> u8 {
    CURRENT.try_with(|current| current.lane.get()).unwrap_or(0)
}

pub(crate) fn replace_lane(lane: u8) -> u8 {
    CURRENT
        .try_with(|current| current.lane.replace(lane))
        .unwrap_or(0)
}
