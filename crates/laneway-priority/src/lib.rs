//! Most urgent first, and nobody starves: a work-stealing scheduler with classes.
//!
//! [`Priorities`] runs `Critical` items before `Normal` ones, these before `Batch`, and `Background` last;
//! and gives each class a minimum [share](Shares) of the time, so that an item of any class is reached after
//! a time for which there is a [formula](Shares::longest_wait). While one class is in use it does what a
//! `Fifo` does, and reads no clock.
//!
//! # A program that grows
//!
//! A function tells the class of an item. The most urgent item comes first, wherever it came from:
//!
//! ```
//! use laneway_priority::Priorities;
//! use laneway_scheduler::{Cause, Clock, Priority, Scheduler, Worker};
//! use std::cell::Cell;
//! use std::num::NonZeroUsize;
//!
//! struct Millis(Cell<u64>);
//! impl Clock for Millis {
//!     fn nanos(&self) -> u64 { self.0.get() * 1_000_000 }
//! }
//!
//! let priorities = Priorities::by_key(|item: &(Priority, &str)| item.0);
//! let mut workers = priorities.workers(NonZeroUsize::MIN);
//! let worker = &mut workers[0];
//! let clock = Millis(Cell::new(0));
//!
//! let _ = worker.push((Priority::Normal, "from here"), Cause::Woken);
//! let _ = priorities.inject((Priority::Critical, "from afar"), Cause::Woken);
//!
//! assert_eq!(worker.pop(&clock).unwrap().1, "from afar");
//! assert_eq!(worker.pop(&clock).unwrap().1, "from here");
//! ```
//!
//! A class that waits becomes owed its share of the time, and then has a turn although more urgent items
//! are ready. `Normal` has 20 percent, so while `Critical` items run for a millisecond each it has every
//! fifth of these:
//!
//! ```
//! # use laneway_priority::Priorities;
//! # use laneway_scheduler::{Cause, Clock, Priority, Scheduler, Worker};
//! # use std::cell::Cell;
//! # use std::num::NonZeroUsize;
//! # struct Millis(Cell<u64>);
//! # impl Clock for Millis {
//! #     fn nanos(&self) -> u64 { self.0.get() * 1_000_000 }
//! # }
//! # let priorities = Priorities::by_key(|item: &Priority| *item);
//! # let mut workers = priorities.workers(NonZeroUsize::MIN);
//! # let worker = &mut workers[0];
//! # let clock = Millis(Cell::new(0));
//! for _ in 0..100 {
//!     let _ = worker.push(Priority::Critical, Cause::Spawned);
//!     let _ = worker.push(Priority::Normal, Cause::Spawned);
//! }
//! let mut normal = 0;
//! for _ in 0..100 {
//!     normal += u32::from(worker.pop(&clock) == Some(Priority::Normal));
//!     clock.0.set(clock.0.get() + 1); // It runs for a millisecond.
//!     worker.ran(&clock);
//! }
//! assert_eq!(normal, 20);
//! ```
//!
//! An item that runs can be asked to yield when something more urgent comes. It goes behind the others of
//! its class then; but a `Background` item goes on where it was until it has had 20 ms, so that slow jobs end
//! one after another and not all at the end:
//!
//! ```
//! # use laneway_priority::Priorities;
//! # use laneway_scheduler::{Cause, Clock, Priority, Scheduler, Worker};
//! # use std::cell::Cell;
//! # use std::num::NonZeroUsize;
//! # struct Millis(Cell<u64>);
//! # impl Clock for Millis {
//! #     fn nanos(&self) -> u64 { self.0.get() * 1_000_000 }
//! # }
//! # let clock = Millis(Cell::new(0));
//! let priorities = Priorities::by_key(|item: &(Priority, &str)| item.0);
//! let mut workers = priorities.workers(NonZeroUsize::MIN);
//! let worker = &mut workers[0];
//! for job in ["first", "second"] {
//!     let _ = worker.push((Priority::Background, job), Cause::Spawned);
//! }
//! for expected in ["first", "first", "first", "second", "second"] {
//!     let job = worker.pop(&clock).unwrap();
//!     assert_eq!(job.1, expected);
//!     clock.0.set(clock.0.get() + 10); // It runs for 10 ms.
//!     let _ = worker.push(job, Cause::Yielded);
//!     worker.ran(&clock);
//! }
//!
//! assert!(!worker.is_more_urgent_ready());
//! let _ = priorities.inject((Priority::Normal, "a request"), Cause::Woken);
//! assert!(worker.is_more_urgent_ready());
//! ```
//!
//! # What can be relied on
//!
//! * **Order.** On one worker, while nobody is owed a turn: the most urgent class first. Within a class as in
//!   a `Fifo`. A worker that is between two items knows of what others have injected.
//! * **Urgent items spread.** A worker keeps one ready `Critical` item to itself at most. The others go to a
//!   shared queue, at which every worker looks before each of its polls.
//! * **Shares.** While items of a class wait in a worker's queues, the class gets its share of that worker's
//!   time, in the long run exactly, and more when nothing more urgent is there. See [`Shares`], and
//!   [`QUANTUM`] for how fine a grain this has.
//! * **Nobody starves.** [`Shares::longest_wait`] says how long an item in a worker's queue waits. What is in
//!   the queue that all share goes to a worker's queue before: a busy one takes up to 31 items of each class at
//!   every 61st poll.
//! * **Nothing is hidden.** Other workers can take what a busy worker has not begun, the most urgent first.
//! * **Few looks at the clock.** None while the items of one class alone are ready, unless it is `Background`
//!   and there are several; otherwise one for each item.
//! * **A stopped thread.** As for a `Fifo`: one that injects keeps nobody waiting, wherever it is stopped.
//!
//! # What this crate is not
//!
//! It does not stop an item that runs: an urgent item waits for the end of one poll. Between threads of
//! different kinds the operating system decides; that is what the lanes of an executor are for. An item
//! whose class changes while it is queued stays where it is.

#![forbid(unsafe_code)]

mod account;
mod attention;
mod classes;
mod key;
mod priorities;
mod ready_mask;
mod shared;
mod shares;
mod turn;
mod worker;

pub use key::Key;
pub use priorities::Priorities;
pub use shares::{QUANTUM, Shares, TURN};
pub use worker::PriorityWorker;
