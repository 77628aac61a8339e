//! One door to atomics, cells, locks, threads and thread-locals.
//!
//! Code that imports them from here can be compiled for two worlds. Ordinarily each name is std's
//! (or core's) and costs nothing. With `RUSTFLAGS="--cfg laneway_loom"` each is [loom]'s, and a
//! test that runs inside [`model`] is executed once for every order in which its threads can act,
//! and for every value that the C11 memory model lets each load return.
//!
//! The flag has a name of its own because `RUSTFLAGS` reach every crate of a build: a bare
//! `--cfg loom` would switch dependencies too.
//!
//! # A model, in three steps
//!
//! First, the code under test takes its primitives from the door:
//!
//! ```
//! use laneway_loom::sync::atomic::{AtomicUsize, Ordering::{Acquire, Release}};
//!
//! struct Flag(AtomicUsize);
//!
//! impl Flag {
//!     fn raise(&self) { self.0.store(1, Release); }
//!     fn is_raised(&self) -> bool { self.0.load(Acquire) == 1 }
//! }
//! ```
//!
//! Then a test says what must hold, in [`model`]; the number is how often a thread may be
//! preempted (2 or 3 find nearly everything):
//!
//! ```
//! # use laneway_loom::sync::atomic::{AtomicUsize, Ordering::{Acquire, Release}};
//! # struct Flag(AtomicUsize);
//! # impl Flag {
//! #     fn raise(&self) { self.0.store(1, Release); }
//! #     fn is_raised(&self) -> bool { self.0.load(Acquire) == 1 }
//! # }
//! use laneway_loom::{cell::UnsafeCell, sync::Arc, thread};
//!
//! struct Slot { value: UnsafeCell<u32>, ready: Flag }
//! // SAFETY: `value` is written before `ready` is raised and only read after.
//! unsafe impl Sync for Slot {}
//!
//! laneway_loom::model(3, || {
//!     let slot = Arc::new(Slot { value: UnsafeCell::new(0), ready: Flag(AtomicUsize::new(0)) });
//!     let writer = thread::spawn({
//!         let slot = slot.clone();
//!         move || {
//!             // SAFETY: not raised yet, so nobody reads.
//!             slot.value.with_mut(|value| unsafe { *value = 7 });
//!             slot.ready.raise();
//!         }
//!     });
//!     if slot.ready.is_raised() {
//!         // SAFETY: raised, so the write is over.
//!         assert_eq!(slot.value.with(|value| unsafe { *value }), 7);
//!     }
//!     writer.join().unwrap();
//! });
//! ```
//!
//! Last, `cargo xtask loom` compiles it for the modelled world and runs it. Make `raise` Relaxed,
//! and loom prints the order of steps in which the assertion fails.
//!
//! # What the door does not have
//!
//! No `Weak`, no `Arc<dyn Trait>` and no constant constructors in modelled code (loom has none);
//! no timeouts (loom's never end). Loom treats `SeqCst` accesses as `AcqRel`: write store-then-load
//! protocols with `fence(SeqCst)`, which it does model.
//!
//! # Features
//!
//! `record`, for tests: watches which lanes wait for which lock.
//!
//! `std` (default) adds locks, [`Futex`](sync::Futex), threads, thread-locals, `Arc` and [`model`];
//! without it the crate is `no_std` and offers atomics, cells and `hint`.
//!
//! [loom]: https://docs.rs/loom

#![cfg_attr(not(any(feature = "std", laneway_loom)), no_std)]
#![forbid(unsafe_code)]

#[cfg(any(feature = "std", laneway_loom))]
mod futex;
#[cfg(any(feature = "std", laneway_loom))]
mod lock;
#[cfg(all(feature = "record", laneway_loom))]
compile_error!("locks are recorded in the real world, not in loom's");
#[cfg(feature = "record")]
pub mod record;

#[cfg(laneway_loom)]
mod loom_world;
#[cfg(not(laneway_loom))]
mod std_world;

#[cfg(laneway_loom)]
pub use loom_world::{cell, hint, loom_thread_local, model, sync, thread};
#[cfg(not(laneway_loom))]
pub use std_world::{cell, hint, sync};
#[cfg(all(feature = "std", not(laneway_loom)))]
pub use std_world::{model, thread};
