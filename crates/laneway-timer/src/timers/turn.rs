//! What a driver does in a turn: serve the inbox, wake what is due, promise when it looks again. And
//! what ends them all.

use std::time::Instant;

use laneway_loom::sync::MutexGuard;
use laneway_loom::sync::atomic::Ordering::Relaxed;
use laneway_loom::thread;
use laneway_waker::WakeBatch;

use super::bells::{Interrupt, quietly, wake_each};
use super::drivers::DriverId;
use super::shared::{Shared, Synced};
use crate::wheel::Step;

/// Entries that a turn handles before it lets go of the lock: at 10 to 40 ns each (one or two cache
/// lines) they hold up an insertion for some 2 µs. One in models, so that they see the pauses.
pub(super) const STEPS: usize = if cfg!(laneway_loom) { 1 } else { 64 };

/// What a turn has done and found.
#[must_use]
pub(crate) struct Turned {
    /// The number of sleeps woken.
    pub(crate) fired: usize,
    /// Others may have been woken by what threads of other lanes had left to be done.
    pub(crate) has_served: bool,
    /// The next deadline.
    pub(crate) next: Option<Instant>,
    /// Until when the driver sleeps, if there is one: until then, or the end of its rest.
    pub(crate) until: Option<Instant>,
}

/// What a driver must do once it has promised, outside the lock, before it sleeps.
#[must_use]
struct Promised {
    next: Option<u64>,
    /// Until when the driver sleeps, if there is a deadline.
    until: Option<u64>,
    /// Its interrupt, to be put out.
    bell: Option<Interrupt>,
    sleeps: bool,
}

impl Shared {
    /// Wakes everything due at `now`, then promises the driver to interrupt it if it would sleep too
    /// long, or withdraws its promise.
    pub(crate) fn turn(&self, now: Instant, id: DriverId, sleeps: bool) -> Turned {
        self.assert_own_lane();
        let has_served = self.serve(id);
        let now = self.timeline.elapsed_tick(self.timeline.moment(now));
        let mut batch = WakeBatch::new();
        let mut fired = 0;
        loop {
            let mut synced = self.lock();
            let done = synced.collect(now, &mut batch);
            self.publish(&synced);
            fired += batch.len();
            let promised = done.then(|| {
                // One by itself may be the last for long, or one of a row that each wait for the one before.
                if fired > 1 {
                    synced.drivers.rest(now, self.timeline.rest());
                }
                self.settle(&mut synced, id, sleeps)
            });
            drop(synced);
            batch.wake_all();
            if let Some(promised) = promised {
                return self.keep(promised, fired, has_served);
            }
        }
    }

    /// As a turn of the executor's driver that finds nothing due.
    pub(crate) fn next_deadline(&self) -> Turned {
        self.assert_own_lane();
        let has_served = self.serve(DriverId::EXECUTOR);
        let promised = self.settle(&mut self.lock(), DriverId::EXECUTOR, true);
        self.keep(promised, 0, has_served)
    }

    /// Wakes every sleep, due or not, and accepts none any more.
    pub(crate) fn close(&self) {
        self.wake_closed(self.inbox.close());
        let mut batch = WakeBatch::new();
        loop {
            let mut synced = if self.is_own_lane() {
                self.lock()
            } else {
                self.lock_at_last()
            };
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

    /// The lock, for a thread of another lane: only for the end of the timers, when it may be that no
    /// thread of their lane is left to do what has to be done.
    fn lock_at_last(&self) -> MutexGuard<'_, Synced> {
        loop {
            if let Some(synced) = self.synced.try_lock() {
                return synced;
            }
            thread::yield_now();
        }
    }

    /// Reads the next deadline and publishes what follows as the driver's promise, in one critical section.
    fn settle(&self, synced: &mut Synced, id: DriverId, sleeps: bool) -> Promised {
        let next = synced.wheel.next_deadline().filter(|_| sleeps);
        let until = next.map(|next| synced.drivers.wake_up(next));
        let bell = match sleeps {
            true => {
                let interrupt = synced.drivers.promise(id, until.unwrap_or(u64::MAX));
                interrupt.filter(|bell| bell.is_in()).cloned()
            }
            false => {
                synced.drivers.withdraw(id);
                None
            }
        };
        self.bells.promise(synced.drivers.last_promise());
        Promised {
            next,
            until,
            bell,
            sleeps,
        }
    }

    /// Sees to it that a promise is kept towards threads of other lanes, too.
    fn keep(&self, promised: Promised, fired: usize, has_served: bool) -> Turned {
        if promised.sleeps {
            self.bells.put_out(promised.bell);
            // Ordering: Relaxed, see `interrupt_all`. The load comes first because it finds nothing, as a
            // rule.
            let jumped = self.jumped.load(Relaxed) && self.jumped.swap(false, Relaxed);
            // Re-check: word left before the bell was out rings nothing.
            if jumped || !self.inbox.is_empty() {
                // Something came meanwhile: have the sleep end as it begins.
                let interrupts = self.lock().drivers.interrupts();
                quietly(|| wake_each(interrupts.into_iter()));
            }
        }
        let instant = |tick| self.timeline.tick_instant(tick);
        Turned {
            fired,
            has_served,
            next: promised.next.and_then(instant),
            until: promised.until.and_then(instant),
        }
    }
}

impl Synced {
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
}
