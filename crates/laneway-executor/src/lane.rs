//! A lane: one scheduler and the workers that serve it.

use std::fmt;

use crossbeam_utils::CachePadded;
use laneway_loom::sync::atomic::{
    AtomicU8,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use laneway_scheduler::{Cause, Notify, Priority, Scheduler};
use laneway_task::Runnable;
use laneway_waker::Parker;

use crate::{
    clock::Monotonic,
    idle::Idle,
    park::{Park, Seat},
    slot::WorkerSlot,
    start::Start,
};

#[cfg(test)]
mod loom;

/// What the workers of a lane share.
pub(crate) struct Lane<S: Scheduler<Runnable>> {
    number: u8,
    pub(crate) scheduler: S,
    pub(crate) idle: Idle,
    pub(crate) seat: Seat,
    pub(crate) clock: Monotonic,
    pub(crate) start: Start<S>,
    pub(crate) slots: Box<[CachePadded<WorkerSlot>]>,
    /// The classes of the tasks that ran here, a bit each.
    classes: AtomicU8,
}

impl<S: Scheduler<Runnable>> Lane<S> {
    /// A lane without threads, with a parker for each worker.
    pub(crate) fn new(
        number: u8,
        scheduler: S,
        workers: usize,
        driver: Box<dyn Park>,
        is_watched: bool,
    ) -> (Self, Vec<Parker>) {
        let (slots, parkers): (Vec<_>, Vec<_>) =
            (0..workers).map(|_| WorkerSlot::new(is_watched)).unzip();
        let lane = Self {
            number,
            scheduler,
            idle: Idle::new(workers),
            seat: Seat::new(driver),
            clock: Monotonic::start(),
            start: Start::new(),
            slots: slots.into_iter().map(CachePadded::new).collect(),
            classes: AtomicU8::new(0),
        };
        (lane, parkers)
    }

    /// Takes a task from a thread that is no worker of this lane.
    pub(crate) fn inject(&self, runnable: Runnable, cause: Cause) -> Result<(), Runnable> {
        let class = runnable.priority();
        if self.scheduler.inject(runnable, cause)? == Notify::One {
            self.wake_one(|| self.scheduler.is_idle());
        }
        self.interrupt_for(class);
        Ok(())
    }

    /// A worker is about to poll tasks of this class.
    pub(crate) fn note_class(&self, class: Priority) {
        // Ordering: Relaxed. A hint: whoever misses it lets a poll go on that could have been cut.
        self.classes.fetch_or(1 << class as u8, Relaxed);
    }

    /// If every worker is busy, asks the one with the least urgent task to end its poll soon.
    fn interrupt_for(&self, class: Priority) {
        let less_urgent = (1 << class as u8) - 1;
        // Ordering: Relaxed, as in `note_class`. Where all tasks are of one class this is all.
        if self.classes.load(Relaxed) & less_urgent == 0 || self.idle.has_takers() {
            return;
        }
        let running = self.slots.iter().filter_map(|slot| {
            let running = slot.running_class()?;
            Some((running, slot))
        });
        if let Some((running, slot)) = running.min_by_key(|(running, _)| *running)
            && running < class
        {
            slot.flag.raise();
        }
    }

    /// The cores of workers that are awake, but for one worker: hints.
    pub(crate) fn cores(&self, but: Option<usize>) -> impl Iterator<Item = u32> {
        let slots = self.slots.iter().enumerate();
        let others = slots.filter(move |&(worker, _)| Some(worker) != but);
        let awake = others.filter(|&(worker, _)| self.idle.is_awake(worker));
        awake.map(|(_, slot)| slot.core())
    }

    /// There is work for one more worker. `is_idle` looks whether there still is.
    #[inline]
    pub(crate) fn wake_one(&self, is_idle: impl Fn() -> bool) {
        // Ordering: PostFence, and ReadIdle: see the race in idle.md. Mostly nobody sleeps, and then this
        // is all; who goes on repeats both.
        fence(SeqCst);
        if self.idle.has_takers() {
            self.wake_sleeper(is_idle);
        }
    }

    /// Somebody sleeps, or searches.
    #[inline(never)]
    fn wake_sleeper(&self, is_idle: impl Fn() -> bool) {
        let own = laneway_waker::lane::current();
        let worker = if own == 0 || own == self.number {
            self.idle.worker_to_wake(self.seat.holder(), is_idle)
        } else {
            self.idle.worker_to_poke(self.seat.holder())
        };
        if let Some(worker) = worker {
            self.slots[worker].sleeper.unpark(&self.seat);
        }
    }

    /// Unparks every worker, to let it see that the executor is closing.
    pub(crate) fn wake_all(&self) {
        for slot in &self.slots {
            slot.sleeper.unpark(&self.seat);
        }
    }
}

impl<S: Scheduler<Runnable>> fmt::Debug for Lane<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("idle", &self.idle)
            .field("seat", &self.seat)
            .field("workers", &self.slots.len())
            .finish_non_exhaustive()
    }
}
