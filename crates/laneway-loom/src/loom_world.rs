//! The modelled world: loom's primitives, and the settings every model here shares.

pub mod cell {
    //! Interior mutability that loom watches.
    pub use loom::cell::UnsafeCell;
}

pub mod hint {
    //! Spinning.
    pub use loom::hint::spin_loop;
}

pub mod sync {
    //! Atomics, `Arc`, and locks.
    pub use loom::sync::Arc;

    pub use crate::futex::Futex;
    pub use crate::lock::{Condvar, Mutex, MutexGuard, TryGuard, TryLock};
    pub(crate) use loom::sync as raw;

    pub mod atomic {
        //! Atomic integers and fences.
        pub use loom::sync::atomic::{
            AtomicBool, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
            Ordering, fence,
        };
    }
}

pub mod thread {
    //! Threads. Loom runs them all on one OS thread, and knows at most five.
    pub use loom::thread::{Builder, JoinHandle, Thread, ThreadId, current, spawn, yield_now};
}

/// Declares one thread-local of the modelled thread.
#[macro_export]
macro_rules! thread_local {
    ($(#[$meta:meta])* $vis:vis static $name:ident: $type:ty = $init:expr $(;)?) => {
        $crate::loom_thread_local! { $(#[$meta])* $vis static $name: $type = $init }
    };
}

#[doc(hidden)]
pub use loom::thread_local as loom_thread_local;

/// Loom's default of 1,000 branches is too small for models of whole protocols.
const MAX_BRANCHES: usize = 10_000;

/// Limits in `LOOM_MAX_DURATION` are looked at once in so many iterations.
const CHECKPOINT_INTERVAL: usize = 100;

/// Runs a concurrency model: `f` in every order of steps with at most `preemptions` preemptions.
///
/// `LOOM_MAX_PREEMPTIONS` overrides the bound. Prints the bound and the number of iterations it took,
/// which `cargo xtask loom` reads.
pub fn model(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    if let Some(bound) = builder.preemption_bound {
        println!("model: {bound} preemptions");
    }
    builder.max_branches = builder.max_branches.max(MAX_BRANCHES);
    builder.checkpoint_interval = CHECKPOINT_INTERVAL;
    let iterations = std::sync::Arc::new(AtomicU64::new(0));
    let count = iterations.clone();
    builder.check(move || {
        count.fetch_add(1, Relaxed);
        f();
    });
    println!("model: {} iterations", iterations.load(Relaxed));
}
