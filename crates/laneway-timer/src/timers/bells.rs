//! How a thread of another lane ends a driver's sleep, without the lock that the drivers are under.
//!
//! A driver that is about to sleep puts its bell out. Who has left word in the inbox takes all the
//! bells that are out, and rings them; a driver that was rung puts its bell out again when it sleeps
//! next. The race is
//!
//! ```text
//! driver                               another lane
//! 1  publish the promise               a  leave word in the inbox
//! 2  put the bell out                  b  fence
//! 3  fence                             c  read the promise: if it is later than what was left
//! 4  look into the inbox               d  take the bells and ring them
//! 5  sleep
//! ```
//!
//! and the proof is that one of the two fences comes first. If it is the driver's, c sees the promise
//! and d finds the bell. If it is the other's, 4 sees what was left.
//!
//! A bell that was taken and is not rung yet, because its taker is stopped in between, is not out: who
//! leaves word after that has to wait for the taker. That concerns nobody but other lanes among
//! themselves, since whoever may take the lock interrupts drivers there.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::task::Waker;

use laneway_loom::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst, fence,
};
use laneway_waker::Inbox;

/// A driver's interrupt, shared because a waker must not be cloned under a lock.
pub(crate) type Interrupt = Arc<Bell>;

/// A waker that ends a driver's sleep.
pub(crate) struct Bell {
    waker: Waker,
    is_out: AtomicBool,
}

/// The bells that are out, and what the drivers have promised.
#[derive(Debug)]
pub(super) struct Bells {
    out: Inbox<Interrupt>,
    /// Until when the driver sleeps that sleeps longest; possibly less long, by now.
    promise: AtomicU64,
}

impl Bell {
    pub(crate) fn new(waker: Waker) -> Interrupt {
        Arc::new(Self {
            waker,
            is_out: AtomicBool::new(false),
        })
    }

    /// `false` while it is out, or about to be rung.
    pub(super) fn is_in(&self) -> bool {
        // Ordering: Relaxed: who was rung since has seen it taken in before.
        !self.is_out.load(Relaxed)
    }
}

impl Bells {
    pub(super) fn new() -> Self {
        Self {
            out: Inbox::new(),
            promise: AtomicU64::new(0),
        }
    }

    /// Says until when somebody sleeps.
    pub(super) fn promise(&self, until: u64) {
        // Ordering: Relaxed: the fences order it against what is left in the inbox.
        self.promise.store(until, Relaxed);
    }

    /// For a driver that has promised: puts its bell out, if it is in. From here on word that is left
    /// either was seen by the caller's next look into the inbox, or rings.
    pub(super) fn put_out(&self, bell: Option<Interrupt>) {
        // Ordering: Relaxed: who takes it in rings it after that, and the driver that was woken sees it.
        if let Some(bell) = bell
            && !bell.is_out.swap(true, Relaxed)
        {
            // It is never closed.
            let _ = self.out.push(bell);
        }
        // Ordering: SeqCst pairs with the fence in `ring`, see the proof above.
        fence(SeqCst);
    }

    /// Rings, if anybody sleeps longer than `until`, after word was left for that time.
    pub(super) fn ring(&self, until: u64) {
        // Ordering: SeqCst pairs with the fence in `put_out`. Relaxed: the fences order it.
        fence(SeqCst);
        if self.promise.load(Relaxed) > until {
            wake_each(self.take());
        }
    }

    /// Takes `own` in, and rings the others, that they put theirs out again.
    pub(super) fn take_in(&self, own: &Interrupt) {
        if !own.is_in() {
            wake_each(self.take().filter(|bell| !Arc::ptr_eq(bell, own)));
        }
    }

    pub(super) fn take(&self) -> impl Iterator<Item = Interrupt> {
        self.out.take().inspect(|bell| {
            // Ordering: Relaxed: the ringing that follows makes it seen.
            bell.is_out.store(false, Relaxed);
        })
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell")
            .field("is_out", &self.is_out)
            .finish_non_exhaustive()
    }
}

/// Calls every interrupt, then passes on the first panic among them.
pub(super) fn wake_each(interrupts: impl Iterator<Item = Interrupt>) {
    let mut panicked = None;
    for interrupt in interrupts {
        let woken = panic::catch_unwind(AssertUnwindSafe(move || {
            interrupt.waker.wake_by_ref();
            drop(interrupt);
        }));
        if let Err(payload) = woken {
            panicked.get_or_insert(payload);
        }
    }
    if let Some(payload) = panicked {
        panic::resume_unwind(payload);
    }
}

/// Runs something of a user's on a thread that has no part in it: a panic goes no further than the
/// panic hook, as in [`WakeBatch::wake_all`](laneway_waker::WakeBatch::wake_all).
pub(super) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(f)) {
        // It may panic when dropped, too.
        std::mem::forget(payload);
    }
}
