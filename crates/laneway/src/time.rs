//! Sleeping, timeouts and intervals, on the timers of the current runtime.
//!
//! A sleep that is pending when its runtime ends panics if it is polled again, which only a
//! `Handle::block_on` on a foreign thread can do; tasks are gone by then.
//!
//! The functions here panic on a thread without a runtime; the methods of
//! [`Handle::timers`](crate::Handle::timers) take the timers by name.

use std::time::{Duration, Instant};

pub use laneway_timer::{
    Clock, Elapsed, Interval, ManualClock, MissedTickBehavior, Sleep, SystemClock, Timeout,
};

use crate::handle::with_current;

/// The current runtime's idea of now: the system's, or that of its
/// [clock](crate::Builder::clock).
#[track_caller]
pub fn now() -> Instant {
    with_current(|handle| handle.timers().now())
}

/// Waits for `duration`, never less.
///
/// # Cancel safety
///
/// Dropping it cancels the timer; nothing is lost.
///
/// # Panics
///
/// On a thread without a runtime.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    with_current(|handle| handle.timers().sleep(duration))
}

/// Waits until `deadline`, never less.
///
/// # Panics
///
/// On a thread without a runtime.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    with_current(|handle| handle.timers().sleep_until(deadline))
}

/// Gives `future` so much time.
///
/// # Panics
///
/// On a thread without a runtime.
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    with_current(|handle| handle.timers().timeout(duration, future))
}

/// Gives `future` until `deadline`.
///
/// # Panics
///
/// On a thread without a runtime.
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    with_current(|handle| handle.timers().timeout_at(deadline, future))
}

/// Ticks now, and then once in each `period`.
///
/// # Panics
///
/// If `period` is zero, or on a thread without a runtime.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    with_current(|handle| handle.timers().interval(period))
}

/// Ticks at `start`, and then once in each `period`.
///
/// # Panics
///
/// If `period` is zero, or on a thread without a runtime.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    with_current(|handle| handle.timers().interval_at(start, period))
}
