//! How a worker waits: inside the driver, or on a parker of its own.
//!
//! [`Park`] is the seam: this crate owns it, and whoever has something to wait for besides tasks
//! (readiness, deadlines, a foreign event loop) implements it.

use std::task::Waker;
use std::time::Instant;

use laneway_loom::sync::{
    TryLock,
    atomic::{
        AtomicU8, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};
use laneway_waker::{Parker, Unparker};

#[cfg(test)]
mod loom;

/// How long [`Park::park`] may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all: handle what has already happened, and return.
    Poll,
    /// Until this instant at the latest.
    Until(Instant),
    /// Until something happens.
    Forever,
}

/// Something a thread with no task to run waits in, and that a busy thread turns now and then.
///
/// One worker at a time calls [`park`](Self::park); the executor sees to that. Wakers that are
/// woken inside `park` push their tasks into the queue of the worker that called it.
///
/// # Contract
///
/// - `park` may return at any time without a reason. It must return after the
///   [`unparker`](Self::unparker) was woken, also if that happened before the call.
/// - It must not panic: the process would be left with a worker fewer, so the executor ends it.
/// - `park(Wait::Poll)` does not block, and is cheap when nothing has happened.
pub trait Park: Send + 'static {
    /// Waits until something happened, and handles it.
    fn park(&mut self, wait: Wait);

    /// A waker that ends the present or the next [`park`](Self::park), from any thread.
    ///
    /// Waking it while nobody parks should be cheap; it happens often.
    fn unparker(&self) -> Waker;
}

/// A [`Park`] for programs whose tasks are woken by other threads alone.
#[derive(Debug, Default)]
pub struct ThreadPark(Parker);

impl ThreadPark {
    /// A parker with no token.
    pub fn new() -> Self {
        Self(Parker::new())
    }
}

impl Park for ThreadPark {
    fn park(&mut self, wait: Wait) {
        match wait {
            // Nothing happens here but unparking, and that wants nothing done.
            Wait::Poll => {}
            Wait::Until(deadline) => {
                self.0.park_deadline(deadline);
            }
            Wait::Forever => self.0.park(),
        }
    }

    fn unparker(&self) -> Waker {
        self.0.unparker().into()
    }
}

/// The driver, and who sits in it. The lock is only ever tried: nobody waits for the seat.
pub(crate) struct Seat {
    driver: TryLock<Option<Box<dyn Park>>>,
    unparker: Waker,
    /// A hint for wakers: the worker that sleeps in the driver, or [`NOBODY`].
    holder: AtomicUsize,
}

const NOBODY: usize = usize::MAX;

impl Seat {
    pub(crate) fn new(driver: Box<dyn Park>) -> Self {
        let unparker = driver.unparker();
        Self {
            driver: TryLock::new(Some(driver)),
            unparker,
            holder: AtomicUsize::new(NOBODY),
        }
    }

    /// The worker that had better be woken last.
    pub(crate) fn holder(&self) -> Option<usize> {
        // Ordering: Relaxed. A hint: a wrong answer wakes a dearer sleeper, no more.
        Some(self.holder.load(Relaxed)).filter(|&holder| holder != NOBODY)
    }

    fn set_holder(&self, holder: usize) {
        // Ordering: Relaxed, as in `holder`.
        self.holder.store(holder, Relaxed);
    }

    /// Handles what has happened, unless somebody else sits here.
    pub(crate) fn turn(&self) {
        if let Some(mut driver) = self.driver.try_lock()
            && let Some(driver) = &mut *driver
        {
            driver.park(Wait::Poll);
        }
    }

    /// Drops the driver. The last worker has stopped, so nobody sits here.
    pub(crate) fn remove_driver(&self) {
        let driver = self.driver.try_lock().and_then(|mut driver| driver.take());
        drop(driver);
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat")
            .field("holder", &self.holder())
            .finish_non_exhaustive()
    }
}

/// Where one worker sleeps, as those who wake it see it.
///
/// The word says which of the two places; whoever unparks adds `TOKEN` to it, so that a token given too
/// early ends the next sleep. A token that is there already may be that of a thread of another lane,
/// stopped before it could wake: so whoever finds one, and a sleeper, wakes once more.
#[derive(Debug)]
pub(crate) struct Sleeper {
    place: AtomicU8,
    unparker: Unparker,
}

const AWAKE: u8 = 0;
const IN_PARKER: u8 = 1;
const IN_DRIVER: u8 = 2;
const TOKEN: u8 = 4;

impl Sleeper {
    /// With the parker, which the worker's thread keeps to itself.
    pub(crate) fn new() -> (Self, Parker) {
        let parker = Parker::new();
        (
            Self {
                place: AtomicU8::new(AWAKE),
                unparker: parker.unparker(),
            },
            parker,
        )
    }

    /// Sleeps, in the driver if the seat is free, until unparked; may return without a reason.
    ///
    /// Called by the worker `index` alone.
    pub(crate) fn park(&self, index: usize, parker: &Parker, seat: &Seat) {
        match seat.driver.try_lock().as_deref_mut() {
            Some(Some(driver)) => self.park_in_driver(index, seat, &mut **driver),
            _ => self.park_in_parker(parker),
        }
    }

    fn park_in_driver(&self, index: usize, seat: &Seat, driver: &mut dyn Park) {
        if self.enter(IN_DRIVER) {
            seat.set_holder(index);
            driver.park(Wait::Forever);
            seat.set_holder(NOBODY);
        } else {
            // Woken already, but events may wait: a busy runtime must not starve its driver.
            driver.park(Wait::Poll);
        }
        self.leave();
    }

    fn park_in_parker(&self, parker: &Parker) {
        if self.enter(IN_PARKER) {
            parker.park();
        }
        self.leave();
    }

    /// `false`: there is a token already.
    fn enter(&self, place: u8) -> bool {
        // Ordering: Acquire on failure pairs with `unpark`.
        self.place
            .compare_exchange(AWAKE, place, AcqRel, Acquire)
            .is_ok()
    }

    fn leave(&self) {
        // Ordering: AcqRel. Acquire pairs with `unpark`: what the waker did before is seen by the search
        // that follows.
        self.place.swap(AWAKE, AcqRel);
    }

    /// Ends the present or the next sleep. From any thread.
    pub(crate) fn unpark(&self, seat: &Seat) {
        match self.leave_token() {
            IN_PARKER => self.unparker.unpark(),
            IN_DRIVER => seat.unparker.wake_by_ref(),
            _ => {}
        }
    }

    /// Gives the place where the worker sleeps.
    fn leave_token(&self) -> u8 {
        // Ordering: Release pairs with `leave` and `enter`; Acquire so that the place is read after
        // the worker went there.
        self.place.fetch_or(TOKEN, AcqRel) & !TOKEN
    }
}
