//! What all workers and the shared half can reach: a shared queue for each class, and all rings.

use std::sync::OnceLock;

use laneway_fifo::Injector;
use laneway_fifo::ring::Stealer;
use laneway_scheduler::Priority;

use crate::classes::COUNT;
use crate::ready_mask::ReadyMask;

/// Slots of a ring. As many as in a `Fifo`'s, for each class: four times 2 KiB of pointers a worker, of
/// which only what is used comes into its cache.
#[cfg(not(laneway_loom))]
pub(crate) const CAPACITY: usize = 256;

/// A model explores every order of steps, so it must reach a full ring in few.
#[cfg(laneway_loom)]
pub(crate) const CAPACITY: usize = 4;

/// The rings of one worker, by class.
pub(crate) type Stealers<T> = [Stealer<T, CAPACITY>; COUNT];

pub(crate) struct Shared<T> {
    /// By class.
    queues: [Injector<T>; COUNT],
    pub(crate) ready: ReadyMask,
    /// By worker; there once the workers are.
    stealers: OnceLock<Box<[Stealers<T>]>>,
}

impl<T> Shared<T> {
    pub(crate) fn new() -> Self {
        Self {
            queues: core::array::from_fn(|_| Injector::new()),
            ready: ReadyMask::new(),
            stealers: OnceLock::new(),
        }
    }

    pub(crate) fn queue(&self, class: Priority) -> &Injector<T> {
        &self.queues[class as usize]
    }

    /// None before there are workers.
    pub(crate) fn stealers(&self) -> &[Stealers<T>] {
        self.stealers.get().map_or(&[], |stealers| stealers)
    }

    /// # Panics
    ///
    /// If there are workers already.
    pub(crate) fn set_stealers(&self, stealers: Vec<Stealers<T>>) {
        let is_first = self.stealers.set(stealers.into()).is_ok();
        assert!(is_first, "the workers of a Priorities were asked for twice");
    }

    /// From any thread; gives the item back once closed.
    pub(crate) fn inject(&self, item: T, class: Priority) -> Result<(), T> {
        self.ready.see(class);
        self.queue(class).push(item)?;
        self.ready.raise(class);
        Ok(())
    }

    /// After a worker has taken from a shared queue, or put something there.
    pub(crate) fn update_mask(&self, class: Priority) {
        let queue = self.queue(class);
        if queue.is_empty() {
            self.ready.lower(class, || queue.is_empty());
        } else {
            self.ready.raise(class);
        }
    }

    /// See [`Scheduler::is_idle`](laneway_scheduler::Scheduler::is_idle).
    pub(crate) fn is_idle(&self) -> bool {
        let seen = self.ready.seen();
        // The shared queues first: items move from there to the rings, without leaving a gap.
        seen.iter().all(|class| self.queue(class).is_empty())
            && self
                .stealers()
                .iter()
                .all(|stealers| seen.iter().all(|class| stealers[class as usize].is_empty()))
    }

    /// The most urgent first.
    pub(crate) fn close(&self, sink: &mut dyn FnMut(T)) {
        // All of them before the sink sees an item: it may come back with it.
        let left = self.queues.each_ref().map(Injector::close);
        left.into_iter().rev().flatten().for_each(sink);
    }
}
