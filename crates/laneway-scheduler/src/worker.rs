//! The half of a scheduler that belongs to one thread.

use crate::{Cause, Clock, Notify};

/// One thread's half of a [`Scheduler`](crate::Scheduler).
///
/// The executor never borrows it across the run of an item, so an item that runs may push others.
pub trait Worker<T> {
    /// Takes an item that became ready on this worker's thread.
    ///
    /// Never refuses: after [`close`](crate::Scheduler::close) the item waits for
    /// [`drain`](Self::drain). Other workers can find it while this one is busy.
    fn push(&mut self, item: T, cause: Cause) -> Notify;

    /// The next item from this worker's own queue, with a look at the shared ones now and then.
    fn pop(&mut self, clock: &impl Clock) -> Option<T>;

    /// Looks everywhere else: in the shared queues, then in those of other workers. Called when
    /// [`pop`](Self::pop) found nothing.
    ///
    /// May bring more than it returns; the rest is in this worker's own queue afterwards. `None` is
    /// no proof that nothing is left: that is what [`is_idle`](crate::Scheduler::is_idle) is for.
    fn search(&mut self, clock: &impl Clock) -> Option<T>;

    /// The item that [`pop`](Self::pop) or [`search`](Self::search) returned has run. A scheduler
    /// that bills run time reads the clock here.
    fn ran(&mut self, clock: &impl Clock) {
        let _ = clock;
    }

    /// The worker slept, or served something other than items: do not bill that time.
    fn rested(&mut self) {}

    /// An item more urgent than the running one is ready here: the running one should yield soon.
    fn is_more_urgent_ready(&self) -> bool {
        false
    }

    /// A busy worker has a moment to even out the load: it may take items from others. [`Notify::One`] if
    /// it has, for they were in nobody's queue for a moment, and somebody may have gone to sleep.
    fn balance(&mut self) -> Notify {
        Notify::None
    }

    /// Hands out every item this worker holds, at the end. Called on the owner's thread.
    fn drain(&mut self, sink: &mut dyn FnMut(T));
}
