//! What tasks of a workload say to each other: made of atomics and a waker of nobody's.

use std::future::{Future, poll_fn};
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Release},
};
use std::task::Poll;

use futures::task::AtomicWaker;

/// Room for one number, for one sender and one receiver that take turns.
#[derive(Debug, Default)]
pub struct Slot {
    /// The number, 0 stands for none.
    value: AtomicU64,
    receiver: AtomicWaker,
}

impl Slot {
    /// Puts a number, not 0, in place of what is there.
    pub fn put(&self, value: u64) {
        debug_assert_ne!(value, 0);
        self.value.store(value, Release);
        self.receiver.wake();
    }

    /// Waits for a number.
    pub fn take(&self) -> impl Future<Output = u64> + Send + '_ {
        poll_fn(|cx| {
            if let Some(value) = self.try_take() {
                return Poll::Ready(value);
            }
            self.receiver.register(cx.waker());
            self.try_take().map_or(Poll::Pending, Poll::Ready)
        })
    }

    fn try_take(&self) -> Option<u64> {
        Some(self.value.swap(0, AcqRel)).filter(|&value| value != 0)
    }
}

/// Counts down, and wakes one waiter at zero.
#[derive(Debug)]
pub struct Countdown {
    left: AtomicUsize,
    waiter: AtomicWaker,
}

impl Countdown {
    /// From `count`, not 0.
    pub fn new(count: usize) -> Self {
        Self {
            left: AtomicUsize::new(count),
            waiter: AtomicWaker::new(),
        }
    }

    /// One less.
    pub fn step(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.waiter.wake();
        }
    }

    /// Waits for zero.
    pub fn zero(&self) -> impl Future<Output = ()> + Send + '_ {
        poll_fn(|cx| {
            self.waiter.register(cx.waker());
            match self.left.load(Acquire) {
                0 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
    }
}
