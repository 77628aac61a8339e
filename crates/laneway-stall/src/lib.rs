//! A stack of a thread that is stuck, taken from outside.
//!
//! A poll does not end, a worker makes no progress, and the question is: where is it? This crate asks the
//! thread by a signal, while it runs, and prints where it is. It needs nothing of a runtime; it works for
//! any thread of the process. It is a crate of its own because it owns something of the process: the
//! signal `SIGURG`.
//!
//! Find a thread, and look where it is:
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::time::Duration;
//! use laneway_stall::{OsThread, Sampler};
//!
//! static STOP: AtomicBool = AtomicBool::new(false);
//! # static BEGUN: AtomicBool = AtomicBool::new(false);
//!
//! #[inline(never)]
//! fn chews() {
//! #   BEGUN.store(true, Ordering::Relaxed);
//!     while !STOP.load(Ordering::Relaxed) {
//!         std::hint::spin_loop();
//!     }
//! }
//!
//! # if !Sampler::IS_SUPPORTED { return Ok(()); }
//! let worker = std::thread::Builder::new().name("chewer".into()).spawn(chews)?;
//! # // It has its name when it is there.
//! # while !BEGUN.load(Ordering::Relaxed) {
//! #     std::hint::spin_loop();
//! # }
//!
//! let sampler = Sampler::install()?;
//! for thread in OsThread::all()? {
//!     if thread.name()? == "chewer" {
//!         let stack = sampler.sample(thread, Duration::from_secs(1))?;
//!         println!("{stack}");
//!         assert!(stack.to_string().contains("chews"));
//!     }
//! }
//! # STOP.store(true, Ordering::Relaxed);
//! # worker.join().unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # How it is done
//!
//! The signal's handler copies the thread's registers and the upper part of its stack into a buffer that
//! is there already, by one system call that cannot fault, and wakes who asked. It does not allocate,
//! locks nothing, walks nothing, so it may interrupt anything, also an allocation or a panic. The frames
//! are found afterwards, by who asked, in the copy.
//!
//! # Limits
//!
//! - Linux on x86-64 and aarch64. Elsewhere [`Sampler::install`] says `Unsupported`.
//! - The copy has [256 KiB](Stack::is_cut); of a deeper stack the inner frames are shown.
//! - A frame without unwind tables ends the stack, or makes the next frame a guess.
//! - The handler is installed with `SA_RESTART`, so a blocked `read` goes on. Calls that Linux never
//!   restarts, `epoll_wait`, `poll` and `nanosleep` among them, end with `EINTR` as by any signal. The
//!   standard library, mio and laneway then wait again; C code of your own may not.
//! - A thread that has blocked the signal, or is stuck inside the kernel where no signal reaches it, does
//!   not answer: `TimedOut`.
//!
//! It is no profiler: nothing here runs by itself. Nor does it tell *that* a thread is stuck.

#![deny(unsafe_code)]

mod thread;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod linux {
    //! What Linux makes possible.

    mod handler;
    mod modules;
    mod sampler;
    mod stack;

    pub use sampler::Sampler;
    pub use stack::{Frame, Stack};
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "unsupported.rs"]
mod linux;

pub use linux::{Frame, Sampler, Stack};
pub use thread::OsThread;
