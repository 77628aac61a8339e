//! The two halves.

use core::fmt;
use core::num::NonZeroUsize;

use laneway_loom::sync::Arc;
use laneway_scheduler::{Cause, Clock, Notify, Scheduler, Worker};

use crate::Deadline;
use crate::shared::Shared;

/// The item with the earliest deadline first; of equal ones, which came first.
///
/// `K` tells the deadline of an item. What is left when the last half is dropped is dropped with it.
pub struct Deadlines<T, K = fn(&T) -> Deadline> {
    shared: Arc<Shared<T>>,
    key: K,
}

/// One thread's half of a [`Deadlines`].
pub struct DeadlineWorker<T, K = fn(&T) -> Deadline> {
    shared: Arc<Shared<T>>,
    key: K,
    /// Of the item that runs, or ran last.
    running: Deadline,
}

impl<T: Send, K: Fn(&T) -> Deadline> Deadlines<T, K> {
    /// A scheduler without items. `key` tells the deadline of an item; it is called once each time the item
    /// goes in.
    pub fn by_key(key: K) -> Self {
        Self {
            shared: Arc::new(Shared::new()),
            key,
        }
    }
}

impl<T, K> Scheduler<T> for Deadlines<T, K>
where
    T: Send + 'static,
    K: Fn(&T) -> Deadline + Clone + Send + Sync + 'static,
{
    type Worker = DeadlineWorker<T, K>;

    fn workers(&self, count: NonZeroUsize) -> Vec<DeadlineWorker<T, K>> {
        let worker = |_| DeadlineWorker {
            shared: self.shared.clone(),
            key: self.key.clone(),
            running: Deadline::NEVER,
        };
        (0..count.get()).map(worker).collect()
    }

    fn inject(&self, item: T, _: Cause) -> Result<Notify, T> {
        let deadline = (self.key)(&item);
        self.shared.inject(item, deadline)?;
        Ok(Notify::One)
    }

    fn is_idle(&self) -> bool {
        self.shared.is_empty()
    }

    fn close(&self, sink: &mut dyn FnMut(T)) {
        self.shared.close().for_each(sink);
    }
}

impl<T: Send, K: Fn(&T) -> Deadline> Worker<T> for DeadlineWorker<T, K> {
    fn push(&mut self, item: T, cause: Cause) -> Notify {
        let deadline = (self.key)(&item);
        self.shared.push(item, deadline);
        // After a yield this worker is awake and comes back for the item itself.
        match cause {
            Cause::Yielded => Notify::None,
            _ => Notify::One,
        }
    }

    fn pop(&mut self, _: &impl Clock) -> Option<T> {
        let (item, deadline) = self.shared.pop()?;
        self.running = deadline;
        Some(item)
    }

    /// There is nowhere else to look; but perhaps something has come.
    fn search(&mut self, clock: &impl Clock) -> Option<T> {
        self.pop(clock)
    }

    fn is_more_urgent_ready(&self) -> bool {
        self.shared.earliest() < self.running
    }

    fn drain(&mut self, sink: &mut dyn FnMut(T)) {
        self.shared
            .take_closed()
            .into_iter()
            .flatten()
            .for_each(sink);
    }
}

impl<T, K> fmt::Debug for Deadlines<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines")
            .field("earliest", &self.shared.earliest())
            .finish_non_exhaustive()
    }
}

impl<T, K> fmt::Debug for DeadlineWorker<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineWorker")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
