//! hyper's timeouts on laneway's timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use laneway::{Handle, time::Sleep};

pin_project_lite::pin_project! {
    /// A sleep as hyper wants it.
    struct HyperSleep {
        #[pin]
        sleep: Sleep,
    }
}

impl Future for HyperSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

impl hyper::rt::Sleep for HyperSleep {}

/// Times hyper's timeouts on the timers of a laneway runtime, and on its clock.
///
/// Its sleeps end with the runtime: one that is polled after that panics, as
/// [`Sleep`](laneway::time::Sleep) does.
#[derive(Debug, Clone)]
pub struct Timer {
    handle: Handle,
}

impl Timer {
    /// Uses the timers of the runtime that `handle` reaches.
    pub fn new(handle: Handle) -> Self {
        Self { handle }
    }
}

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(HyperSleep {
            sleep: self.handle.timers().sleep(duration),
        })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(HyperSleep {
            sleep: self.handle.timers().sleep_until(deadline),
        })
    }

    /// Moves the deadline in place, without another allocation.
    fn reset(&self, sleep: &mut Pin<Box<dyn hyper::rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<HyperSleep>() {
            Some(sleep) => sleep.project().sleep.reset(deadline),
            // Somebody else's sleep: replaced by one of ours.
            None => *sleep = self.sleep_until(deadline),
        }
    }

    fn now(&self) -> Instant {
        self.handle.timers().now()
    }
}
