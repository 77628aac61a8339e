//! The shared half of a scheduler.

use alloc::vec::Vec;
use core::num::NonZeroUsize;

use crate::{Cause, Notify, Worker};

/// Decides which ready item runs next, and never runs one: the half that all threads share.
///
/// # Duties of a scheduler
///
/// * **Once.** Each item that went in comes out once: through [`Worker::pop`], [`Worker::search`],
///   [`Worker::drain`] or [`close`](Self::close), or is dropped with the last half.
/// * **No item sleeps unseen.** See [`is_idle`](Self::is_idle).
/// * **Progress.** Whatever is pushed meanwhile, an item that went in comes out after a bounded
///   number of pops, as long as the workers pop.
/// * **No user code under a lock.** Items are neither dropped nor handed to a `sink` while a lock is
///   held: both may come back into the scheduler.
/// * **Short sections.** A thread inside one of these methods may be stopped by the kernel for
///   100 ms. The others should be able to go on.
///
/// # Duties of an executor
///
/// * It calls [`workers`](Self::workers) once, before the first item.
/// * It follows [`Notify::One`] by waking a sleeping worker, unless one is searching.
/// * A worker whose [`search`](Worker::search) found something was perhaps the one that others
///   relied on. It stops counting as searching with a `Release` operation, so that who falls asleep
///   after it sees what it brought. If nobody else is searching, it issues `fence(SeqCst)`, looks at
///   [`is_idle`](Self::is_idle), and wakes another worker if items are left.
/// * To end, it calls `close` and then, on every worker, `drain` after that worker's last `push`,
///   `pop` and `search`.
pub trait Scheduler<T: Send>: Send + Sync + 'static {
    /// The half that belongs to one thread.
    type Worker: Worker<T> + Send + 'static;

    /// All per-thread halves, `count` of them: called once, before the first item.
    ///
    /// # Panics
    ///
    /// May panic when called twice.
    fn workers(&self, count: NonZeroUsize) -> Vec<Self::Worker>;

    /// Takes an item from any thread.
    ///
    /// # Errors
    ///
    /// Once closed, it gives the item back.
    fn inject(&self, item: T, cause: Cause) -> Result<Notify, T>;

    /// The last look before sleep: `false` while an item waits, in the shared queues or in those of
    /// any worker.
    ///
    /// A worker that wants to sleep announces it, issues `fence(SeqCst)` and then calls this; who
    /// added an item issues `fence(SeqCst)` and then looks for announced sleepers. One of the two
    /// then sees the other: an item that went in before the one fence is seen after the other.
    ///
    /// One exception. A worker inside [`push`](Worker::push), [`balance`](Worker::balance) or
    /// [`search`](Worker::search) may be moving items, unseen for that moment; it is awake, and makes up
    /// for it: a `push` or `balance` that moved items returns [`Notify::One`], and after a search the
    /// executor looks again. `inject` and
    /// [`pop`](Worker::pop) never hide an item. A wrong `false` costs a vain search and must not last.
    fn is_idle(&self) -> bool;

    /// Refuses further injects, and hands the shared items to `sink`. What workers hold comes from
    /// [`Worker::drain`].
    ///
    /// An inject that was not refused came before: its item is handed out, unless a worker has it.
    ///
    /// May be called again, from any thread, and then hands out what came in since: a worker may
    /// still be moving items from its own queue to the shared ones.
    fn close(&self, sink: &mut dyn FnMut(T));
}
