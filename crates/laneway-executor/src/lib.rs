//! Worker threads that run what a scheduler chooses, and an executor for one thread.
//!
//! An [`Executor`] owns threads. It asks a [`Scheduler`](laneway_scheduler::Scheduler) which ready
//! task comes next, polls it, and sleeps when there is none, waking exactly one thread when there is
//! one again. What the threads wait in besides is up to you: a [`Park`].
//!
//! # One program, grown
//!
//! Spawn a task from anywhere, and wait for what it returns:
//!
//! ```
//! use laneway_executor::Executor;
//! use laneway_waker::block_on;
//!
//! let executor = Executor::builder().threads(2).build()?;
//! let task = executor.handle().spawn(async { 6 * 7 });
//! assert_eq!(block_on(task).unwrap(), 42);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Swap the scheduler. Any type that implements the trait will do; nothing else changes:
//!
//! ```
//! # use laneway_executor::Executor;
//! # use laneway_waker::block_on;
//! use laneway_fifo::Fifo;
//!
//! let executor = Executor::builder().threads(2).scheduler(Fifo::new).build()?;
//! # let task = executor.handle().spawn(async { 6 * 7 });
//! # assert_eq!(block_on(task).unwrap(), 42);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Wait for something besides tasks: give it a driver. One worker at a time sleeps in it, and busy
//! workers turn it now and then. Here it only counts; a real one turns a reactor and timers:
//!
//! ```
//! use std::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
//! use std::task::Waker;
//! use laneway_executor::{Executor, Park, ThreadPark, Wait};
//! # use laneway_waker::block_on;
//!
//! struct Counting(ThreadPark, Arc<AtomicUsize>);
//!
//! impl Park for Counting {
//!     fn park(&mut self, wait: Wait) {
//!         self.1.fetch_add(1, Relaxed);
//!         self.0.park(wait);
//!     }
//!
//!     fn unparker(&self) -> Waker {
//!         self.0.unparker()
//!     }
//! }
//!
//! let turns = Arc::new(AtomicUsize::new(0));
//! let driver = Counting(ThreadPark::new(), turns.clone());
//! let executor = Executor::builder().threads(1).driver(driver).build()?;
//! let task = executor.handle().spawn(async {
//!     for _ in 0..1_000 {
//!         laneway_waker::yield_now().await;
//!     }
//! });
//! block_on(task).unwrap();
//! assert!(turns.load(Relaxed) >= 10);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Keep long polls from delaying short ones: give them a lane, threads that the kernel takes from a core
//! whenever others want it. Tasks go to the lane of their class:
//!
//! ```
//! use laneway_executor::{Executor, LaneConfig, Policy};
//! # use laneway_waker::block_on;
//! use laneway_scheduler::Priority;
//! use laneway_task::Builder;
//!
//! let background = LaneConfig::new("background")
//!     .classes([Priority::Background])
//!     .policy(Policy::batch().nice(19));
//! let executor = Executor::builder().threads(2).lane(background).build()?;
//!
//! let builder = Builder::new().priority(Priority::Background);
//! let sum = executor.handle().spawn_with(builder, async { (0..1_000_000_u64).sum::<u64>() });
//! let quick = executor.handle().spawn(async { 6 * 7 });
//! assert_eq!(block_on(quick).unwrap(), 42); // does not wait for the sum
//! # assert_eq!(block_on(sum).unwrap(), 499_999_500_000);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Futures that are not [`Send`] run on a [`LocalExecutor`], one a thread; [`pin_to_core`] gives each
//! a core of its own.
//!
//! # What it is not
//!
//! It has no timers, sockets or blocking pool, and no notion of a current runtime; the `laneway`
//! crate puts those together. It decides nothing about order; the scheduler does.

#![deny(unsafe_code)]

mod affinity;
mod apart;
mod builder;
mod clock;
mod context;
mod core;
mod executor;
mod handle;
mod idle;
mod lane;
mod lane_config;
mod local;
mod monitor;
mod os;
mod pace;
mod park;
mod policy;
mod registered;
mod report;
mod shutdown;
mod slot;
mod start;
mod status;
mod worker;

pub use affinity::pin_to_core;
pub use builder::Builder;
pub use executor::Executor;
pub use handle::Handle;
pub use lane_config::LaneConfig;
pub use local::LocalExecutor;
pub use monitor::{Stall, StallMonitor};
pub use park::{Park, ThreadPark, Wait};
pub use policy::Policy;
pub use report::{Report, StillRunning};
pub use status::LaneStatus;
