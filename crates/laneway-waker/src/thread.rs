//! What each thread knows of itself, with std: one thread-local.
//!
//! # Invariants
//!
//! 1. `flag` is null or points to a flag that a call of [`with_flag`] on this thread has borrowed and
//!    will borrow until it has put back what was there before, which it does also when it unwinds.
//!    So whatever the pointer leads to lives while the pointer is there.
//! 2. The pointer is read on this thread only, and the reference made of it is gone before the
//!    reader returns; what runs meanwhile is this crate's own and calls nobody.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use crate::budget::{UNLIMITED, YieldFlag};

/// A `const` without a destructor: reading it is one instruction, and works while the thread's other
/// thread-locals are being destroyed.
struct Current {
    /// Left of the budget of the poll that the thread is in.
    units: Cell<u32>,
    /// The lane that the thread serves.
    lane: Cell<u8>,
    /// How others ask the thread to end its poll.
    flag: Cell<*const YieldFlag>,
}

laneway_loom::thread_local! {
    static CURRENT: Current = Current {
        units: Cell::new(UNLIMITED),
        lane: Cell::new(0),
        flag: Cell::new(ptr::null()),
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

/// Runs `f`, in which [`flag`] asks this one, or none.
pub(crate) fn with_flag<R>(flag: Option<&YieldFlag>, f: impl FnOnce() -> R) -> R {
    let _restore = Restore {
        before: replace_flag(flag.map_or(ptr::null(), ptr::from_ref)),
    };
    f()
}

/// Asks the flag of the thread, `false` if there is none.
#[inline]
pub(crate) fn flag(ask: fn(&YieldFlag) -> bool) -> bool {
    let flag = CURRENT
        .try_with(|current| current.flag.get())
        .unwrap_or(ptr::null());
    // SAFETY: alive if not null (1), and only shared references are ever made of it; this one is gone
    // when `ask` returns, which calls nobody that could end the borrow (2).
    unsafe { flag.as_ref() }.is_some_and(ask)
}

fn replace_flag(flag: *const YieldFlag) -> *const YieldFlag {
    CURRENT
        .try_with(|current| current.flag.replace(flag))
        .unwrap_or(ptr::null())
}

/// Puts back the flag that was there, also when the worker panics.
struct Restore {
    before: *const YieldFlag,
}

impl Drop for Restore {
    fn drop(&mut self) {
        replace_flag(self.before);
    }
}
