//! The ordinary world: std's primitives, with loom's spelling where the two differ.

/// Interior mutability that loom can watch.
pub mod cell {
    /// A cell whose contents are reached through closures, so that loom can check every access.
    ///
    /// In the ordinary world it is [`core::cell::UnsafeCell`] and costs nothing.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Wraps `value`.
        pub const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        /// Takes the value out again.
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Calls `f` with a pointer that may be read while no one writes.
        #[inline(always)]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Calls `f` with a pointer that may be written while no one else reads or writes.
        #[inline(always)]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// Spinning.
pub mod hint {
    pub use core::hint::spin_loop;
}

/// Atomics, `Arc`, and locks.
pub mod sync {
    #[cfg(feature = "std")]
    pub use std::sync::Arc;

    #[cfg(feature = "std")]
    pub use crate::futex::Futex;
    #[cfg(feature = "std")]
    pub use crate::lock::{Condvar, Mutex, MutexGuard, TryGuard, TryLock};
    #[cfg(feature = "std")]
    pub(crate) use std::sync as raw;

    /// Atomic integers and fences.
    pub mod atomic {
        pub use core::sync::atomic::{
            AtomicBool, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
            Ordering, fence,
        };
    }
}

/// Threads.
#[cfg(feature = "std")]
pub mod thread {
    pub use std::thread::{Builder, JoinHandle, Thread, ThreadId, current, spawn, yield_now};
}

/// Declares one thread-local: `thread_local! { static NAME: Type = initial }`.
///
/// The initial value must be a constant expression (loom evaluates it lazily, std at compile time,
/// which is what makes reading it one instruction).
#[cfg(feature = "std")]
#[macro_export]
macro_rules! thread_local {
    ($(#[$meta:meta])* $vis:vis static $name:ident: $type:ty = $init:expr $(;)?) => {
        ::std::thread_local! { $(#[$meta])* $vis static $name: $type = const { $init } }
    };
}

/// Runs a concurrency model: here `f` once; under loom, `f` in every order of steps with at most
/// `preemptions` preemptions.
///
/// `LOOM_MAX_PREEMPTIONS` overrides the bound.
#[cfg(feature = "std")]
pub fn model(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    let _ = preemptions;
    f();
}
