//! Earliest deadline first: a scheduler whose items say when they must be done.
//!
//! If there is any order in which a single worker can keep all deadlines, this one does: which of several
//! deadlines is the most urgent need not be known beforehand.
//!
//! # A program that grows
//!
//! A function tells the deadline of an item. The earliest goes first, wherever it came from; what has none
//! goes last:
//!
//! ```
//! use laneway_deadline::{Deadline, Deadlines};
//! use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
//! use std::num::NonZeroUsize;
//!
//! struct NoClock;
//! impl Clock for NoClock {
//!     fn nanos(&self) -> u64 { 0 }
//! }
//!
//! let deadlines = Deadlines::by_key(|item: &(u64, &str)| Deadline::from_nanos(item.0));
//! let mut workers = deadlines.workers(NonZeroUsize::MIN);
//! let worker = &mut workers[0];
//!
//! let _ = worker.push((20_000, "a frame"), Cause::Woken);
//! let _ = worker.push((u64::MAX, "statistics"), Cause::Woken);
//! let _ = deadlines.inject((5_000, "a sample"), Cause::Woken);
//!
//! assert_eq!(worker.pop(&NoClock).unwrap().1, "a sample");
//! assert_eq!(worker.pop(&NoClock).unwrap().1, "a frame");
//! assert_eq!(worker.pop(&NoClock).unwrap().1, "statistics");
//! ```
//!
//! An item that runs can be asked to yield when an earlier deadline comes:
//!
//! ```
//! # use laneway_deadline::{Deadline, Deadlines};
//! # use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
//! # use std::num::NonZeroUsize;
//! # struct NoClock;
//! # impl Clock for NoClock {
//! #     fn nanos(&self) -> u64 { 0 }
//! # }
//! # let deadlines = Deadlines::by_key(|item: &(u64, &str)| Deadline::from_nanos(item.0));
//! # let mut workers = deadlines.workers(NonZeroUsize::MIN);
//! # let worker = &mut workers[0];
//! let _ = worker.push((20_000, "a frame"), Cause::Woken);
//! let running = worker.pop(&NoClock);
//! assert!(!worker.is_more_urgent_ready());
//! let _ = deadlines.inject((5_000, "a sample"), Cause::Woken);
//! assert!(worker.is_more_urgent_ready());
//! ```
//!
//! A task carries its deadline among its attributes, and the key function reads it there. An executor of
//! tasks is given `Deadlines::by_key(deadline)`:
//!
//! ```
//! # use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
//! # use std::num::NonZeroUsize;
//! # struct NoClock;
//! # impl Clock for NoClock {
//! #     fn nanos(&self) -> u64 { 0 }
//! # }
//! use laneway_deadline::{Deadline, Deadlines};
//! use laneway_task::{Builder, Runnable, ScheduleArc};
//!
//! fn deadline(task: &Runnable) -> Deadline {
//!     task.attributes().unwrap_or_default()
//! }
//!
//! let deadlines = Deadlines::by_key(deadline);
//! # let lane = ScheduleArc::new(|_runnable: Runnable| {}).erase();
//! let frame = Builder::new().attributes(Deadline::from_nanos(20_000));
//! let (runnable, _handle) = frame.spawn(async { "a frame" }, &lane);
//! # let _ =
//! deadlines.inject(runnable, Cause::Spawned).expect("it is open");
//! # let task = deadlines.workers(NonZeroUsize::MIN)[0].pop(&NoClock).unwrap();
//! # assert_eq!(deadline(&task), Deadline::from_nanos(20_000));
//! ```
//!
//! # What can be relied on
//!
//! * **Order.** All workers take from one queue: whoever is next takes the item with the earliest deadline.
//!   Equal deadlines go in the order in which they came, and items without one go last, in that order too.
//! * **Nobody starves.** Time passes, so what comes later has later deadlines, and each item becomes the
//!   earliest. One without a deadline waits for 61 pops for each of those that came before it, and 61 more,
//!   at most.
//! * **A stopped thread.** One that injects keeps nobody waiting, wherever it is stopped. The workers share a
//!   lock, for as long as it takes to add to a heap or take from it.
//!
//! # What this crate is not
//!
//! It refuses nothing: when there is more to do than can be done, deadlines are missed, and all the items
//! that are late are still run in their order. It does not compare deadlines with a clock. Its one queue suits
//! a few workers; for many, and short items, `laneway-priority` scales better.

#![forbid(unsafe_code)]

mod deadline;
mod deadlines;
mod queue;
mod shared;

pub use deadline::Deadline;
pub use deadlines::{DeadlineWorker, Deadlines};
