//! Wakers, and the things that wait for them.
//!
//! A future that cannot go on leaves a [`Waker`](core::task::Waker) with whoever can tell it when
//! it may. This crate has what the two sides of that need: a place for one waker, a batch for many,
//! a thread that sleeps until it is woken, and a budget, so that a task that never has to wait
//! gives way all the same.
//!
//! # A letter box, in four steps
//!
//! **One task waits.** It registers and then looks; the other side delivers and then wakes.
//! [`AtomicWaker`] sees to it that one of them notices, whichever comes first, and [`block_on`]
//! lets the thread sleep meanwhile.
//!
//! ```
//! use std::future::poll_fn;
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use std::task::{Context, Poll};
//! use laneway_waker::{AtomicWaker, block_on};
//!
//! #[derive(Default)]
//! struct LetterBox { letters: AtomicU32, reader: AtomicWaker }
//!
//! impl LetterBox {
//!     fn deliver(&self) {
//!         self.letters.fetch_add(1, Relaxed);
//!         self.reader.wake();
//!     }
//!
//!     fn poll_read(&self, cx: &mut Context<'_>) -> Poll<()> {
//!         self.reader.register(cx.waker());
//!         if self.letters.load(Relaxed) == 0 {
//!             return Poll::Pending;
//!         }
//!         self.letters.fetch_sub(1, Relaxed); // there is one reader
//!         Poll::Ready(())
//!     }
//! }
//!
//! let ours = Arc::new(LetterBox::default());
//! let theirs = ours.clone();
//! # let postman =
//! std::thread::spawn(move || theirs.deliver());
//! block_on(poll_fn(|cx| ours.poll_read(cx)));
//! # postman.join().unwrap();
//! ```
//!
//! **It gives way.** A reader whose box is never empty would never let another task run. So a leaf
//! future takes a unit of its poll's [`budget`] before it makes progress:
//!
//! ```
//! # use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! # use laneway_waker::AtomicWaker;
//! use std::task::{Context, Poll, ready};
//! use laneway_waker::budget;
//!
//! # #[derive(Default)]
//! # struct LetterBox { letters: AtomicU32, reader: AtomicWaker }
//! impl LetterBox {
//!     fn poll_read(&self, cx: &mut Context<'_>) -> Poll<()> {
//!         let unit = ready!(budget::poll_proceed(cx)); // used up: woken, and `Pending`
//!         self.reader.register(cx.waker());
//!         if self.letters.load(Relaxed) == 0 {
//!             return Poll::Pending; // the unit goes back: waiting is free
//!         }
//!         self.letters.fetch_sub(1, Relaxed);
//!         unit.spend();
//!         Poll::Ready(())
//!     }
//! }
//! # let full = LetterBox { letters: 1000.into(), ..Default::default() };
//! # let mut cx = Context::from_waker(std::task::Waker::noop());
//! # budget::with(7, || while full.poll_read(&mut cx).is_ready() {});
//! # assert_eq!(full.letters.into_inner(), 993);
//! ```
//!
//! **A thread that runs it.** An executor grants the units, poll by poll, and sleeps on a
//! [`Parker`]; whoever holds the [`Unparker`], which is a waker too, ends the sleep.
//!
//! ```
//! use std::pin::pin;
//! use std::task::{Context, Poll, Waker};
//! use std::time::{Duration, Instant};
//! use laneway_waker::{Parker, budget, yield_now};
//!
//! /// `None` if the future is not ready in time.
//! fn block_for<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
//!     let deadline = Instant::now() + limit;
//!     let parker = Parker::new();
//!     let waker = Waker::from(parker.unparker());
//!     let mut cx = Context::from_waker(&waker);
//!     let mut future = pin!(future);
//!     loop {
//!         let polled = budget::with(budget::UNITS, || future.as_mut().poll(&mut cx));
//!         match polled {
//!             Poll::Ready(output) => return Some(output),
//!             Poll::Pending if !parker.park_deadline(deadline) => return None,
//!             Poll::Pending => {}
//!         }
//!     }
//! }
//!
//! assert_eq!(block_for(Duration::from_secs(10), yield_now()), Some(()));
//! assert_eq!(block_for(Duration::ZERO, std::future::pending::<()>()), None);
//! ```
//!
//! **Many wait.** Their wakers are in a list, under a lock. What a woken waker runs is not ours to
//! know: it may panic, or want that lock. So a [`WakeBatch`] collects them under the lock and wakes
//! them after it.
//!
//! ```
//! use std::sync::Mutex;
//! use std::task::Waker;
//! use laneway_waker::WakeBatch;
//!
//! /// Tells every reader that no letter comes any more.
//! fn close(readers: &Mutex<Vec<Waker>>) {
//!     loop {
//!         let mut batch = WakeBatch::new();
//!         let mut readers = readers.lock().unwrap();
//!         while !batch.is_full() && let Some(reader) = readers.pop() {
//!             batch.push(reader);
//!         }
//!         drop(readers);
//!         if batch.is_empty() {
//!             return;
//!         }
//!         batch.wake_all();
//!     }
//! }
//! # let readers = Mutex::new(vec![Waker::noop().clone(); 100]);
//! # close(&readers);
//! # assert!(readers.into_inner().unwrap().is_empty());
//! ```
//!
//! # What it is not
//!
//! It has no tasks, no queue of them, no clock, no channels and no locks, and it starts no thread.
//! An `AtomicWaker` holds one waker: many waiters need a list of their own.
//!
//! # Features
//!
//! `std` (default): [`Parker`], [`block_on`], the budget's thread-local, and catching the panics of
//! wakers in a batch. Without it the crate is `no_std`, needs only `alloc`, and has the rest; the
//! budget is then unlimited.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod atomic_waker;
#[cfg(feature = "std")]
mod block_on;
pub mod budget;
mod inbox;
pub mod lane;
#[cfg(feature = "std")]
mod parker;
#[cfg_attr(not(feature = "std"), path = "no_thread.rs")]
mod thread;
mod wake_batch;
mod yield_now;

pub use atomic_waker::AtomicWaker;
#[cfg(feature = "std")]
pub use block_on::block_on;
pub use inbox::{Batch, Inbox};
#[cfg(feature = "std")]
pub use parker::{Parker, Unparker};
pub use wake_batch::WakeBatch;
pub use yield_now::{YieldNow, yield_now};
