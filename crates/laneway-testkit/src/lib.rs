//! A conformance kit for schedulers: does yours keep what the traits of [`laneway_scheduler`]
//! promise?
//!
//! # From one line to a bug, in three steps
//!
//! The kit fills a scheduler with [`Item`]s, so the scheduler must be generic, or made for them. A
//! file `tests/loom.rs` of two lines has a test for each promise:
//!
//! ```ignore
//! use my_scheduler::MyScheduler;
//! laneway_testkit::conformance!(MyScheduler::new());
//! ```
//!
//! The tests come in two kinds. **Properties** are seen from one thread: the kit makes up programs of
//! calls and keeps a book of what went in and what came out. This scheduler is one queue behind a
//! lock, and forgets something:
//!
//! ```should_panic
//! use laneway_scheduler::{Cause, Clock, Notify, Scheduler, Worker};
//! use laneway_testkit::property;
//! use std::collections::VecDeque;
//! use std::num::NonZeroUsize;
//! use std::sync::{Arc, Mutex};
//!
//! struct OneQueue<T> { queue: Arc<Mutex<VecDeque<T>>> }
//! struct OneWorker<T> { queue: Arc<Mutex<VecDeque<T>>> }
//!
//! impl<T: Send + 'static> Scheduler<T> for OneQueue<T> {
//!     type Worker = OneWorker<T>;
//!     fn workers(&self, count: NonZeroUsize) -> Vec<OneWorker<T>> {
//!         (0..count.get()).map(|_| OneWorker { queue: self.queue.clone() }).collect()
//!     }
//!     fn inject(&self, item: T, _: Cause) -> Result<Notify, T> {
//!         self.queue.lock().unwrap().push_back(item);
//!         Ok(Notify::One)
//!     }
//!     fn is_idle(&self) -> bool {
//!         self.queue.lock().unwrap().is_empty()
//!     }
//!     fn close(&self, sink: &mut dyn FnMut(T)) {
//!         let left = std::mem::take(&mut *self.queue.lock().unwrap());
//!         left.into_iter().for_each(sink);
//!     }
//! }
//!
//! impl<T: Send + 'static> Worker<T> for OneWorker<T> {
//!     fn push(&mut self, item: T, _: Cause) -> Notify {
//!         self.queue.lock().unwrap().push_back(item);
//!         Notify::One
//!     }
//!     fn pop(&mut self, _: &impl Clock) -> Option<T> {
//!         self.queue.lock().unwrap().pop_front()
//!     }
//!     fn search(&mut self, _: &impl Clock) -> Option<T> { None }
//!     fn drain(&mut self, sink: &mut dyn FnMut(T)) {
//!         while let Some(item) = self.queue.lock().unwrap().pop_front() {
//!             sink(item);
//!         }
//!     }
//! }
//!
//! let make = || OneQueue { queue: Arc::default() };
//! property::a_yield_goes_behind(make);
//! property::nobody_starves(make, property::default_bypass);
//! property::every_item_comes_out_once(make); // Panics.
//! ```
//!
//! The last line prints the shortest program that shows it:
//!
//! ```text
//! Test failed: it takes an item though it is closed.
//! minimal failing input: Program { workers: 1, steps: [], end: Close }
//! ```
//!
//! **Models** are about threads: who falls asleep must not miss what another has just added, and two
//! who steal must not get the same item. They are run in every order of steps by loom, if the
//! scheduler takes its atomics and locks from [`laneway_loom`]:
//!
//! ```text
//! RUSTFLAGS="--cfg laneway_loom" cargo test --release --test loom
//! ```
//!
//! Without the flag they run once, with real threads.
//!
//! # What the kit needs to know
//!
//! * A bounded queue should hold four items under `--cfg laneway_loom`, and an interval of pops be
//!   three: see [`model`].
//! * How long an item may wait differs. The macro allows [`property::default_bypass`]; call
//!   [`property::nobody_starves`] yourself to be stricter.
//! * Arrival order is opt-in, and so is the order of classes:
//!   `conformance!(MyScheduler::new(), in_order, by_class)`.
//!
//! # What the kit is not
//!
//! No proof: models are small, programs random. No benchmark. It does not check whether user code runs
//! under a lock.

#![forbid(unsafe_code)]

mod clock;
mod conformance;
mod item;
pub mod model;
#[cfg(not(laneway_loom))]
pub mod property;

pub use clock::StepClock;
pub use item::{Item, Mint};
