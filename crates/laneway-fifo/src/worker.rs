//! One thread's half: its ring, and where it looks when that is empty.

use core::fmt;
use std::sync::OnceLock;

use laneway_loom::sync::Arc;
use laneway_scheduler::{Cause, Clock, Notify, Worker};

use crate::{
    injector::{Injector, Refill},
    ring::{self, Owner, Stealer},
    victims::Victims,
};

/// Slots of a worker's ring. Large enough that a burst of wakes from one turn of a reactor rarely
/// overflows, small enough (2 KiB of pointers) to stay in the nearest cache. Tokio and Go use 256 too.
#[cfg(not(laneway_loom))]
pub(crate) const CAPACITY: usize = 256;

/// A model explores every order of steps, so it must reach a full ring in few.
#[cfg(laneway_loom)]
pub(crate) const CAPACITY: usize = 4;

/// A busy worker looks at the shared queue once in so many pops. Go's number, and Tokio's: a prime,
/// so that no program with a period of its own keeps in step with it.
#[cfg(not(laneway_loom))]
const LOOK_INTERVAL: u32 = 61;

#[cfg(laneway_loom)]
const LOOK_INTERVAL: u32 = 3;

/// A look brings up to so many items: half of [`LOOK_INTERVAL`], so that when both queues are long
/// the worker runs about as many items of the one as of the other.
const LOOK_BATCH: usize = LOOK_INTERVAL.div_ceil(2) as usize;

/// One thread's half of a [`Fifo`](crate::Fifo).
pub struct FifoWorker<T> {
    ring: Owner<T, CAPACITY>,
    shared: Arc<Shared<T>>,
    index: usize,
    pops_until_look: u32,
    victims: Victims,
}

/// What all workers and the shared half can reach.
pub(crate) struct Shared<T> {
    pub(crate) injector: Injector<T>,
    /// The rings of all workers, by index; there once the workers are.
    stealers: OnceLock<Box<[Stealer<T, CAPACITY>]>>,
}

impl<T: Send> Worker<T> for FifoWorker<T> {
    #[inline]
    fn push(&mut self, item: T, cause: Cause) -> Notify {
        match self.ring.push(item) {
            // This worker is awake, and comes back for it itself.
            Ok(()) if cause == Cause::Yielded => Notify::None,
            Ok(()) => Notify::One,
            Err(item) => self.overflow(item),
        }
    }

    #[inline]
    fn pop(&mut self, _: &impl Clock) -> Option<T> {
        self.pops_until_look -= 1;
        if self.pops_until_look == 0 {
            return self.look_and_pop();
        }
        self.ring.pop()
    }

    fn search(&mut self, _: &impl Clock) -> Option<T> {
        self.take_share().or_else(|| self.steal())
    }

    fn drain(&mut self, sink: &mut dyn FnMut(T)) {
        while let Some(item) = self.ring.pop() {
            sink(item);
        }
        // What overflowed after the end.
        self.shared.injector.take_closed().for_each(sink);
    }
}

impl<T: Send> FifoWorker<T> {
    /// The newest of a full ring and `item` go to the shared queue.
    #[cold]
    fn overflow(&mut self, item: T) -> Notify {
        self.shared.injector.spill(&mut self.ring, item);
        // Whatever the cause: while items moved, others may have looked in vain for all of them.
        Notify::One
    }

    #[cold]
    fn look_and_pop(&mut self) -> Option<T> {
        self.pops_until_look = LOOK_INTERVAL;
        match self
            .shared
            .injector
            .try_refill(&mut self.ring, |_| LOOK_BATCH)
        {
            Refill::Item(item) => return Some(item),
            // Not a reason to wait, nor to forget it for another round.
            Refill::Busy => self.pops_until_look = 1,
            Refill::Moved | Refill::Empty => {}
        }
        self.ring.pop()
    }

    /// This worker's share of the shared queue: as much as the others can have, too.
    fn take_share(&mut self) -> Option<T> {
        let workers = self.shared.stealers().len();
        let share = |len: usize| (len / workers + 1).min(CAPACITY / 2);
        match self.shared.injector.refill(&mut self.ring, share) {
            Refill::Item(item) => Some(item),
            Refill::Moved => self.ring.pop(),
            Refill::Empty | Refill::Busy => None,
        }
    }

    /// Half of the first ring that has something, beginning with a random one.
    fn steal(&mut self) -> Option<T> {
        let stealers = self.shared.stealers();
        self.victims
            .order(stealers.len())
            .find_map(|victim| self.ring.steal_from(&stealers[victim]))
    }
}

/// The halves of `count` workers.
///
/// # Panics
///
/// If `shared` has workers already.
pub(crate) fn workers<T: Send>(
    shared: &Arc<Shared<T>>,
    count: usize,
    seed: u64,
) -> Vec<FifoWorker<T>> {
    let (owners, stealers): (Vec<_>, Vec<_>) = (0..count).map(|_| ring::ring()).unzip();
    let is_first = shared.stealers.set(stealers.into()).is_ok();
    assert!(is_first, "the workers of a Fifo were asked for twice");
    let worker = |(index, ring)| FifoWorker {
        ring,
        shared: shared.clone(),
        index,
        pops_until_look: LOOK_INTERVAL,
        victims: Victims::new(seed, index),
    };
    owners.into_iter().enumerate().map(worker).collect()
}

impl<T> Shared<T> {
    pub(crate) fn new() -> Self {
        Self {
            injector: Injector::new(),
            stealers: OnceLock::new(),
        }
    }

    /// None before there are workers.
    pub(crate) fn stealers(&self) -> &[Stealer<T, CAPACITY>] {
        self.stealers.get().map_or(&[], |stealers| stealers)
    }

    /// See [`Scheduler::is_idle`](laneway_scheduler::Scheduler::is_idle).
    pub(crate) fn is_idle(&self) -> bool {
        // The injector first: items move from there to the rings, without leaving a gap.
        self.injector.is_empty() && self.stealers().iter().all(Stealer::is_empty)
    }
}

impl<T> fmt::Debug for FifoWorker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FifoWorker")
            .field("index", &self.index)
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}
