//! What others may see and touch of one worker.

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::thread::ThreadId;

use crossbeam_utils::CachePadded;
use laneway_loom::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use laneway_scheduler::Priority;
use laneway_task::Id;
use laneway_waker::{Parker, budget::YieldFlag};

use crate::{
    monitor::Watch,
    os::{self, NOWHERE},
    park::Sleeper,
};

/// One worker, as seen by the rest of the executor.
#[derive(Debug)]
pub(crate) struct WorkerSlot {
    pub(crate) sleeper: Sleeper,
    /// Asks the task that is being polled to give way.
    pub(crate) flag: YieldFlag,
    /// If the executor has a monitor.
    pub(crate) watch: Option<Watch>,
    /// The worker's thread, once it runs.
    pub(crate) thread: OnceLock<ThreadId>,
    /// The core that the thread was seen on last. On a line of its own: others look at it.
    //
    // Ordering of all accesses: Relaxed. A hint: who relies on an old one moves, or waits, in vain.
    core: CachePadded<AtomicU32>,
    /// Id and class of that task, [`NONE`] or [`STOPPED`].
    //
    // Ordering of all accesses: Relaxed. For reports and hints; no protocol relies on it.
    running: AtomicU64,
}

/// In [`WorkerSlot::running`]: between two tasks.
const NONE: u64 = 0;

/// In [`WorkerSlot::running`]: the worker has left its loop.
const STOPPED: u64 = u64::MAX;

/// In [`WorkerSlot::running`]: bits for the class; the id is above.
const CLASS_BITS: u32 = 2;

impl WorkerSlot {
    /// With the parker, which the worker's thread keeps to itself.
    pub(crate) fn new(is_watched: bool) -> (Self, Parker) {
        let (sleeper, parker) = Sleeper::new();
        let slot = Self {
            sleeper,
            flag: YieldFlag::new(),
            watch: is_watched.then(Watch::default),
            thread: OnceLock::new(),
            core: CachePadded::new(AtomicU32::new(NOWHERE)),
            running: AtomicU64::new(NONE),
        };
        (slot, parker)
    }

    /// Notes the core that the calling thread, the worker's, is on.
    pub(crate) fn note_core(&self) -> u32 {
        let core = os::current_core();
        // Ordering: see `core`. Read first, since it seldom changes.
        if self.core.load(Relaxed) != core {
            self.core.store(core, Relaxed);
        }
        core
    }

    /// The core that was noted last.
    pub(crate) fn core(&self) -> u32 {
        // Ordering: see `core`.
        self.core.load(Relaxed)
    }

    #[inline]
    pub(crate) fn set_running(&self, id: Id, class: Priority) {
        // Ordering: see `running`.
        self.running
            .store(id.get().get() << CLASS_BITS | class as u64, Relaxed);
    }

    pub(crate) fn set_resting(&self) {
        // Ordering: see `running`.
        self.running.store(NONE, Relaxed);
    }

    pub(crate) fn set_stopped(&self) {
        // Ordering: see `running`.
        self.running.store(STOPPED, Relaxed);
    }

    pub(crate) fn has_stopped(&self) -> bool {
        // Ordering: see `running`.
        self.running.load(Relaxed) == STOPPED
    }

    /// The task that is being polled.
    pub(crate) fn running(&self) -> Option<Id> {
        let word = self.running_word()?;
        NonZeroU64::new(word >> CLASS_BITS).map(Id::from_number)
    }

    /// Its class.
    pub(crate) fn running_class(&self) -> Option<Priority> {
        let word = self.running_word()?;
        Priority::from_u8((word & ((1 << CLASS_BITS) - 1)) as u8)
    }

    fn running_word(&self) -> Option<u64> {
        // Ordering: see `running`.
        let word = self.running.load(Relaxed);
        (word != NONE && word != STOPPED).then_some(word)
    }
}
