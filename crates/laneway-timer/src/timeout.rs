//! A future that is given up at a deadline.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use laneway_waker::budget;
use pin_project_lite::pin_project;

use crate::sleep::Sleep;

pin_project! {
    /// A future with a deadline, made by [`Timers::timeout`](crate::Timers::timeout) and
    /// [`timeout_at`](crate::Timers::timeout_at).
    ///
    /// The future is polled first: one that is ready at once is never too late. A future that
    /// spends its whole budget in each poll and never rests is still ended in time.
    ///
    /// # Cancel safety
    ///
    /// As the future's own: dropping the timeout drops the future, and so does its end, when the
    /// timeout is dropped after it yielded [`Elapsed`].
    #[derive(Debug)]
    #[must_use = "a timeout does nothing unless it is awaited"]
    pub struct Timeout<F> {
        #[pin]
        future: F,
        sleep: Sleep,
    }
}

/// The deadline of a [`Timeout`] came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Elapsed;

impl<F> Timeout<F> {
    #[inline]
    pub(crate) fn new(future: F, sleep: Sleep) -> Self {
        Self { future, sleep }
    }

    /// The moment at which the future is given up.
    pub fn deadline(&self) -> Instant {
        self.sleep.deadline()
    }

    /// The future.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future, mutably.
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().future
    }

    /// The future without its deadline.
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let was_spent = is_budget_spent();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        if is_budget_spent() && !was_spent {
            // The future has spent the budget: it must not put off its own end by that.
            ready!(this.sleep.poll_elapsed(cx.waker()));
        } else {
            // An end costs a unit, or a loop of ends would never rest.
            ready!(Pin::new(this.sleep).poll(cx));
        }
        Poll::Ready(Err(Elapsed))
    }
}

fn is_budget_spent() -> bool {
    budget::remaining() == Some(0)
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline has elapsed")
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}
