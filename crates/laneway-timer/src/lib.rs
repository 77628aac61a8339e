//! Timers that are turned: a hierarchical wheel, clocks, Sleep, Timeout and Interval.
//!
//! Nothing in this crate starts a thread or is global. A [`Timers`] is a wheel under a short lock;
//! somebody turns it, and what is due is woken through its [`Waker`](core::task::Waker). So it works
//! under any executor: under one that turns it, or beside one that never heard of it.
//!
//! # One program, in four steps
//!
//! A thread of yours drives both the timers and a future:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use std::time::Duration;
//! use laneway_timer::Timers;
//!
//! let timers = Timers::new();
//! timers.run_until(async {
//!     timers.sleep(Duration::from_millis(1)).await;
//!     println!("tea is ready");
//! });
//! # }
//! ```
//!
//! Where futures have threads of their own, one thread drives the timers for all of them
//! (`examples/foreign_runtime.rs` does it with a thread pool):
//!
//! ```
//! # #[cfg(feature = "std")] {
//! # use std::{thread, time::Duration};
//! # use futures::{channel::oneshot, executor::block_on};
//! # use laneway_timer::Timers;
//! let timers = Timers::new();
//! let (stop, stopped) = oneshot::channel::<()>();
//! let driver = thread::spawn({
//!     let timers = timers.clone();
//!     move || timers.run_until(stopped)
//! });
//! block_on(timers.sleep(Duration::from_millis(1)));
//! println!("tea is ready");
//! drop(stop);
//! # driver.join().unwrap().unwrap_err();
//! # }
//! ```
//!
//! A guest does not wait for ever, and asks again and again:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! # use std::time::Duration;
//! # use laneway_timer::{Elapsed, Timers};
//! async fn guest(timers: &Timers, tea: impl Future) -> Result<(), Elapsed> {
//!     let asking = async {
//!         let mut interval = timers.interval(Duration::from_secs(60));
//!         loop {
//!             interval.tick().await;
//!             println!("is it ready?");
//!         }
//!     };
//!     let waiting = async { futures::future::select(Box::pin(tea), Box::pin(asking)).await; };
//!     timers.timeout(Duration::from_secs(300), waiting).await
//! }
//! # }
//! ```
//!
//! And a test of that takes no five minutes, because it has a clock of its own. It does by hand what
//! an executor does, too: poll what was woken, [`turn`](Timers::turn), sleep until the next
//! deadline (here: move the clock there).
//!
//! ```
//! # #[cfg(feature = "std")] {
//! # use std::{pin::pin, task::{Context, Poll, Waker}, time::Duration};
//! # use laneway_timer::{Elapsed, ManualClock, Timers};
//! # async fn guest(timers: &Timers, tea: impl Future) -> Result<(), Elapsed> {
//! #     let asking = async {
//! #         let mut interval = timers.interval(Duration::from_secs(60));
//! #         loop { interval.tick().await; }
//! #     };
//! #     let waiting = async { futures::future::select(Box::pin(tea), Box::pin(asking)).await; };
//! #     timers.timeout(Duration::from_secs(300), waiting).await
//! # }
//! let clock = ManualClock::new();
//! let timers = Timers::with_clock(clock.clone());
//! let start = clock.now();
//! let mut guest = pin!(guest(&timers, std::future::pending::<()>()));
//! let mut cx = Context::from_waker(Waker::noop());
//! while guest.as_mut().poll(&mut cx).is_pending() {
//!     if let Some(next) = timers.turn().next {
//!         clock.advance(next - clock.now());
//!     }
//!     timers.fire();
//! }
//! assert_eq!(clock.now() - start, Duration::from_secs(300));
//! # }
//! ```
//!
//! # What to rely on
//!
//! * **Never early.** Deadlines round up to ticks of 2¹² ns (4 µs), the clock's readings down.
//! * **On time, and no dearer than need be.** A timer by itself fires at its instant: after some 20 µs, in
//!   which the system wakes the thread that turns the timers. If several fire at once, that thread then
//!   rests: what falls due in the 98 µs that follow fires at their end, together. So a median timer is
//!   50 µs late where they are dense, and none of them more than 98 µs besides; and 100,000 in a second cost 2.4 µs of CPU each, with the tasks they wake.
//! * **Cheap to give up.** Starting, resetting and dropping a timer take one lock and O(1); a
//!   pending one takes 62 bytes: 24 in the [`Sleep`], 38 in the wheel. A timeout that is not needed never
//!   gets that far.
//! * **No end of time.** Every `Duration` and `Instant` is accepted; sums saturate, and what lies
//!   beyond 292 years never comes.
//! * **Wakers are strangers.** None is woken, cloned or dropped under a lock; each may panic or come
//!   back to the timers it is stored in.
//! * **Lanes do not wait for each other.** Threads that the system may stop at any moment
//!   ([lanes](laneway_waker::lane) of an executor beside its main one) share no lock with others: they
//!   use [timers of their own](Timers::for_lane), and leave word with those that are not.
//! * **Exact tests.** Under a [`ManualClock`] there are no ticks: deadlines are exact.
//!
//! # What it is not
//!
//! Not a clock of the calendar: there are deadlines, no dates. Not a thread: sleeps that nobody turns
//! stay pending, and after [`Timers::close`] they panic. Memory that a peak of timers took is kept
//! for the next one.
//!
//! # Features
//!
//! `std` (default): everything. Without it the crate is `no_std` with `alloc`, depends on nothing, and
//! has the [`Wheel`].

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "std")]
mod clock;
#[cfg(feature = "std")]
mod interval;
#[cfg(feature = "std")]
mod sleep;
#[cfg(feature = "std")]
mod timeout;
#[cfg(feature = "std")]
mod timers;
mod wheel;

#[cfg(feature = "std")]
pub use clock::{Clock, ManualClock, Pace, SystemClock};
#[cfg(feature = "std")]
pub use interval::{Interval, MissedTickBehavior};
#[cfg(feature = "std")]
pub use sleep::Sleep;
#[cfg(feature = "std")]
pub use timeout::{Elapsed, Timeout};
#[cfg(feature = "std")]
pub use timers::{Timers, Turn};
pub use wheel::{Key, Step, Wheel};
