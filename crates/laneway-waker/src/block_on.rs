//! Drives one future on the calling thread.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use crate::budget;
use crate::parker::Parker;

/// Drives `future` to its end on the calling thread, which sleeps while the future waits.
///
/// Calls may be nested: each has a parker of its own, and each poll a [budget] of its own, whatever is
/// left of the caller's. (There is no other task to give way to, but there may be a timeout around
/// something that is always ready, in the same future.) A [`YieldFlag`](budget::YieldFlag) of the
/// thread is not obeyed meanwhile, but after.
///
/// ```
/// let answer = laneway_waker::block_on(async { 6 * 7 });
/// assert_eq!(answer, 42);
/// ```
///
/// # Panics
///
/// When the future does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let parker = Parker::new();
    let waker = Waker::from(parker.unparker());
    let mut cx = Context::from_waker(&waker);
    budget::without_flag(|| {
        loop {
            match budget::with(budget::UNITS, || future.as_mut().poll(&mut cx)) {
                Poll::Ready(output) => return output,
                Poll::Pending => parker.park(),
            }
        }
    })
}
