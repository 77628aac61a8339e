//! How other threads ask a worker to end the poll that it is in.

use laneway_loom::sync::atomic::AtomicBool;
use laneway_loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::thread;

/// Asks a worker, from any thread, to end the poll that it is in.
///
/// A worker has one and [obeys](super::with_flag) it. Once it is raised, the poll has no units left:
/// at its next cooperative point the task is woken and gives way. So a thread that makes something
/// urgent ready can see to it that a worker looks at its queue.
///
/// A worker lowers the flag, takes the most urgent item there is, and polls it. What a thread did
/// before it raised the flag is seen by the worker after [`lower`](Self::lower), or else the poll is
/// cut: nothing urgent waits unseen for the end of a long poll.
///
/// It has two cache lines to itself, so that workers may keep theirs in one array.
///
/// ```
/// use std::task::{Context, Poll, Waker};
/// use laneway_waker::budget::{self, YieldFlag};
///
/// let flag = YieldFlag::new();
/// let mut cx = Context::from_waker(Waker::noop());
/// budget::with_flag(&flag, || {
///     budget::with(budget::UNITS, || {
///         budget::poll_proceed(&mut cx).map(budget::Unit::spend);
///         flag.raise(); // another thread would
///         assert!(budget::poll_proceed(&mut cx).is_pending());
///     });
///     flag.lower();
///     budget::with(budget::UNITS, || assert!(budget::poll_proceed(&mut cx).is_ready()));
/// });
/// ```
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct YieldFlag {
    is_raised: AtomicBool,
}

impl YieldFlag {
    /// A flag that is down.
    pub fn new() -> Self {
        Self {
            is_raised: AtomicBool::new(false),
        }
    }

    /// Asks the worker to end its poll. Costs one atomic swap.
    pub fn raise(&self) {
        // Ordering: Release pairs with the Acquire in `lower`. A swap even when it is up: the worker
        // that lowers it must see what *we* did, and a load would publish nothing.
        self.is_raised.swap(true, Release);
    }

    /// Whether it is up.
    #[inline]
    pub fn is_raised(&self) -> bool {
        // Ordering: Relaxed: nothing is read because of the answer.
        self.is_raised.load(Relaxed)
    }

    /// Takes it down; tells whether it was up. For the worker, before it looks for what to poll next.
    ///
    /// While it is down this is one load.
    #[inline]
    pub fn lower(&self) -> bool {
        // Ordering: Acquire pairs with every `raise` since the last time: they are swaps, so one
        // release sequence. A swap, because another may come at any moment: a store would lose it.
        self.is_raised() && self.is_raised.swap(false, Acquire)
    }
}

/// Runs `f`, the loop of a worker, in which every limited poll obeys `flag`; then what was obeyed
/// before is again.
///
/// One flag is obeyed at a time, the innermost. [`block_on`](crate::block_on) obeys none: the request
/// waits until the task that called it takes its next unit.
pub fn with_flag<R>(flag: &YieldFlag, f: impl FnOnce() -> R) -> R {
    thread::with_flag(Some(flag), f)
}

/// Runs `f`, in which no flag is obeyed.
#[cfg(feature = "std")]
pub(crate) fn without_flag<R>(f: impl FnOnce() -> R) -> R {
    thread::with_flag(None, f)
}

/// Whether this thread's worker is asked to end its poll.
#[inline]
pub(super) fn is_asked() -> bool {
    thread::flag(YieldFlag::is_raised)
}

/// The poll ends now: the request is met.
pub(super) fn obey() {
    thread::flag(YieldFlag::lower);
}
