//! The seam of a runtime: which ready item runs next.
//!
//! A [`Scheduler`] decides; it never runs anything, starts no thread, parks nobody and wakes nobody.
//! An executor asks it. Everything here is generic in the item, so a scheduler can be tested on plain
//! integers, and any executor can run with any scheduler.
//!
//! # A scheduler, in three steps
//!
//! A scheduler has two halves. The **shared** half takes items from any thread. Here it is one queue
//! behind a lock; `None` means closed:
//!
//! ```
//! use std::collections::VecDeque;
//! use std::sync::{Arc, Mutex};
//!
//! struct Toy<T> { queue: Arc<Mutex<Option<VecDeque<T>>>> }
//!
//! /// What each thread owns of it.
//! struct ToyWorker<T> { queue: Arc<Mutex<Option<VecDeque<T>>>>, late: Vec<T> }
//! ```
//!
//! Implementing [`Scheduler`] for it says how items come in, how a thread about to sleep looks for
//! the last time, and how everything ends:
//!
//! ```
//! # use std::collections::VecDeque;
//! # use std::sync::{Arc, Mutex};
//! # struct Toy<T> { queue: Arc<Mutex<Option<VecDeque<T>>>> }
//! # struct ToyWorker<T> { queue: Arc<Mutex<Option<VecDeque<T>>>>, late: Vec<T> }
//! use laneway_scheduler::{Cause, Clock, Notify, Scheduler, Worker};
//! use std::num::NonZeroUsize;
//!
//! impl<T: Send + 'static> Scheduler<T> for Toy<T> {
//!     type Worker = ToyWorker<T>;
//!
//!     fn workers(&self, count: NonZeroUsize) -> Vec<ToyWorker<T>> {
//!         let worker = || ToyWorker { queue: self.queue.clone(), late: Vec::new() };
//!         (0..count.get()).map(|_| worker()).collect()
//!     }
//!
//!     fn inject(&self, item: T, _: Cause) -> Result<Notify, T> {
//!         match &mut *self.queue.lock().unwrap() {
//!             Some(queue) => queue.push_back(item),
//!             None => return Err(item),
//!         }
//!         Ok(Notify::One)
//!     }
//!
//!     fn is_idle(&self) -> bool {
//!         self.queue.lock().unwrap().as_ref().is_none_or(VecDeque::is_empty)
//!     }
//!
//!     fn close(&self, sink: &mut dyn FnMut(T)) {
//!         // Out of the lock before the sink sees them.
//!         let queue = self.queue.lock().unwrap().take();
//!         queue.into_iter().flatten().for_each(sink);
//!     }
//! }
//! # impl<T: Send + 'static> Worker<T> for ToyWorker<T> {
//! #     fn push(&mut self, _: T, _: Cause) -> Notify { unimplemented!() }
//! #     fn pop(&mut self, _: &impl Clock) -> Option<T> { unimplemented!() }
//! #     fn search(&mut self, _: &impl Clock) -> Option<T> { unimplemented!() }
//! #     fn drain(&mut self, _: &mut dyn FnMut(T)) { unimplemented!() }
//! # }
//! ```
//!
//! The **per-thread** half needs no synchronization of its own. This one has no queue of its own
//! either; it only keeps what comes after the end:
//!
//! ```
//! # use std::collections::VecDeque;
//! # use std::num::NonZeroUsize;
//! # use std::sync::{Arc, Mutex};
//! # use laneway_scheduler::{Cause, Clock, Notify, Scheduler, Worker};
//! # struct Toy<T> { queue: Arc<Mutex<Option<VecDeque<T>>>> }
//! # struct ToyWorker<T> { queue: Arc<Mutex<Option<VecDeque<T>>>>, late: Vec<T> }
//! # impl<T: Send + 'static> Scheduler<T> for Toy<T> {
//! #     type Worker = ToyWorker<T>;
//! #     fn workers(&self, count: NonZeroUsize) -> Vec<ToyWorker<T>> {
//! #         let worker = || ToyWorker { queue: self.queue.clone(), late: Vec::new() };
//! #         (0..count.get()).map(|_| worker()).collect()
//! #     }
//! #     fn inject(&self, item: T, _: Cause) -> Result<Notify, T> {
//! #         match &mut *self.queue.lock().unwrap() {
//! #             Some(queue) => queue.push_back(item),
//! #             None => return Err(item),
//! #         }
//! #         Ok(Notify::One)
//! #     }
//! #     fn is_idle(&self) -> bool {
//! #         self.queue.lock().unwrap().as_ref().is_none_or(VecDeque::is_empty)
//! #     }
//! #     fn close(&self, sink: &mut dyn FnMut(T)) {
//! #         let queue = self.queue.lock().unwrap().take();
//! #         queue.into_iter().flatten().for_each(sink);
//! #     }
//! # }
//! impl<T: Send + 'static> Worker<T> for ToyWorker<T> {
//!     fn push(&mut self, item: T, cause: Cause) -> Notify {
//!         match &mut *self.queue.lock().unwrap() {
//!             Some(queue) => queue.push_back(item),
//!             None => self.late.push(item),
//!         }
//!         // After a yield this worker is awake and comes back for the item itself.
//!         if cause == Cause::Yielded { Notify::None } else { Notify::One }
//!     }
//!
//!     fn pop(&mut self, _: &impl Clock) -> Option<T> {
//!         self.queue.lock().unwrap().as_mut()?.pop_front()
//!     }
//!
//!     fn search(&mut self, _: &impl Clock) -> Option<T> {
//!         None // Nowhere else to look.
//!     }
//!
//!     fn drain(&mut self, sink: &mut dyn FnMut(T)) {
//!         self.late.drain(..).for_each(sink);
//!     }
//! }
//!
//! /// This scheduler reads no clock.
//! struct Stopped;
//! impl Clock for Stopped {
//!     fn nanos(&self) -> u64 { 0 }
//! }
//!
//! let toy = Toy { queue: Arc::new(Mutex::new(Some(VecDeque::new()))) };
//! let mut worker = toy.workers(NonZeroUsize::MIN).pop().unwrap();
//!
//! assert_eq!(toy.inject("from afar", Cause::Woken), Ok(Notify::One));
//! assert_eq!(worker.push("from here", Cause::Yielded), Notify::None);
//! assert_eq!(worker.pop(&Stopped), Some("from afar"));
//! assert!(!toy.is_idle());
//!
//! let mut left = Vec::new();
//! toy.close(&mut |item| left.push(item));
//! assert_eq!(left, ["from here"]);
//! assert_eq!(toy.inject("too late", Cause::Woken), Err("too late"));
//! ```
//!
//! `laneway-testkit` checks any scheduler against the duties written on the traits: `conformance!`
//! is one line in its tests.
//!
//! # What this crate is not
//!
//! No scheduler (see `laneway-fifo`), no executor, no task. It has no dependencies, needs `alloc`
//! but not `std`, and forbids unsafe code.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod priority;
mod scheduler;
mod words;
mod worker;

pub use priority::Priority;
pub use scheduler::Scheduler;
pub use words::{Cause, Clock, Notify};
pub use worker::Worker;
