//! Lets other tasks run once.

use core::pin::Pin;
use core::task::{Context, Poll};

/// Lets the other ready tasks of this executor run, once.
///
/// ```
/// # laneway_waker::block_on(async {
/// # let pieces = [1, 2, 3];
/// for piece in pieces {
/// #   let work = |_| {};
///     work(piece);
///     laneway_waker::yield_now().await;
/// }
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped between its two polls, it has asked for one poll too many, which harms nobody.
pub fn yield_now() -> YieldNow {
    YieldNow { has_yielded: false }
}

/// The future of [`yield_now`]: wakes its task at the first poll, and is ready at the second.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct YieldNow {
    has_yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_yielded {
            return Poll::Ready(());
        }
        self.has_yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
