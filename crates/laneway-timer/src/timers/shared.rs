//! What the handles, the drivers and the sleeps share: one short lock over wheel and promises, and an
//! inbox for threads of other lanes, which may not take it.
//!
//! Every critical section here does a bounded piece of work and calls no code of a user's: wakers
//! come in cloned and go out to be woken or dropped.

use std::fmt;
use std::task::Waker;

use laneway_loom::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use laneway_loom::sync::{Mutex, MutexGuard};
use laneway_waker::{Inbox, lane};

use super::bells::{Bells, Interrupt, wake_each};
use super::drivers::{DriverId, Drivers};
use super::remote::Word;
use super::timeline::{Moment, Timeline};
use crate::wheel::{Key, Wheel};

/// The state of one `Timers`.
pub(crate) struct Shared {
    pub(crate) timeline: Timeline,
    /// The lane whose threads may take the lock.
    lane: u8,
    pub(super) synced: Mutex<Synced>,
    /// The tick that has been turned, for those without the lock. Written under it.
    elapsed: AtomicU64,
    /// What threads of other lanes leave; closed when the timers are.
    pub(super) inbox: Inbox<Word>,
    pub(super) bells: Bells,
    /// Counts the words that can wait.
    pub(super) patient: AtomicU64,
    /// A thread of another lane has moved the clock.
    pub(super) jumped: AtomicBool,
}

pub(super) struct Synced {
    pub(super) wheel: Wheel<Waker>,
    pub(super) drivers: Drivers,
    /// Once closed: the tick that had elapsed.
    pub(super) closed: Option<u64>,
}

/// What a sleep that is not in the wheel must do.
#[must_use]
pub(crate) enum Enqueue {
    /// It is in the wheel. Keep the key, then interrupt whoever would sleep too long.
    Queued(Key, Option<Interrupt>),
    /// Its deadline has elapsed. Drop the waker.
    Elapsed(Waker),
    /// Nobody will fire it. Drop the waker, then panic.
    Closed(Waker),
}

/// What a sleep that was given another deadline must do.
#[must_use]
pub(crate) enum Reset {
    /// It is in the wheel. Interrupt whoever would sleep too long.
    Moved(Option<Interrupt>),
    /// It fired meanwhile, so its task is being woken and will poll. Forget the key.
    Fired,
}

/// What a sleep that was put in the wheel must do.
#[must_use]
pub(crate) enum Check {
    /// Wait: this waker is going to be woken.
    Waiting,
    /// Wait, but another waker is in the wheel: give it a clone.
    OtherWaker,
    /// Its deadline has elapsed, and it is out of the wheel. Drop the waker.
    Elapsed(Option<Waker>),
    /// It did not fire and nobody will fire it: panic.
    Closed,
}

impl Shared {
    pub(crate) fn new(timeline: Timeline, lane: u8) -> Self {
        let synced = Synced {
            wheel: Wheel::new(),
            drivers: Drivers::new(),
            closed: None,
        };
        Self {
            timeline,
            lane,
            synced: Mutex::new(synced),
            elapsed: AtomicU64::new(0),
            inbox: Inbox::new(),
            bells: Bells::new(),
            patient: AtomicU64::new(0),
            jumped: AtomicBool::new(false),
        }
    }

    pub(crate) fn lane(&self) -> u8 {
        self.lane
    }

    /// Whether this thread may take the lock.
    #[inline]
    pub(crate) fn is_own_lane(&self) -> bool {
        lane::current() == self.lane
    }

    pub(crate) fn enqueue(&self, deadline: Moment, waker: Waker) -> Enqueue {
        let tick = self.timeline.deadline_tick(deadline);
        let mut synced = self.lock();
        if synced.has_elapsed(tick) {
            return Enqueue::Elapsed(waker);
        }
        if synced.closed.is_some() {
            return Enqueue::Closed(waker);
        }
        let key = synced.wheel.insert(tick, waker);
        Enqueue::Queued(key, synced.drivers.oversleeper(tick))
    }

    pub(crate) fn check(&self, key: Key, deadline: Moment, waker: &Waker) -> Check {
        let tick = self.timeline.deadline_tick(deadline);
        let mut synced = self.lock();
        if synced.has_elapsed(tick) {
            return Check::Elapsed(synced.wheel.remove(key));
        }
        match synced.wheel.get(key) {
            Some(queued) if queued.will_wake(waker) => Check::Waiting,
            Some(_) => Check::OtherWaker,
            None => Check::Closed,
        }
    }

    /// Gives the entry another waker, and gives back the one that is to be dropped: the old one, or
    /// (`Err`) the new one, if the entry has left the wheel.
    pub(crate) fn replace_waker(&self, key: Key, waker: Waker) -> Result<Waker, Waker> {
        match self.lock().wheel.get_mut(key) {
            Some(queued) => Ok(std::mem::replace(queued, waker)),
            None => Err(waker),
        }
    }

    /// Takes the entry out of the wheel; its waker is to be dropped.
    pub(crate) fn remove(&self, key: Key) -> Option<Waker> {
        self.lock().wheel.remove(key)
    }

    /// Moves the entry to another deadline.
    pub(crate) fn reset(&self, key: Key, deadline: Moment) -> Reset {
        let tick = self.timeline.deadline_tick(deadline);
        let mut synced = self.lock();
        if !synced.wheel.reset(key, tick) {
            return Reset::Fired;
        }
        Reset::Moved(synced.drivers.oversleeper(tick))
    }

    /// Whether a deadline lies before what has been turned.
    pub(crate) fn has_elapsed(&self, deadline: Moment) -> bool {
        // Ordering: Relaxed: it only grows, and nothing else is read because of it. Who was woken by a
        // driver sees what that driver wrote before.
        self.timeline.deadline_tick(deadline) <= self.elapsed.load(Relaxed)
    }

    /// Interrupts `first` and every other driver that would sleep past `deadline`.
    ///
    /// If some interrupts panic, the others are called all the same, and the first panic goes on.
    pub(crate) fn interrupt(&self, first: Option<Interrupt>, deadline: Moment) {
        if first.is_some() {
            self.interrupt_oversleepers(first, self.timeline.deadline_tick(deadline));
        }
    }

    pub(super) fn interrupt_oversleepers(&self, first: Option<Interrupt>, tick: u64) {
        let others = std::iter::from_fn(|| self.lock().drivers.oversleeper(tick));
        wake_each(first.into_iter().chain(others));
    }

    /// Interrupts every driver: the clock has jumped.
    pub(crate) fn interrupt_all(&self) {
        if self.is_own_lane() {
            let interrupts = self.lock().drivers.interrupts();
            wake_each(interrupts.into_iter());
        } else {
            // Ordering: Relaxed: of the fences of the bells, either this thread's is the first, and with
            // it the driver sees the jump and the clock; or the driver's is, and it is rung.
            self.jumped.store(true, Relaxed);
            self.bells.ring(0);
        }
    }

    pub(crate) fn set_interrupt(&self, interrupt: Interrupt) {
        if self.is_own_lane() {
            let old = self.lock().drivers.set_interrupt(interrupt);
            self.retire(old);
        } else {
            self.leave_interrupt(interrupt);
        }
    }

    pub(crate) fn join(&self, interrupt: Interrupt) -> DriverId {
        self.assert_own_lane();
        self.lock().drivers.join(interrupt)
    }

    pub(crate) fn leave(&self, id: DriverId) {
        let interrupt = self.lock().drivers.leave(id);
        self.retire(interrupt);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Synced> {
        debug_assert!(self.is_own_lane(), "lanes do not share a lock");
        self.synced.lock()
    }

    pub(super) fn assert_own_lane(&self) {
        assert!(
            self.is_own_lane(),
            "timers of lane {} are turned by a thread of lane {}",
            self.lane,
            lane::current(),
        );
    }

    /// Lets those without the lock know what has been turned.
    pub(super) fn publish(&self, synced: &Synced) {
        // Ordering: Relaxed: see `has_elapsed`.
        self.elapsed.store(synced.elapsed(), Relaxed);
    }

    /// Drops the interrupt of nobody.
    fn retire(&self, interrupt: Option<Interrupt>) {
        if let Some(interrupt) = interrupt {
            self.bells.take_in(&interrupt);
        }
    }
}

impl Synced {
    /// Whether the tick has been turned. An entry that has left the wheel by itself has.
    fn has_elapsed(&self, tick: u64) -> bool {
        tick <= self.elapsed()
    }

    fn elapsed(&self) -> u64 {
        self.closed.unwrap_or(self.wheel.elapsed())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Shared");
        // Not even tried by a thread that might be stopped inside.
        let synced = if self.is_own_lane() {
            self.synced.try_lock()
        } else {
            None
        };
        let debug = debug.field("lane", &self.lane);
        match synced {
            Some(synced) => debug
                .field("wheel", &synced.wheel)
                .field("closed", &synced.closed),
            None => debug.field("wheel", &format_args!("<locked>")),
        };
        debug.finish_non_exhaustive()
    }
}
