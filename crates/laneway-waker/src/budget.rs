//! How much a task may do in one poll before it gives way.
//!
//! A task that always finds something ready, a busy socket or a full channel, would never return
//! from its poll. So an executor grants each poll a number of units, [`with`], and each future
//! that is a leaf, one that waits for something itself and not only for other futures, takes one
//! before it makes progress. When there are none left the leaf wakes its task and returns
//! `Pending`, and the task goes behind those that wait.
//!
//! # A leaf future
//!
//! ```
//! use std::collections::VecDeque;
//! use std::future::poll_fn;
//! use std::task::{Context, Poll, ready};
//! use laneway_waker::budget;
//!
//! struct Queue { items: VecDeque<u32>, /* and the wakers of those who wait */ }
//!
//! impl Queue {
//!     fn poll_pop(&mut self, cx: &mut Context<'_>) -> Poll<u32> {
//!         let unit = ready!(budget::poll_proceed(cx)); // none left: woken, and `Pending`
//!         match self.items.pop_front() {
//!             Some(item) => {
//!                 unit.spend(); // progress costs one unit
//!                 Poll::Ready(item)
//!             }
//!             None => {
//!                 // (register `cx.waker()` here)
//!                 Poll::Pending // `unit` is dropped, and so given back: waiting is free
//!             }
//!         }
//!     }
//! }
//!
//! // Under an executor a poll ends after `UNITS` items, though there are more:
//! let mut queue = Queue { items: (0..1000).collect() };
//! let mut cx = Context::from_waker(std::task::Waker::noop());
//! budget::with(budget::UNITS, || while queue.poll_pop(&mut cx).is_ready() {});
//! assert_eq!(queue.items.len(), 1000 - budget::UNITS as usize);
//!
//! // Under one that knows nothing of budgets there is no end to it:
//! while queue.poll_pop(&mut cx).is_ready() {}
//! assert!(queue.items.is_empty());
//! ```
//!
//! # Something more urgent
//!
//! A poll also has no units left when its worker's [`YieldFlag`] is raised, by any thread, or when the
//! running task itself made something more urgent ready, and whoever queued that called [`cut`]. A poll
//! without a limit pays no heed to either.
//!
//! Without the feature `std` there are no thread-locals and so no budget: it is unlimited.

use core::future::poll_fn;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::thread;

mod yield_flag;

#[cfg(feature = "std")]
pub(crate) use yield_flag::without_flag;
pub use yield_flag::{YieldFlag, with_flag};

/// The units that an executor grants a poll.
///
/// 128 is what Tokio has granted since 2020, and what futures of the trade are used to; no
/// measurement of ours has asked for another.
pub const UNITS: u32 = 128;

/// Stands for any number of units.
pub(crate) const UNLIMITED: u32 = u32::MAX;

/// Runs `f`, one poll of a task, with `units` units; then there are as many as before the call.
///
/// For executors; [`UNITS`] is the usual number, and `u32::MAX` is no limit. It costs one
/// thread-local read and two writes.
#[inline]
pub fn with<R>(units: u32, f: impl FnOnce() -> R) -> R {
    let _restore = Restore {
        before: thread::replace_units(units),
    };
    f()
}

/// Runs `f` without a limit; then there is as much as before the call.
#[inline]
pub fn unlimited<R>(f: impl FnOnce() -> R) -> R {
    with(UNLIMITED, f)
}

/// How many units are left of this poll; `None` when there is no limit.
pub fn remaining() -> Option<u32> {
    match thread::units() {
        UNLIMITED => None,
        _ if yield_flag::is_asked() => Some(0),
        units => Some(units),
    }
}

/// Takes away what is left of this poll's units: something more urgent is ready.
///
/// For whoever queues what the running task woke. Does nothing when there is no limit.
pub fn cut() {
    if thread::units() != UNLIMITED {
        thread::replace_units(0);
    }
}

/// Takes a unit for a leaf future that may be about to make progress.
///
/// When none is left, or the worker's [flag](YieldFlag) is raised, it wakes the task and returns
/// `Pending`, as the leaf then must. See the [module's example](self).
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<Unit> {
    match thread::units() {
        UNLIMITED => Poll::Ready(Unit::new(false)),
        units if units > 0 && !yield_flag::is_asked() => {
            thread::replace_units(units - 1);
            Poll::Ready(Unit::new(true))
        }
        _ => give_way(cx),
    }
}

/// Ends the poll: nothing else in it gets a unit, so the request, if there was one, is met. It is not
/// left standing for an executor that this poll may contain, and that would obey it for ever.
#[cold]
fn give_way(cx: &mut Context<'_>) -> Poll<Unit> {
    thread::replace_units(0);
    yield_flag::obey();
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Yields if this poll's units are used up, and uses one if they are not.
///
/// For a long computation to call between its pieces.
///
/// # Cancel safety
///
/// Nothing is lost when it is dropped.
pub async fn yield_if_needed() {
    poll_fn(|cx| poll_proceed(cx).map(Unit::spend)).await;
}

/// Runs `future` without a limit: its leaves never make it give way.
///
/// It can then keep its worker from all other tasks for as long as it finds something ready.
pub fn unconstrained<F>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

/// One unit, taken by [`poll_proceed`]. Dropped without [`spend`](Self::spend) it is given back.
#[derive(Debug)]
#[must_use = "dropped at once, the unit is given back: keep it until it is known whether there was progress"]
pub struct Unit {
    is_taken: bool,
    /// Not `Send`: it goes back to the thread that it came from.
    _thread: PhantomData<*const ()>,
}

pin_project! {
    /// The future of [`unconstrained`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Unconstrained<F> {
        #[pin]
        future: F,
    }
}

/// Puts back what was there, also when the poll panics.
struct Restore {
    before: u32,
}

impl Unit {
    #[inline]
    fn new(is_taken: bool) -> Self {
        Self {
            is_taken,
            _thread: PhantomData,
        }
    }

    /// The future made progress: the unit is used.
    #[inline]
    pub fn spend(mut self) {
        self.is_taken = false;
    }
}

impl Drop for Unit {
    #[inline]
    fn drop(&mut self) {
        let units = thread::units();
        if self.is_taken && units != UNLIMITED {
            // Adds rather than restores: others may have taken units meanwhile. One that comes back
            // after its poll, which no leaf does, must not reach `UNLIMITED`.
            thread::replace_units((units + 1).min(UNLIMITED - 1));
        }
    }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        unlimited(|| self.project().future.poll(cx))
    }
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        thread::replace_units(self.before);
    }
}
