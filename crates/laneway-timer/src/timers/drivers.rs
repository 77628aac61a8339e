//! Who sleeps until when: the promises that an earlier deadline breaks.
//!
//! A driver is whoever turns the timers and then sleeps: an executor through `Timers::turn`, a
//! thread of the user's inside `Timers::run_until`. Each sleeps on a promise, the deadline that its
//! last turn reported. The race is
//!
//! ```text
//! driver                               anybody of its lane
//! 1  read the next deadline            a  insert an earlier one
//! 2  publish it as the promise         b  read the promise
//! 3  sleep until then                  c  it is later than mine: interrupt the driver
//! ```
//!
//! and the proof is that 1 and 2 are one critical section, a and b another, of one lock. If the
//! driver's comes first, b sees the promise and c interrupts; an interrupt that arrives before 3 is
//! a token that 3 consumes. If it comes second, 1 sees a.
//!
//! Who has woken and fired several at once rests: until the rest is over, no driver wakes for a deadline, and
//! so a promise is never earlier, and no deadline before it breaks one. What falls due in a rest fires at
//! its end; or before, if a driver is awake and turns.
//!
//! Threads of other lanes do not take that lock: for them there are the [bells](super::bells).

use super::bells::Interrupt;

/// A promise that no deadline breaks: nobody sleeps on it.
const AWAKE: u64 = 0;

/// Names one driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DriverId(u64);

impl DriverId {
    /// The driver that `Timers::turn`, `fire`, `next_deadline` and `set_interrupt` speak for.
    pub(crate) const EXECUTOR: Self = Self(0);
}

/// All drivers of one `Timers`: one, as a rule. Always used under its lock.
#[derive(Debug)]
pub(super) struct Drivers {
    list: Vec<Driver>,
    last_id: DriverId,
    /// Before this tick nobody is to wake for a deadline.
    rest_end: u64,
    /// Until when the driver sleeps that sleeps longest.
    last_promise: u64,
}

#[derive(Debug)]
struct Driver {
    id: DriverId,
    interrupt: Option<Interrupt>,
    promised: u64,
}

impl Drivers {
    pub(super) fn new() -> Self {
        let executor = Driver {
            id: DriverId::EXECUTOR,
            interrupt: None,
            promised: AWAKE,
        };
        Self {
            list: vec![executor],
            last_id: DriverId::EXECUTOR,
            rest_end: 0,
            last_promise: AWAKE,
        }
    }

    /// Gives the executor's driver its interrupt; the old one is to be dropped outside the lock.
    pub(super) fn set_interrupt(&mut self, interrupt: Interrupt) -> Option<Interrupt> {
        self.find(DriverId::EXECUTOR)?.interrupt.replace(interrupt)
    }

    pub(super) fn join(&mut self, interrupt: Interrupt) -> DriverId {
        self.last_id = DriverId(self.last_id.0 + 1);
        let id = self.last_id;
        self.list.push(Driver {
            id,
            interrupt: Some(interrupt),
            promised: AWAKE,
        });
        id
    }

    /// Removes a driver; its interrupt is to be dropped outside the lock.
    #[must_use]
    pub(super) fn leave(&mut self, id: DriverId) -> Option<Interrupt> {
        let index = self.list.iter().position(|driver| driver.id == id)?;
        let left = self.list.swap_remove(index);
        self.promised();
        left.interrupt
    }

    /// A driver that is awake at `now` has fired several: a rest of `ticks` begins, unless it is one.
    pub(super) fn rest(&mut self, now: u64, ticks: u64) {
        if now >= self.rest_end {
            // From when it was to wake, if that was now: how long it took to wake is not added.
            let begin = match now - self.rest_end {
                late if late < ticks / 2 => self.rest_end,
                _ => now,
            };
            self.rest_end = begin.saturating_add(ticks);
        }
    }

    /// When to wake for a deadline.
    pub(super) fn wake_up(&self, deadline: u64) -> u64 {
        deadline.max(self.rest_end)
    }

    /// The driver is about to sleep until tick `until`. Its interrupt.
    pub(super) fn promise(&mut self, id: DriverId, until: u64) -> Option<&Interrupt> {
        self.find(id)?.promised = until;
        self.promised();
        self.find(id)?.interrupt.as_ref()
    }

    /// The driver will look again before it sleeps.
    pub(super) fn withdraw(&mut self, id: DriverId) {
        self.promise(id, AWAKE);
    }

    /// Until when the driver sleeps that sleeps longest.
    pub(super) fn last_promise(&self) -> u64 {
        self.last_promise
    }

    /// One driver that would sleep past `deadline`, to be interrupted outside the lock. It is
    /// reported once for each deadline that breaks its promise.
    #[inline]
    pub(super) fn oversleeper(&mut self, deadline: u64) -> Option<Interrupt> {
        let deadline = self.wake_up(deadline);
        if self.last_promise > deadline {
            self.find_oversleeper(deadline)
        } else {
            None
        }
    }

    #[cold]
    fn find_oversleeper(&mut self, deadline: u64) -> Option<Interrupt> {
        let mut oversleeper = None;
        for driver in &mut self.list {
            if driver.promised > deadline && oversleeper.is_none() {
                driver.promised = deadline;
                oversleeper.clone_from(&driver.interrupt);
            }
        }
        self.promised();
        oversleeper
    }

    /// Some promise is another.
    fn promised(&mut self) {
        let promises = self.list.iter().map(|driver| driver.promised);
        self.last_promise = promises.max().unwrap_or(AWAKE);
    }

    /// Everybody's interrupt, asleep or not: who read the clock before it jumped has promised
    /// nothing yet, and will sleep all the same.
    pub(super) fn interrupts(&self) -> Vec<Interrupt> {
        self.list
            .iter()
            .filter_map(|driver| driver.interrupt.clone())
            .collect()
    }

    fn find(&mut self, id: DriverId) -> Option<&mut Driver> {
        self.list.iter_mut().find(|driver| driver.id == id)
    }
}
