//! The shared half.

use core::fmt;
use core::num::NonZeroUsize;

use laneway_loom::sync::Arc;
use laneway_scheduler::{Cause, Notify, Priority, Scheduler};

use crate::key::Key;
use crate::shared::Shared;
use crate::shares::Shares;
use crate::worker::{self, PriorityWorker};

/// The most urgent items first, in arrival order within a class, with a minimum [share](Shares) for each
/// class, and stealing.
///
/// `K` tells the class of an item. What is left when the last half is dropped is dropped with it.
pub struct Priorities<T, K = fn(&T) -> Priority> {
    shared: Arc<Shared<T>>,
    key: K,
    shares: Shares,
    seed: u64,
}

impl<T: Send, K: Fn(&T) -> Priority> Priorities<T, K> {
    /// A scheduler without items or workers. `key` tells the class of an item; it is called once each time
    /// the item goes in, so what it says may change in between.
    ///
    /// ```
    /// use laneway_priority::Priorities;
    /// use laneway_scheduler::Priority;
    ///
    /// // Odd numbers are urgent.
    /// let _ = Priorities::by_key(|number: &u32| {
    ///     if number % 2 == 1 { Priority::Critical } else { Priority::Normal }
    /// });
    /// ```
    pub fn by_key(key: K) -> Self {
        Self::with(key)
    }
}

impl<T: Send, K: Key<T>> Priorities<T, K> {
    /// As [`by_key`](Self::by_key), for a type that is not a function.
    pub fn new(key: K) -> Self {
        Self::with(key)
    }
}

impl<T: Send, K> Priorities<T, K> {
    fn with(key: K) -> Self {
        Self {
            shared: Arc::new(Shared::new()),
            key,
            shares: Shares::default(),
            seed: 0,
        }
    }

    /// What each class gets at least.
    #[must_use]
    pub fn shares(mut self, shares: Shares) -> Self {
        self.shares = shares;
        self
    }

    /// Decides in which order workers choose their victims. The same calls at the same times in the same
    /// order, with the same seed, pick the same items.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl<T, K> Scheduler<T> for Priorities<T, K>
where
    T: Send + 'static,
    K: Key<T>,
{
    type Worker = PriorityWorker<T, K>;

    /// # Panics
    ///
    /// When called twice.
    fn workers(&self, count: NonZeroUsize) -> Vec<PriorityWorker<T, K>> {
        worker::workers(&self.shared, &self.key, count.get(), self.shares, self.seed)
    }

    fn inject(&self, item: T, _: Cause) -> Result<Notify, T> {
        let class = self.key.priority(&item);
        self.shared.inject(item, class)?;
        Ok(Notify::One)
    }

    fn is_idle(&self) -> bool {
        self.shared.is_idle()
    }

    fn close(&self, sink: &mut dyn FnMut(T)) {
        self.shared.close(sink);
    }
}

impl<T, K> fmt::Debug for Priorities<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Priorities")
            .field("shares", &self.shares)
            .field("ready", &self.shared.ready.get())
            .field("workers", &self.shared.stealers())
            .finish_non_exhaustive()
    }
}
