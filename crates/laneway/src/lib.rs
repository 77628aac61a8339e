//! An async runtime made of parts that can be used alone, in which priorities hold.
//!
//! This crate only puts the parts together. Each has a crate of its own: the
//! [scheduler's seam](laneway_scheduler), [work stealing](laneway_fifo), the
//! [executor](laneway_executor), [tasks](laneway_task), [timers](laneway_timer), the
//! [reactor](laneway_reactor), the [blocking pool](laneway_blocking), [wakers](laneway_waker).
//!
//! # One program, grown
//!
//! Run a future:
//!
//! ```
//! let runtime = laneway::Runtime::new()?;
//! let answer = runtime.block_on(async { 6 * 7 });
//! assert_eq!(answer, 42);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Run many, on all cores, with time and files and sums that block:
//!
//! ```
//! use std::time::Duration;
//! use laneway::{spawn, spawn_blocking, time};
//!
//! let runtime = laneway::Runtime::new()?;
//! let total = runtime.block_on(async {
//!     let slow = spawn(async {
//!         time::sleep(Duration::from_millis(1)).await;
//!         1
//!     });
//!     let sum = spawn_blocking(|| (1..=1_000_000u64).sum::<u64>());
//!     slow.await.unwrap() + sum.await.unwrap()
//! });
//! assert_eq!(total, 500_000_500_001);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Serve sockets:
//!
//! ```
//! use laneway::{net, spawn};
//!
//! laneway::Runtime::new()?.block_on(async {
//!     let listener = net::listen_tcp("127.0.0.1:0").await?;
//!     let addr = listener.local_addr()?;
//!     spawn(async move {
//!         let (stream, _peer) = listener.accept().await?;
//!         let mut word = [0; 5];
//!         stream.read_exact(&mut word).await?;
//!         stream.write_all(&word).await
//!     });
//!     let stream = net::connect_tcp(addr).await?;
//!     stream.write_all(b"hello").await?;
//!     let mut word = [0; 5];
//!     stream.read_exact(&mut word).await?;
//!     assert_eq!(&word, b"hello");
//!     std::io::Result::Ok(())
//! })
//! # ?; Ok::<(), std::io::Error>(())
//! ```
//!
//! Say what is urgent. `Background` work runs on threads of its own that the kernel preempts, and a task
//! that a more urgent one awaits is as urgent as that:
//!
//! ```
//! use laneway::task::{Builder, Priority};
//!
//! laneway::Runtime::new()?.block_on(async {
//!     let index = Builder::new()
//!         .name("index")
//!         .priority(Priority::Background)
//!         .spawn(async { (0..100_000_u64).sum::<u64>() });
//!     let urgent = Builder::new().priority(Priority::Critical).spawn(async {
//!         index.await.unwrap() // From now on the index is critical.
//!     });
//!     assert_eq!(urgent.await.unwrap(), 4_999_950_000);
//! });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Swap the scheduler, in one line:
//!
//! ```
//! use laneway::{Runtime, scheduler::Fifo};
//!
//! let runtime = Runtime::builder().scheduler(Fifo::new).build()?;
//! # assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What it is not
//!
//! No global runtime: a thread that belongs to none has none, and the functions that need one say
//! so. No macros for `main`. No channels or locks: those of other crates work here, since all they
//! need is a waker.

#![forbid(unsafe_code)]

mod builder;
mod current;
mod driver;
mod handle;
mod local;
mod pools;
mod report;
mod runtime;
mod timer_park;

pub mod net;
pub mod task;
pub mod time;

pub mod scheduler {
    //! What decides which task runs next: the traits, and the schedulers that come with the runtime.

    pub use crate::builder::ByTicket;
    pub use laneway_fifo::Fifo;
    pub use laneway_priority::{Key, Priorities, Shares};
    pub use laneway_scheduler::{Cause, Clock, Notify, Priority, Scheduler, Worker};
}

pub use builder::Builder;
pub use handle::{EnterGuard, Handle};
pub use laneway_blocking::Full;
pub use laneway_executor::{LaneConfig, LaneStatus, Policy, Stall, StallMonitor, pin_to_core};
pub use laneway_task::{JoinError, JoinHandle};
pub use local::LocalRuntime;
pub use report::Report;
pub use runtime::Runtime;
pub use task::{spawn, spawn_blocking, spawn_local};
