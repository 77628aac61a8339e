//! What the handles, the drivers and the sleeps share: one short lock over wheel and promises.
//!
//! Every critical section here does a bounded piece of work and calls no code of a user's: wakers
//! come in cloned and go out to be woken or dropped.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::task::Waker;
use std::time::Instant;

use laneway_loom::sync::{Mutex, MutexGuard};
use laneway_waker::WakeBatch;

use super::drivers::{DriverId, Drivers, Interrupt};
use super::timeline::{Moment, Timeline};
use crate::wheel::{Key, Step, Wheel};

/// Entries that a turn handles before it lets go of the lock: at 10 to 40 ns each (one or two cache
/// lines) they hold up an insertion for some 2 µs. One in models, so that they see the pauses.
const STEPS: usize = if cfg!(laneway_loom) { 1 } else { 64 };

/// The state of one `Timers`.
pub(crate) struct Shared {
    pub(crate) timeline: Timeline,
    synced: Mutex<Synced>,
}

struct Synced {
    wheel: Wheel<Waker>,
    drivers: Drivers,
    /// Once closed: the tick that had elapsed.
    closed: Option<u64>,
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
    pub(crate) fn new(timeline: Timeline) -> Self {
        let synced = Synced {
            wheel: Wheel::new(),
            drivers: Drivers::new(),
            closed: None,
        };
        Self {
            timeline,
            synced: Mutex::new(synced),
        }
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
        let tick = self.timeline.deadline_tick(deadline);
        self.lock().has_elapsed(tick)
    }

    /// Interrupts `first` and every other driver that would sleep past `deadline`.
    ///
    /// If some interrupts panic, the others are called all the same, and the first panic goes on.
    pub(crate) fn interrupt(&self, first: Option<Interrupt>, deadline: Moment) {
        let Some(first) = first else { return };
        let tick = self.timeline.deadline_tick(deadline);
        let others = std::iter::from_fn(|| self.lock().drivers.oversleeper(tick));
        wake_each(std::iter::once(first).chain(others));
    }

    /// Interrupts every driver: the clock has jumped.
    pub(crate) fn interrupt_all(&self) {
        let interrupts = self.lock().drivers.interrupts();
        wake_each(interrupts.into_iter());
    }

    /// Wakes everything due at `now`, then promises the driver to interrupt it before the next
    /// deadline (returned), or withdraws its promise. Returns the number of sleeps woken.
    pub(crate) fn turn(
        &self,
        now: Instant,
        id: DriverId,
        sleeps: bool,
    ) -> (usize, Option<Instant>) {
        let now = self.timeline.elapsed_tick(self.timeline.moment(now));
        let mut batch = WakeBatch::new();
        let mut fired = 0;
        loop {
            let mut synced = self.lock();
            let done = synced.collect(now, &mut batch);
            let next = if done {
                synced.settle(id, sleeps)
            } else {
                None
            };
            drop(synced);
            fired += batch.len();
            batch.wake_all();
            if done {
                return (
                    fired,
                    next.and_then(|tick| self.timeline.tick_instant(tick)),
                );
            }
        }
    }

    /// Promises the executor's driver to interrupt it before the next deadline (returned).
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let next = self.lock().settle(DriverId::EXECUTOR, true);
        next.and_then(|tick| self.timeline.tick_instant(tick))
    }

    /// Wakes every sleep, due or not, and accepts none any more.
    pub(crate) fn close(&self) {
        let mut batch = WakeBatch::new();
        loop {
            let mut synced = self.lock();
            let elapsed = synced.wheel.elapsed();
            synced.closed.get_or_insert(elapsed);
            let done = synced.collect(u64::MAX, &mut batch);
            drop(synced);
            batch.wake_all();
            if done {
                return;
            }
        }
    }

    pub(crate) fn set_interrupt(&self, interrupt: Interrupt) {
        let old = self.lock().drivers.set_interrupt(interrupt);
        drop(old);
    }

    pub(crate) fn join(&self, interrupt: Interrupt) -> DriverId {
        self.lock().drivers.join(interrupt)
    }

    pub(crate) fn leave(&self, id: DriverId) {
        let interrupt = self.lock().drivers.leave(id);
        drop(interrupt);
    }

    fn lock(&self) -> MutexGuard<'_, Synced> {
        self.synced.lock()
    }
}

impl Synced {
    /// Whether the tick has been turned. An entry that has left the wheel by itself has.
    fn has_elapsed(&self, tick: u64) -> bool {
        tick <= self.closed.unwrap_or(self.wheel.elapsed())
    }

    /// Does a bounded piece of what is left until `now`; `true` when nothing is left.
    fn collect(&mut self, now: u64, batch: &mut WakeBatch) -> bool {
        for _ in 0..STEPS {
            if batch.is_full() {
                return false;
            }
            match self.wheel.step(now) {
                Step::Expired(waker) => batch.push(waker),
                Step::Moved => {}
                Step::Done => return true,
            }
        }
        false
    }

    /// Reads the next deadline and publishes it as the driver's promise, in one critical section.
    fn settle(&mut self, id: DriverId, sleeps: bool) -> Option<u64> {
        if !sleeps {
            self.drivers.withdraw(id);
            return None;
        }
        let next = self.wheel.next_deadline();
        self.drivers.promise(id, next.unwrap_or(u64::MAX));
        next
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Shared");
        match self.synced.try_lock() {
            Some(synced) => debug
                .field("wheel", &synced.wheel)
                .field("closed", &synced.closed),
            None => debug.field("wheel", &format_args!("<locked>")),
        };
        debug.finish_non_exhaustive()
    }
}

/// Calls every interrupt, then passes on the first panic among them.
fn wake_each(interrupts: impl Iterator<Item = Interrupt>) {
    let mut panicked = None;
    for interrupt in interrupts {
        let woken = panic::catch_unwind(AssertUnwindSafe(move || {
            interrupt.wake_by_ref();
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
