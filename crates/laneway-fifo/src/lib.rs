//! Work stealing in arrival order, and a queue for one thread.
//!
//! [`Fifo`] is the scheduler that most programs want: each worker has a ring of its own, which costs
//! it one compare-and-swap a pop and one store a push; what comes from other threads goes through a
//! shared queue; and a worker without work takes half of another's.
//!
//! # A program that grows
//!
//! A scheduler has a shared half, from which items come, and a half for each thread. It reads no
//! clock, so any will do:
//!
//! ```
//! use laneway_fifo::Fifo;
//! use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
//! use std::num::NonZeroUsize;
//!
//! struct NoClock;
//! impl Clock for NoClock {
//!     fn nanos(&self) -> u64 { 0 }
//! }
//!
//! let fifo: Fifo<&str> = Fifo::new();
//! let mut workers = fifo.workers(NonZeroUsize::new(2).unwrap());
//! let [here, there] = &mut workers[..] else { unreachable!() };
//! ```
//!
//! A worker pops what it pushed, oldest first. Another finds it by searching, and brings half:
//!
//! ```
//! # use laneway_fifo::Fifo;
//! # use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
//! # use std::num::NonZeroUsize;
//! # struct NoClock;
//! # impl Clock for NoClock {
//! #     fn nanos(&self) -> u64 { 0 }
//! # }
//! # let fifo = Fifo::new();
//! # let mut workers = fifo.workers(NonZeroUsize::new(2).unwrap());
//! # let [here, there] = &mut workers[..] else { unreachable!() };
//! for item in ["a", "b", "c", "d"] {
//!     let _ = here.push(item, Cause::Spawned);
//! }
//! assert_eq!(there.pop(&NoClock), None);
//! assert_eq!(there.search(&NoClock), Some("a"));
//! assert_eq!(there.pop(&NoClock), Some("b"));
//! assert_eq!(here.pop(&NoClock), Some("c"));
//! ```
//!
//! Any thread may inject. In the end, both halves hand out what they still have:
//!
//! ```
//! # use laneway_fifo::Fifo;
//! # use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
//! # use std::num::NonZeroUsize;
//! # struct NoClock;
//! # impl Clock for NoClock {
//! #     fn nanos(&self) -> u64 { 0 }
//! # }
//! # let fifo = Fifo::new();
//! # let mut workers = fifo.workers(NonZeroUsize::new(2).unwrap());
//! # let [here, _there] = &mut workers[..] else { unreachable!() };
//! # let _ = here.push("d", Cause::Spawned);
//! let _ = fifo.inject("e", Cause::Woken).expect("it is open");
//!
//! let mut left = Vec::new();
//! fifo.close(&mut |item| left.push(item));
//! here.drain(&mut |item| left.push(item));
//! assert_eq!(left, ["e", "d"]);
//! assert!(fifo.inject("f", Cause::Woken).is_err());
//! ```
//!
//! # What can be relied on
//!
//! * **Order.** On one worker, the items it pushed are popped in order, and so are the items that one
//!   thread injected, while its ring does not overflow and nobody steals.
//! * **Overflow.** A ring holds 256 items. When it is full, the newest of those that were pushed, up
//!   to half of it, go to the shared queue in one go; what has come from there never goes back.
//! * **Nobody starves.** A busy worker looks at the shared queue at every 61st pop, and brings up to
//!   31 items from there, if need be in exchange for what was pushed last. So with `p` items before
//!   it in the shared queue, an item waits for 61 × (`p` / 31 + 1) + 256 pops of one worker at most.
//! * **Nothing is hidden.** Other workers can take what a busy worker has not begun; there is no
//!   slot of its own.
//! * **A stopped thread.** A thread that injects shares no lock with anybody: stopped anywhere, it keeps
//!   nobody waiting. A busy worker waits for a lock only when its ring overflows. A worker stopped
//!   inside a search keeps others that search waiting, and one stopped inside a theft keeps others from
//!   stealing from that victim, and the victim from half of its ring.
//!
//! # Parts for other schedulers
//!
//! [`ring`] is the ring of a worker, [`Injector`] the shared queue, [`Victims`] whom to steal from first.
//! A scheduler of another kind arranges them in its own way and needs no unsafe code for it:
//! `laneway-priority` has one of each for every class.
//!
//! # What this crate is not
//!
//! It knows no urgency: [`Priority`](laneway_scheduler::Priority) is not looked at. It starts no
//! threads: `laneway-executor` runs it. [`local::Queue`] is a queue, not a scheduler.
//!
//! # Features
//!
//! `std` (default): [`Fifo`] and its parts. Without it the crate is `no_std` with `alloc` and has [`local`] alone.

#![cfg_attr(not(any(feature = "std", laneway_loom)), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

pub mod local;

#[cfg(feature = "std")]
mod fifo;
#[cfg(feature = "std")]
mod injector;
#[cfg(feature = "std")]
pub mod ring;
#[cfg(feature = "std")]
mod victims;
#[cfg(feature = "std")]
mod worker;

#[cfg(feature = "std")]
pub use fifo::Fifo;
#[cfg(feature = "std")]
pub use injector::{Injector, Refill};
#[cfg(feature = "std")]
pub use victims::Victims;
#[cfg(feature = "std")]
pub use worker::FifoWorker;
