//! Without `std` no panic can be caught: one in a user's code ends the process.

use alloc::boxed::Box;
use alloc::string::String;
use core::any::Any;

/// What a panic would carry; there is none.
pub(crate) enum Payload {}

/// Calls `f`. If it unwinds, the process ends: a task could not be put in order.
#[inline]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Payload> {
    let bomb = Bomb("laneway: a panic reached a task, and `std` is off");
    let value = f();
    core::mem::forget(bomb);
    Ok(value)
}

/// Calls `f`, as [`catch`] does.
pub(crate) fn swallow(f: impl FnOnce()) {
    let Ok(()) = catch(f);
}

/// Whether this thread unwinds: if so, the process is about to end.
pub(crate) fn is_panicking() -> bool {
    false
}

/// Ends the process.
#[cold]
pub(crate) fn abort(message: &'static str) -> ! {
    let _bomb = Bomb(message);
    panic!("{message}")
}

/// Panics when dropped; while unwinding that is the second panic, and ends the process.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// See `panic.rs`; there is never one.
pub(crate) struct Kept(Payload);

impl Kept {
    pub(crate) fn new(payload: Payload) -> Self {
        match payload {}
    }

    pub(crate) fn into_inner(self) -> Box<dyn Any + Send> {
        match self.0 {}
    }

    pub(crate) fn message(&self) -> Option<String> {
        match self.0 {}
    }
}
