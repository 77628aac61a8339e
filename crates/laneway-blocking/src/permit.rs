//! Room for one job, waited for in the order of asking: the pool's back-pressure.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use laneway_task::{Builder, JoinHandle};
use laneway_waker::budget;

use crate::{
    shared::{Shared, Slot},
    slots::{Take, Ticket, Wait},
};

/// Room for one job, from [`Pool::permit`](crate::Pool::permit).
///
/// Dropping it leaves the room to others. A permit that is kept is a job less that fits.
#[derive(Debug)]
#[must_use = "dropping a permit gives the room back"]
pub struct Permit {
    slot: Slot,
}

impl Permit {
    /// Runs `f`, which may block, on a thread of the pool. It is never rejected for want of room.
    ///
    /// When the pool was shut down since the permit was given, the handle yields
    /// [cancelled](laneway_task::JoinError::is_cancelled).
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_with(Builder::new(), f)
    }

    /// As [`spawn`](Self::spawn), with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_with<F, T>(self, builder: Builder, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (shared, slot) = self.slot.into_job();
        shared.submit(builder, f, slot)
    }
}

/// The pool was shut down, and gives no permits any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the blocking pool was shut down")
    }
}

impl Error for Closed {}

/// Waits for a [`Permit`]; from [`Pool::permit`](crate::Pool::permit).
///
/// # Cancel safety
///
/// Dropping it leaves the line. A permit that had been given and not been noticed goes to the next
/// in line.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct AcquirePermit {
    shared: Shared,
    ticket: Option<Ticket>,
}

impl AcquirePermit {
    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            shared,
            ticket: None,
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Wait {
        let known = match self.ticket {
            Some(ticket) => self.shared.slots().wait_on(ticket, cx.waker()),
            None => match self.shared.take_slot() {
                Take::Taken => Some(Wait::Taken(None)),
                Take::Closed => Some(Wait::Closed(None)),
                Take::Full => None,
            },
        };
        known.unwrap_or_else(|| {
            // A clone is the user's code: not under the lock. So the slots are looked at again.
            let waker = cx.waker().clone();
            self.shared.slots().wait(&mut self.ticket, waker)
        })
    }
}

impl Future for AcquirePermit {
    type Output = Result<Permit, Closed>;

    /// # Panics
    ///
    /// If cloning the waker panics.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unit = ready!(budget::poll_proceed(cx));
        // Wakers that are not needed any more are dropped on return, without a lock.
        let (result, _waker) = match self.wait(cx) {
            Wait::Waiting(displaced) => (Poll::Pending, displaced),
            Wait::Closed(waker) => (Poll::Ready(Err(Closed)), waker),
            Wait::Taken(waker) => {
                let slot = Slot::new(self.shared.clone());
                (Poll::Ready(Ok(Permit { slot })), waker)
            }
        };
        if result.is_ready() {
            self.ticket = None;
            unit.spend();
        }
        result
    }
}

impl Drop for AcquirePermit {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let stopped = self.shared.slots().stop_waiting(ticket);
        match stopped {
            Ok(waker) => drop(waker),
            Err(_granted) => drop(Slot::new(self.shared.clone())),
        }
    }
}
