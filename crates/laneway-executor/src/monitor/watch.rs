//! What a watched worker leaves for the monitor to see.

use std::panic::Location;
use std::sync::OnceLock;

use laneway_loom::sync::{
    TryLock,
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use laneway_task::{Id, Runnable};

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
#[derive(Debug, Clone)]
pub(crate) struct Polled {
    poll: u64,
    pub(crate) id: Id,
    pub(crate) name: Option<String>,
    pub(crate) location: &'static Location<'static>,
}

impl Watch {
    /// This thread is the worker's.
    pub(crate) fn enter(&self) {
        self.thread_id.get_or_init(os::thread_id);
    }

    /// A poll begins. By the worker.
    pub(crate) fn begin(&self, runnable: &Runnable) {
        // Ordering: Relaxed: the worker alone writes it.
        let poll = self.poll.load(Relaxed) + 1;
        // Fails only while the monitor reads the last one's, and then this one goes without a name.
        if let Some(mut task) = self.task.try_lock() {
            *task = Some(Polled {
                poll,
                id: runnable.id(),
                name: runnable.name().map(str::to_owned),
                location: runnable.location(),
            });
        }
        // Ordering: Release pairs with the Acquire in `poll`.
        self.poll.store(poll, Release);
    }

    /// The poll is over.
    pub(crate) fn end(&self) {
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
    pub(crate) fn task(&self, poll: u64) -> Option<Polled> {
        let task = self.task.try_lock()?.clone();
        task.filter(|task| task.poll == poll)
    }

    pub(crate) fn thread_id(&self) -> Option<u32> {
        self.thread_id.get().copied().flatten()
    }
}
