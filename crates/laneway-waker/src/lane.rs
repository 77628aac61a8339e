//! Which lane does this thread serve?
//!
//! An executor may have several sets of threads that the operating system treats differently: the
//! *lanes*. A thread of a background lane can be stopped by the kernel at any point, for as long as
//! other lanes are busy, also while it holds a lock. Whoever waits for that lock then waits as long.
//! So no thread may wait for a lock that a thread of another lane may hold, and parts that keep locks
//! ask [`current`] to see to that: what belongs to another lane is left in an
//! [`Inbox`](crate::Inbox), not locked.
//!
//! Lane 0 is the main one. Every thread is of lane 0 unless its executor [says otherwise](enter).

use core::marker::PhantomData;

use crate::thread;

/// The lane of this thread: 0 for the main lane, and for every thread that serves none.
#[inline]
pub fn current() -> u8 {
    thread::lane()
}

/// Makes this thread one of `lane`, until the guard is dropped: then it is what it was.
///
/// For executors. Without the feature `std` all threads stay in lane 0.
///
/// ```
/// use laneway_waker::lane;
///
/// assert_eq!(lane::current(), 0);
/// let guard = lane::enter(1);
/// assert_eq!(lane::current(), 1);
/// drop(guard);
/// assert_eq!(lane::current(), 0);
/// ```
pub fn enter(lane: u8) -> LaneGuard {
    LaneGuard {
        before: thread::replace_lane(lane),
        not_send: PhantomData,
    }
}

/// What [`enter`] gives: takes the thread back to the lane it came from.
#[derive(Debug)]
#[must_use = "the thread is in the lane only until this is dropped"]
pub struct LaneGuard {
    before: u8,
    /// Belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Drop for LaneGuard {
    fn drop(&mut self) {
        thread::replace_lane(self.before);
    }
}
