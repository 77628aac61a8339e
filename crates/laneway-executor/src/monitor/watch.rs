//! What a watched worker leaves for the monitor to see.

use std::sync::OnceLock;

use laneway_loom::sync::{
    TryLock,
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use laneway_task::{Runnable, TaskInfo};

use crate::os;

/// The poll that a worker is in. Neither side waits for the other.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Odd during a poll; another number for each.
    poll: AtomicU64,
    task: TryLock<Option<Polled>>,
    thread_id: OnceLock<Option<u32>>,
}

/// The task of a poll.
#[derive(Debug)]
struct Polled {
    poll: u64,
    task: TaskInfo,
}

impl Watch {
    /// This thread is the worker's.
    pub(crate) fn enter(&self) {
        self.thread_id.get_or_init(os::thread_id);
    }

    /// As [`Runnable::run_once`], watched. By the worker.
    #[cold]
    pub(crate) fn run(&self, runnable: Runnable) -> Option<Runnable> {
        self.begin(&runnable);
        let again = runnable.run_once();
        self.end();
        again
    }

    /// A poll begins.
    fn begin(&self, runnable: &Runnable) {
        // Ordering: Relaxed: the worker alone writes it.
        let poll = self.poll.load(Relaxed) + 1;
        let task = runnable.info();
        // Fails only while the monitor reads the last one's, and then this one is not reported.
        let before = self
            .task
            .try_lock()
            .and_then(|mut place| place.replace(Polled { poll, task }));
        // It may be the last of its task, whose drop is the user's code.
        drop(before);
        // Ordering: Release pairs with the Acquire in `poll`.
        self.poll.store(poll, Release);
    }

    /// The worker ends: it holds no task any more.
    pub(crate) fn leave(&self) {
        let last = loop {
            // The monitor has it for no longer than a clone takes.
            match self.task.try_lock() {
                Some(mut place) => break place.take(),
                None => laneway_loom::thread::yield_now(),
            }
        };
        drop(last);
    }

    /// The poll is over.
    fn end(&self) {
        // Ordering: Relaxed: as in `begin`; nothing is read because of it.
        let poll = self.poll.load(Relaxed) + 1;
        // Ordering: as above.
        self.poll.store(poll, Relaxed);
    }

    /// The number of the poll that the worker is in.
    pub(crate) fn poll(&self) -> Option<u64> {
        // Ordering: Acquire pairs with the Release in `begin`: the task of the poll is there.
        Some(self.poll.load(Acquire)).filter(|poll| poll % 2 == 1)
    }

    /// The task of that poll, unless it is over.
    pub(crate) fn task(&self, poll: u64) -> Option<TaskInfo> {
        let place = self.task.try_lock()?;
        let polled = place.as_ref().filter(|polled| polled.poll == poll)?;
        Some(polled.task.clone())
    }

    pub(crate) fn thread_id(&self) -> Option<u32> {
        self.thread_id.get().copied().flatten()
    }
}
