//! How many jobs the pool accepts, and who waits for room. Nothing in here wakes, clones or drops a
//! waker: that is for the caller to do once the lock is free.
//!
//! # Invariants
//!
//! 1. `taken` counts the jobs that were accepted and have not ended, and the permits for jobs to
//!    come. It is never more than `capacity`.
//! 2. Somebody waits only while all slots are taken: a slot that is given back goes to who waited
//!    longest, without ever being free.
//! 3. A ticket that is not in `waiting` any more was granted a slot, unless the pool is closed.

use std::collections::BTreeMap;
use std::mem;
use std::task::Waker;

#[cfg(test)]
mod tests;

/// Whether there was room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// A slot is the caller's, to be [given back](Slots::give_back).
    Taken,
    Full,
    Closed,
}

/// How waiting for a slot goes on.
#[derive(Debug)]
pub(crate) enum Wait {
    /// A slot is the caller's, to be [given back](Slots::give_back). Here is a waker that is not
    /// needed any more.
    Taken(Option<Waker>),
    /// The waker is stored. Here is the one it displaced.
    Waiting(Option<Waker>),
    Closed(Option<Waker>),
}

/// The number of one who waits; a smaller one came earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

#[derive(Debug)]
pub(crate) struct Slots {
    capacity: usize,
    taken: usize,
    waiting: BTreeMap<Ticket, Waker>,
    next_ticket: u64,
    is_closed: bool,
}

impl Slots {
    pub(crate) fn new(capacity: usize) -> Self {
        let waiting = BTreeMap::new();
        Self {
            capacity,
            taken: 0,
            waiting,
            next_ticket: 0,
            is_closed: false,
        }
    }

    /// Takes a slot if one is free. Whoever waits is not overtaken: while somebody does, none is.
    pub(crate) fn take(&mut self) -> Take {
        if self.is_closed {
            Take::Closed
        } else if self.taken == self.capacity {
            Take::Full
        } else {
            self.taken += 1;
            Take::Taken
        }
    }

    /// Goes on waiting with `waker`; or begins to, without a ticket.
    pub(crate) fn wait(&mut self, ticket: &mut Option<Ticket>, waker: Waker) -> Wait {
        if self.is_closed {
            return Wait::Closed(Some(waker));
        }
        match *ticket {
            Some(ticket) => match self.waiting.get_mut(&ticket) {
                Some(stored) => Wait::Waiting(Some(mem::replace(stored, waker))),
                None => Wait::Taken(Some(waker)),
            },
            None if self.taken < self.capacity => {
                self.taken += 1;
                Wait::Taken(Some(waker))
            }
            None => {
                let new = Ticket(self.next_ticket);
                self.next_ticket += 1;
                *ticket = Some(new);
                Wait::Waiting(self.waiting.insert(new, waker))
            }
        }
    }

    /// As [`wait`](Self::wait) with a ticket, if the waker need not be replaced.
    pub(crate) fn wait_on(&mut self, ticket: Ticket, waker: &Waker) -> Option<Wait> {
        if self.is_closed {
            return Some(Wait::Closed(None));
        }
        match self.waiting.get(&ticket) {
            Some(stored) => stored.will_wake(waker).then_some(Wait::Waiting(None)),
            None => Some(Wait::Taken(None)),
        }
    }

    /// Stops waiting: `Ok` with the waker that was stored, or `Err` if a slot had been granted,
    /// which is now the caller's to give back.
    pub(crate) fn stop_waiting(&mut self, ticket: Ticket) -> Result<Option<Waker>, Granted> {
        match self.waiting.remove(&ticket) {
            Some(waker) => Ok(Some(waker)),
            None if self.is_closed => Ok(None),
            None => Err(Granted),
        }
    }

    /// Gives a slot back: to whoever waited longest, whose waker this returns, or to all.
    #[must_use = "the slot is theirs now, and they do not know"]
    pub(crate) fn give_back(&mut self) -> Option<Waker> {
        let first = self.waiting.pop_first();
        if first.is_none() {
            self.taken -= 1;
        }
        first.map(|(_, waker)| waker)
    }

    /// Ends all waiting, and gives the wakers of those who did.
    #[must_use = "they wait no longer, and do not know"]
    pub(crate) fn close(&mut self) -> impl Iterator<Item = Waker> + use<> {
        self.is_closed = true;
        mem::take(&mut self.waiting).into_values()
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken
    }
}

/// A slot was granted to somebody who stopped waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Granted;
