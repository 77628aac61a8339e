//! The shared half.

use core::fmt;
use core::num::NonZeroUsize;

use laneway_loom::sync::Arc;
use laneway_scheduler::{Cause, Notify, Scheduler};

use crate::worker::{self, FifoWorker, Shared};

/// Items in arrival order, with a ring for each worker, a shared queue, and stealing.
///
/// Items can be of any type that is `Send`. What is left when the last half is dropped is dropped
/// with it.
pub struct Fifo<T> {
    shared: Arc<Shared<T>>,
    seed: u64,
}

impl<T: Send> Fifo<T> {
    /// A scheduler without items or workers.
    pub fn new() -> Self {
        Self::with_seed(0)
    }

    /// As [`new`](Self::new); `seed` decides in which order workers choose their victims. The same
    /// calls in the same order, with the same seed, pick the same items.
    pub fn with_seed(seed: u64) -> Self {
        Self {
            shared: Arc::new(Shared::new()),
            seed,
        }
    }
}

impl<T: Send> Default for Fifo<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static> Scheduler<T> for Fifo<T> {
    type Worker = FifoWorker<T>;

    /// # Panics
    ///
    /// When called twice.
    fn workers(&self, count: NonZeroUsize) -> Vec<FifoWorker<T>> {
        worker::workers(&self.shared, count.get(), self.seed)
    }

    fn inject(&self, item: T, _: Cause) -> Result<Notify, T> {
        self.shared.injector.push(item)?;
        Ok(Notify::One)
    }

    fn is_idle(&self) -> bool {
        self.shared.is_idle()
    }

    fn close(&self, sink: &mut dyn FnMut(T)) {
        self.shared.injector.close().for_each(sink);
    }
}

impl<T> fmt::Debug for Fifo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fifo")
            .field("injector", &self.shared.injector)
            .field("workers", &self.shared.stealers())
            .finish_non_exhaustive()
    }
}
