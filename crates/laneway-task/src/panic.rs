//! Panics of users' code, caught and carried. `panic_core.rs` stands in without `std`.

use std::any::Any;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::String;

use laneway_loom::sync::Mutex;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Calls `f`; a panic comes back as an error.
///
/// Unwind safety: whatever `f` may have left half changed (a future, a waker) is dropped and never
/// used again, by every caller in this crate.
#[inline]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Payload> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Calls `f` and swallows a panic, which the panic hook has reported already.
pub(crate) fn swallow(f: impl FnOnce()) {
    if let Err(payload) = catch(f) {
        // A payload may panic in its drop too, and so may that panic's: the third is leaked.
        if let Err(second) = catch(|| drop(payload)) {
            core::mem::forget(second);
        }
    }
}

/// Whether this thread unwinds: a second panic now would end the process.
pub(crate) fn is_panicking() -> bool {
    std::thread::panicking()
}

/// Ends the process.
#[cold]
pub(crate) fn abort(message: &str) -> ! {
    std::eprintln!("{message}");
    std::process::abort()
}

/// A payload that can be shared, as errors must be: nothing looks at it through a reference but
/// [`message`](Self::message), under a lock.
pub(crate) struct Kept(Mutex<Payload>);

impl Kept {
    pub(crate) fn new(payload: Payload) -> Self {
        Self(Mutex::new(payload))
    }

    pub(crate) fn into_inner(self) -> Payload {
        self.0.into_inner()
    }

    /// What `panic!` was called with, if that was text.
    pub(crate) fn message(&self) -> Option<String> {
        let payload = self.0.lock();
        match payload.downcast_ref::<&'static str>() {
            Some(message) => Some((*message).into()),
            None => payload.downcast_ref::<String>().cloned(),
        }
    }
}
