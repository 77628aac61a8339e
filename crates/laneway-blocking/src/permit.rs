//! Room for one job, waited for in the order of asking: the pool's back-pressure.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use laneway_task::{Builder, JoinHandle};
use laneway_waker::budget;

use laneway_loom::sync::Arc;

use crate::{
    errand::Task,
    shared::{Entrance, Shared},
    slots::{Left, Take, Waiter},
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
        Shared::submit(&self.slot.into_job(), builder, f)
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
#[must_use = "futures do nothing unless polled"]
pub struct AcquirePermit {
    entrance: Entrance,
    /// Set while it is in the line, or has been called and does not know.
    waiter: Option<Arc<Waiter>>,
}

impl AcquirePermit {
    pub(crate) fn new(entrance: Entrance) -> Self {
        Self {
            entrance,
            waiter: None,
        }
    }

    /// Whether there is a slot for it, or `false` for the end; `None` while it waits.
    fn poll_slot(&mut self, cx: &mut Context<'_>) -> Option<bool> {
        if let Some(waiter) = &self.waiter {
            return waiter.poll(cx.waker());
        }
        match self.entrance.take_slot() {
            Take::Taken => return Some(true),
            Take::Closed => return Some(false),
            Take::Full => {}
        }
        let waiter = self.entrance.ticket();
        // Before it waits: its waker is the user's, and cloning that may panic.
        waiter.prepare(cx.waker());
        self.waiter = Some(waiter.clone());
        self.entrance.see_to(Task::Wait(waiter.clone()));
        waiter.poll(cx.waker())
    }
}

impl Future for AcquirePermit {
    type Output = Result<Permit, Closed>;

    /// # Panics
    ///
    /// If cloning the waker panics.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unit = ready!(budget::poll_proceed(cx));
        let Some(is_granted) = self.poll_slot(cx) else {
            return Poll::Pending;
        };
        unit.spend();
        self.waiter = None;
        Poll::Ready(if is_granted {
            let slot = Slot::new(self.entrance.clone());
            Ok(Permit { slot })
        } else {
            Err(Closed)
        })
    }
}

impl Drop for AcquirePermit {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else {
            return;
        };
        match waiter.leave() {
            Left::Nothing => {}
            Left::Slot => self.entrance.give_back(),
            Left::Place => self.entrance.see_to(Task::Forget(waiter)),
        }
    }
}

impl fmt::Debug for AcquirePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquirePermit")
            .field("pool", &*self.entrance)
            .field("is_waiting", &self.waiter.is_some())
            .finish()
    }
}

/// The right of one job to be in the pool, while there is no job.
struct Slot(Option<Entrance>);

impl Slot {
    /// For a slot that [was taken](Take::Taken).
    fn new(entrance: Entrance) -> Self {
        Self(Some(entrance))
    }

    /// The pool; the slot is a job's now.
    fn into_job(mut self) -> Entrance {
        self.0
            .take()
            .expect("it is there until this or the drop takes it")
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(entrance) = &self.0 {
            entrance.give_back();
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}
