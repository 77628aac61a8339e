//! How many jobs the pool accepts, and who waits for room.
//!
//! One atomic word counts, so that anybody may take a slot and give one back, also a thread that may
//! not wait for a lock of this pool. The lock is for the line of those who wait: only when somebody
//! does is it needed, to see who is next.
//!
//! # Invariants
//!
//! 1. `taken` counts the jobs that were accepted and have not ended, the permits for jobs to come, and
//!    the slots that are owed. It is never more than `capacity`.
//! 2. The line has members while [`WAITED`] is set, and only then; and that is set only while all slots
//!    are taken. Both begin in one step of the word, so that a slot that is given back either is free
//!    before somebody looks for one in vain, or is owed; and both end in one, so that none is owed to
//!    nobody, for which somebody would be turned away.
//! 3. While `WAITED` is set, a slot that is given back is *owed*: to who waited longest. Whoever owes
//!    one sees to it that somebody [pays](Slots::pay). What is owed when nobody waits becomes free, in
//!    one step with the end of `WAITED`.
//! 4. `owed` goes down, `WAITED` changes and the line changes under the lock only.
//! 5. A waiter is granted a slot, told of the end, or leaves: whichever comes first, and only that.
//!
//! Nothing in here wakes, clones or drops a waker: that is for the caller to do once the lock is free.

use std::collections::BTreeMap;
use std::mem;

use laneway_loom::sync::{
    Arc, Mutex,
    atomic::{
        AtomicU64,
        Ordering::{self, Relaxed},
    },
};

pub(crate) use waiter::{Left, Waiter};

#[cfg(all(test, not(laneway_loom)))]
mod tests;
mod waiter;

/// Somebody waits for a slot.
const WAITED: u64 = 1 << 62;
/// Nobody gets one any more.
const CLOSED: u64 = 1 << 63;
/// One slot that is taken, in the lower half.
const TAKEN: u64 = 1;
/// One slot that is owed, in the upper half.
const OWED: u64 = 1 << COUNT_BITS;
const COUNT_BITS: u32 = 31;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// Whether there was room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// A slot is the caller's, to be [given back](Slots::give_back).
    Taken,
    Full,
    Closed,
}

/// What became of a slot that was given back.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "somebody waits for what is owed"]
pub(crate) enum GivenBack {
    Free,
    /// It is for who waits: let a thread that may lock [pay](Slots::pay) until there is nothing owed.
    Owed,
}

#[derive(Debug)]
pub(crate) struct Slots {
    capacity: u64,
    /// From below: taken, owed, `WAITED`, `CLOSED`.
    word: AtomicU64,
    next_ticket: AtomicU64,
    line: Mutex<BTreeMap<u64, Arc<Waiter>>>,
}

impl Slots {
    /// A capacity beyond two thousand million is that: so many jobs fit into no memory.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity: u64::try_from(capacity).map_or(COUNT, |capacity| capacity.min(COUNT)),
            word: AtomicU64::new(0),
            next_ticket: AtomicU64::new(0),
            line: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes a slot if one is free. Whoever waits is not overtaken: while somebody does, none is.
    pub(crate) fn take(&self) -> Take {
        self.update(|word| {
            if word & CLOSED != 0 {
                (Take::Closed, None)
            } else if word & COUNT == self.capacity {
                (Take::Full, None)
            } else {
                (Take::Taken, Some(word + TAKEN))
            }
        })
    }

    /// Gives a slot back.
    pub(crate) fn give_back(&self) -> GivenBack {
        self.update(|word| {
            if word & WAITED == 0 {
                (GivenBack::Free, Some(word - TAKEN))
            } else {
                (GivenBack::Owed, Some(word + OWED))
            }
        })
    }

    /// Whether there is something to pay.
    pub(crate) fn is_owing(&self) -> bool {
        // Ordering: Relaxed: who owes sees that, and has taken it upon himself to see to it.
        self.word.load(Relaxed) >> COUNT_BITS & COUNT != 0
    }

    /// Pays one slot that is owed: to the returned waiter, who does not know. `None` when nothing is owed
    /// any more.
    #[must_use = "the slot is theirs now, and they do not know"]
    pub(crate) fn pay(&self) -> Option<Arc<Waiter>> {
        let mut line = self.line.lock();
        if !self.is_owing() {
            return None;
        }
        let (_, first) = line.pop_first()?;
        self.shorten(&line, if first.grant() { OWED } else { 0 });
        Some(first)
    }

    /// The line has become shorter, and so much of what was owed is paid. If nobody is left in it, what
    /// is still owed becomes free.
    fn shorten(&self, line: &BTreeMap<u64, Arc<Waiter>>, paid: u64) {
        self.update(|word| {
            let word = word - paid;
            let owed = word >> COUNT_BITS & COUNT;
            let next = match line.is_empty() {
                true => (word & (COUNT | CLOSED)) - owed,
                false => word,
            };
            ((), Some(next))
        });
    }

    /// A place in the line, for who found no room.
    pub(crate) fn ticket(&self) -> Arc<Waiter> {
        // Ordering: Relaxed: all that matters is that it counts up.
        Arc::new(Waiter::new(self.next_ticket.fetch_add(1, Relaxed)))
    }

    /// Takes a slot for the waiter, or tells it of the end; or has it wait, which is `false`.
    #[must_use = "it may not know"]
    pub(crate) fn wait(&self, waiter: &Arc<Waiter>) -> bool {
        let mut line = self.line.lock();
        let take = self.update(|word| {
            if word & CLOSED != 0 {
                (Take::Closed, None)
            } else if word & COUNT == self.capacity {
                (Take::Full, Some(word | WAITED))
            } else {
                (Take::Taken, Some(word + TAKEN))
            }
        });
        match take {
            Take::Closed => waiter.close(),
            Take::Full => {
                line.insert(waiter.ticket(), waiter.clone());
            }
            Take::Taken if waiter.grant() => {}
            Take::Taken => {
                // It has left. Nobody waits in the line, so nobody is owed anything.
                let (GivenBack::Free | GivenBack::Owed) = self.give_back();
            }
        }
        take != Take::Full
    }

    /// Takes a waiter that has left out of the line.
    pub(crate) fn forget(&self, waiter: &Waiter) {
        let mut line = self.line.lock();
        let forgotten = line.remove(&waiter.ticket());
        if forgotten.is_some() {
            self.shorten(&line, 0);
        }
        drop(line);
        drop(forgotten);
    }

    /// Ends all waiting, and gives those who did.
    #[must_use = "they wait no longer, and do not know"]
    pub(crate) fn close(&self) -> impl Iterator<Item = Arc<Waiter>> + use<> {
        let mut line = self.line.lock();
        self.update(|word| {
            let owed = word >> COUNT_BITS & COUNT;
            ((), Some(((word & COUNT) - owed) | CLOSED))
        });
        let waiting = mem::take(&mut *line);
        for waiter in waiting.values() {
            waiter.close();
        }
        waiting.into_values()
    }

    pub(crate) fn taken(&self) -> u64 {
        // Ordering: Relaxed: a picture, not a decision.
        self.word.load(Relaxed) & COUNT
    }

    /// Holds up whoever waits for the lock.
    #[cfg(all(test, not(laneway_loom)))]
    pub(crate) fn lock(&self) -> impl Sized + use<'_> {
        self.line.lock()
    }

    /// The one loop behind all steps of the word.
    fn update<T>(&self, step: impl Fn(u64) -> (T, Option<u64>)) -> T {
        // Ordering: Relaxed, here and below: a slot is a number and carries nothing. What a job did is
        // seen by who joins it; who is granted a slot gets it by the waiter.
        const ORDERING: Ordering = Relaxed;
        let mut word = self.word.load(ORDERING);
        loop {
            let (result, next) = step(word);
            let Some(next) = next else { return result };
            match self
                .word
                .compare_exchange_weak(word, next, ORDERING, ORDERING)
            {
                Ok(_) => return result,
                Err(actual) => word = actual,
            }
        }
    }
}
