//! A task: a future in one allocation, with two handles.
//!
//! A future does nothing by itself. Something must poll it when it is ready, not before, never on two
//! threads at once; must remember its wakers, give its output to whoever waits, and clean up when
//! it panics or is no longer wanted. That is a task. What a task does *not* know is which ready
//! task runs next, and on which thread: that is an executor's business, and with this crate an
//! executor is a queue and a loop.
//!
//! # A task is a `Runnable` and a `JoinHandle`
//!
//! A [`Runnable`] is the permission to poll the future once. Running it uses it up. It exists
//! while the task is ready: at first because it is new, then because it was woken. In between there
//! is none, and so nothing to queue.
//!
//! Where runnables go is for a *lane* to say. Here it is a queue:
//!
//! ```
//! use std::sync::mpsc;
//! use laneway_task::{Runnable, ScheduleArc};
//!
//! let (queue, ready) = mpsc::channel();
//! let lane = ScheduleArc::new(move |runnable: Runnable| queue.send(runnable).unwrap()).erase();
//!
//! let (runnable, handle) = laneway_task::spawn(async {
//!     laneway_waker::yield_now().await;
//!     6 * 7
//! }, &lane);
//!
//! runnable.run();                   // The first poll: the future wakes itself,
//! let again = ready.recv().unwrap(); // so the lane gets another runnable.
//! assert!(!handle.is_finished());
//! again.run();                      // The second poll: the future is ready.
//! assert!(handle.is_finished());
//! ```
//!
//! # The other end
//!
//! A [`JoinHandle`] is a future too. It gives the output, or says why there is none: the task was
//! [aborted](JoinHandle::abort), or it panicked, and then the panic ends the task and nothing else.
//!
//! ```
//! # use std::sync::mpsc;
//! # use laneway_task::{Runnable, ScheduleArc};
//! # let (queue, ready) = mpsc::channel();
//! # let lane = ScheduleArc::new(move |runnable: Runnable| queue.send(runnable).unwrap()).erase();
//! use laneway_waker::block_on;
//!
//! # std::panic::set_hook(Box::new(|_| {}));
//! let (runnable, handle) = laneway_task::spawn(async { panic!("no more memory") }, &lane);
//! # let handle: laneway_task::JoinHandle<()> = handle;
//! runnable.run();
//! assert!(block_on(handle).unwrap_err().is_panic());
//!
//! let (runnable, handle) = laneway_task::spawn(std::future::pending::<()>(), &lane);
//! runnable.run();
//! handle.abort();
//! ready.recv().unwrap().run(); // Drops the future here, where tasks run.
//! assert!(block_on(handle).unwrap_err().is_cancelled());
//! ```
//!
//! # An executor in twenty lines
//!
//! Put the queue and the lane in one struct, and let a thread run what is in the queue:
//!
//! ```
//! use std::sync::mpsc::{Receiver, Sender, channel};
//! use laneway_task::{JoinHandle, Runnable, ScheduleArc, ScheduleRef};
//!
//! struct Executor {
//!     queue: Sender<Runnable>,
//!     lane: ScheduleRef,
//! }
//!
//! impl Executor {
//!     fn new() -> (Self, Receiver<Runnable>) {
//!         let (queue, ready) = channel();
//!         let again = queue.clone();
//!         let lane = ScheduleArc::new(move |runnable: Runnable| drop(again.send(runnable))).erase();
//!         (Self { queue, lane }, ready)
//!     }
//!
//!     fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
//!     where
//!         F: Future<Output: Send> + Send + 'static,
//!     {
//!         let (runnable, handle) = laneway_task::spawn(future, &self.lane);
//!         self.queue.send(runnable).unwrap();
//!         handle
//!     }
//! }
//!
//! let (executor, ready) = Executor::new();
//! let thread = std::thread::spawn(move || ready.into_iter().for_each(Runnable::run));
//!
//! let child = executor.spawn(async { 6 });
//! let parent = executor.spawn(async { child.await.unwrap() * 7 });
//! assert_eq!(laneway_waker::block_on(parent).unwrap(), 42);
//!
//! drop(executor); // Nobody can send any more, so the loop ends.
//! thread.join().unwrap();
//! ```
//!
//! It lacks what makes an executor good, and what `laneway-executor` adds: threads that share their
//! work, a choice by [priority](Builder::priority), and an end that does not depend on tasks coming to theirs
//! ([`OwnedTasks`]).
//!
//! # Who is waited for is urgent
//!
//! A task has a [`Priority`](laneway_scheduler::Priority), for the lane to choose by. If a task joins one
//! that is less urgent, that one is as urgent from then on, and so is what it joins in its turn: where it
//! is queued already, the lane gets another runnable for it, of the higher class. Whichever runs first
//! polls the task, and the other does nothing.
//!
//! ```
//! # use std::sync::mpsc;
//! # use laneway_task::{Runnable, ScheduleArc};
//! # let (queue, ready) = mpsc::channel();
//! # let lane = ScheduleArc::new(move |runnable: Runnable| queue.send(runnable).unwrap()).erase();
//! use laneway_scheduler::Priority;
//! use laneway_task::Builder;
//!
//! let builder = Builder::new().priority(Priority::Background);
//! let (slow, handle) = builder.spawn(async { 6 }, &lane);
//! let builder = Builder::new().priority(Priority::Critical);
//! let (urgent, answer) = builder.spawn(async { handle.await.unwrap() * 7 }, &lane);
//!
//! urgent.run();
//! let boosted = ready.recv().unwrap();
//! assert_eq!(boosted.id(), slow.id());
//! assert_eq!((slow.priority(), boosted.priority()), (Priority::Background, Priority::Critical));
//! boosted.run();
//! ready.recv().unwrap().run(); // The urgent one, again.
//! assert_eq!(laneway_waker::block_on(answer).unwrap(), 42);
//! slow.run(); // Does nothing.
//! ```
//!
//! The classes are the runnables'; what to make of them is up to the lane.
//!
//! # What it costs
//!
//! One allocation for each task, of 88 bytes and what the future (or its output) has beyond a word;
//! a name or [attributes](Builder::attributes) are in the same one. A poll takes two
//! read-modify-writes of the task's state, a wake one, but none if a task wakes itself, and neither
//! takes a lock, except that a task goes through its lane's list, if there is one, when it first waits
//! and when it ends. What counts the references to the lane is changed by all workers, but by each for
//! 64 tasks at a time.
//!
//! # What this crate is not
//!
//! No executor and no queue; no timers and no I/O. It starts no thread, and the only thing all tasks
//! of a process share is the counter that numbers them.
//!
//! # Features
//!
//! `std` (default). Without it the crate needs `alloc` and 64-bit atomics, and then there are no
//! [`OwnedTasks`], no local tasks and no [`current`] task, so that joins make nobody more urgent, and a
//! panic in a future ends the process.

#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod abort;
mod attributes;
mod builder;
#[cfg_attr(not(feature = "std"), path = "current_core.rs")]
pub mod current;
mod error;
mod id;
mod info;
mod join;
mod join_set;
#[cfg(feature = "std")]
mod owned;
#[cfg_attr(not(feature = "std"), path = "panic_core.rs")]
mod panic;
#[cfg(feature = "std")]
mod priority_guard;
mod raw;
mod runnable;
mod schedule;
mod state;

pub use abort::AbortHandle;
#[cfg(feature = "std")]
pub use builder::spawn_local;
pub use builder::{Builder, spawn};
pub use error::JoinError;
pub use id::Id;
pub use info::TaskInfo;
pub use join::{AbortOnDrop, Join, JoinHandle};
pub use join_set::JoinSet;
#[cfg(feature = "std")]
pub use owned::OwnedTasks;
#[cfg(feature = "std")]
pub use priority_guard::PriorityGuard;
pub use runnable::Runnable;
pub use schedule::{Schedule, ScheduleArc, ScheduleRef};

/// Keeps the README's program true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
