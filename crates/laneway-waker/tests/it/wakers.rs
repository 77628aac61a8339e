//! Wakers that count, and wakers that misbehave.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

/// Counts its wakes.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (count.clone(), Waker::from(count))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Calls a closure when woken, and another when dropped.
pub(crate) struct Hooks<W: Fn(), D: Fn()> {
    on_wake: W,
    on_drop: D,
}

impl<W, D> Hooks<W, D>
where
    W: Fn() + Send + Sync + 'static,
    D: Fn() + Send + Sync + 'static,
{
    pub(crate) fn waker(on_wake: W, on_drop: D) -> Waker {
        Waker::from(Arc::new(Self { on_wake, on_drop }))
    }
}

impl<W, D> Wake for Hooks<W, D>
where
    W: Fn() + Send + Sync + 'static,
    D: Fn() + Send + Sync + 'static,
{
    fn wake(self: Arc<Self>) {
        (self.on_wake)();
    }
}

impl<W: Fn(), D: Fn()> Drop for Hooks<W, D> {
    fn drop(&mut self) {
        (self.on_drop)();
    }
}

/// Panics, quietly, with `reason`.
pub(crate) fn throw(reason: &'static str) -> ! {
    resume_unwind(Box::new(reason))
}

/// A waker whose every clone panics.
pub(crate) fn uncloneable() -> Waker {
    const VTABLE: RawWakerVTable = RawWakerVTable::new(|_| throw("cloned"), |_| {}, |_| {}, |_| {});
    // SAFETY: the data is never read, so every function is sound for it, on any thread.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) }
}
