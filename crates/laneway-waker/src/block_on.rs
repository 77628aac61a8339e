//! Drives one future on the calling thread.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use crate::budget;
use crate::parker::Parker;

/// Drives `future` to its end on the calling thread, which sleeps while the future waits.
///
/// Calls may be nested: each has a parker of its own. Inside, the [budget] is unlimited, even
/// when the caller's is not: there is no other task to give way to.
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
    budget::unlimited(|| {
        loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(output) => return output,
                Poll::Pending => parker.park(),
            }
        }
    })
}
