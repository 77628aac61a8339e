//! A bounded pool of threads for closures that may block, with back-pressure.
//!
//! A task that reads a file, resolves a name or computes for a second keeps its worker from all other
//! tasks meanwhile. A pool gives such work threads of its own, and a future for the result:
//!
//! ```
//! use laneway_blocking::Pool;
//! use laneway_waker::block_on;
//!
//! let pool = Pool::builder().max_threads(4).queue_limit(100).build()?;
//! let sum = pool.spawn(|| (1..=1_000_u64).sum::<u64>());
//! assert_eq!(block_on(sum)?, 500_500);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`spawn`](Pool::spawn) never waits, and the queue has an end. What comes when it is full is
//! rejected, and its handle says so. [`try_spawn`](Pool::try_spawn) gives the closure back instead:
//!
//! ```
//! # use laneway_blocking::Pool;
//! # use laneway_waker::block_on;
//! use std::sync::mpsc::channel;
//!
//! // One runs, one waits.
//! let pool = Pool::builder().max_threads(1).queue_limit(1).build()?;
//! let (go, wait) = channel::<()>();
//! let first = pool.spawn(move || wait.recv());
//! let second = pool.spawn(|| "second");
//!
//! assert!(block_on(pool.spawn(|| "third")).unwrap_err().is_rejected());
//! let closure = pool.try_spawn(|| "fourth").unwrap_err().into_inner();
//! assert_eq!(closure(), "fourth");
//!
//! go.send(())?;
//! block_on(first)??;
//! assert_eq!(block_on(second)?, "second");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever produces work faster than it is done waits for a [`permit`](Pool::permit) first. The line
//! is fair, and leaving it costs nothing, in a `select!` for example:
//!
//! ```
//! # use laneway_blocking::{Closed, Pool};
//! # use laneway_waker::block_on;
//! # let pool = Pool::builder().max_threads(2).queue_limit(2).build()?;
//! block_on(async {
//!     for path in ["a", "b", "c", "d", "e", "f"] {
//!         let permit = pool.permit().await?;
//!         permit.spawn(move || std::fs::metadata(path));
//!     }
//!     Ok::<(), Closed>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Closures cannot be interrupted. So a shutdown cancels what is queued, waits for what runs as long
//! as it may, and [reports](Report) what it had to leave:
//!
//! ```
//! # use laneway_blocking::Pool;
//! # use std::{sync::mpsc::channel, time::Duration};
//! # let pool = Pool::builder().build()?;
//! use laneway_task::Builder;
//!
//! let ((started, is_started), (_go, wait)) = (channel(), channel::<()>());
//! let stuck = pool.spawn_with(Builder::new().name("backup"), move || {
//!     started.send(()).unwrap();
//!     let _ = wait.recv();
//! });
//! is_started.recv()?;
//! let report = pool.shutdown_timeout(Duration::from_millis(1));
//! assert_eq!(report.still_running()[0].name(), Some("backup"));
//! assert_eq!(report.still_running()[0].task(), stuck.id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does with threads
//!
//! None is started before there is a job, and after [a while](Builder::keep_alive) without jobs there
//! is none again. A job wakes the thread that has rested shortest, if one rests. When all are busy, a
//! new one is started and first looks on: if the others are through with their jobs in less time than
//! it took to call it, it stays out of their way. So a hundred thousand tiny closures run on two or
//! three threads, while closures that block have one each, up to
//! [the limit](Builder::max_threads), after some 200 µs.
//!
//! When the system refuses a thread, jobs wait for the threads there are; when there are none, they
//! are rejected. No job is forgotten.
//!
//! A job is a [task](laneway_task), so abort, names, priorities and panics are as in
//! [`laneway_task`]: a panic ends in the `JoinHandle`, and the thread goes on.
//!
//! # Priorities
//!
//! A job is of the class that its builder says, or else of that of the task that spawns it. The most
//! urgent is next, and among equals the first to come:
//!
//! ```
//! # use laneway_blocking::Pool;
//! # use laneway_waker::block_on;
//! # let pool = Pool::builder().build()?;
//! use laneway_scheduler::Priority;
//! use laneway_task::Builder;
//!
//! let sweep = pool.spawn_with(Builder::new().priority(Priority::Background), || "swept");
//! let login = pool.spawn_with(Builder::new().priority(Priority::Critical), || "welcome");
//! assert_eq!(block_on(login)?, "welcome");
//! # assert_eq!(block_on(sweep)?, "swept");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * **Threads are kept for the more urgent.** Background jobs run on at most a quarter of the
//!   [threads](Builder::max_threads), and together with batch jobs on at most three quarters; one at
//!   least. So a flood of them, however long each blocks, leaves threads to the rest; in a pool of one
//!   thread it cannot. If the system grants fewer threads, it is a quarter of those.
//! * **Nobody starves.** While jobs of a class wait, at most 16 of more urgent classes are taken, and
//!   then one of theirs; at most 18, if two lower classes wait. A job behind `n` others of its class is
//!   taken after at most `19 (n + 1)` jobs, once its share of the threads allows it.
//! * **Who is waited for is as urgent as who waits.** A job in the queue whose `JoinHandle` a more
//!   urgent task awaits moves up into that task's class, until that ceases to wait. One that is running
//!   runs on: nothing makes it faster.
//!
//! Room in the queue knows no classes: it is for who comes first, and [permits](Pool::permit) for who
//! asked first.
//!
//! # What it is not
//!
//! No place for many long computations: with more threads than cores they only hinder each other
//! (give them a pool of their own, with [`max_threads`](Builder::max_threads) small). And not tied to
//! a runtime: handles and permits can be awaited anywhere.

#![forbid(unsafe_code)]

mod builder;
mod classes;
mod errand;
mod job;
mod limit;
mod permit;
mod pool;
mod queue;
mod report;
mod seat;
mod shared;
mod slots;
mod state;

pub use builder::{BuildError, Builder};
pub use errand::Errand;
pub use permit::{AcquirePermit, Closed, Permit};
pub use pool::{Full, Handle, Pool};
pub use report::{Report, StillRunning};
