//! Wakers collected under a lock, to be woken after it.

use core::fmt;
use core::mem::ManuallyDrop;
use core::task::Waker;

/// How many wakers a batch holds.
///
/// 32 wakers are 512 bytes of stack; it is the size that Tokio's batch has, and no measurement of
/// ours has asked for another.
const CAPACITY: usize = 32;

/// Wakers collected under a lock, to be woken after it.
///
/// A woken waker runs code that is not ours: it may take the lock that the caller holds, or panic.
/// So collect, unlock, wake:
///
/// ```
/// use std::sync::Mutex;
/// use std::task::Waker;
/// use laneway_waker::WakeBatch;
///
/// fn wake_everybody(waiters: &Mutex<Vec<Waker>>) {
///     loop {
///         let mut batch = WakeBatch::new(); // before the lock, so that it is dropped after it
///         let mut waiters = waiters.lock().unwrap();
///         while !batch.is_full() && let Some(waker) = waiters.pop() {
///             batch.push(waker);
///         }
///         let is_last = waiters.is_empty();
///         drop(waiters);
///         batch.wake_all();
///         if is_last {
///             return;
///         }
///     }
/// }
/// # let waiters = Mutex::new(vec![Waker::noop().clone(); 100]);
/// # wake_everybody(&waiters);
/// # assert!(waiters.into_inner().unwrap().is_empty());
/// ```
///
/// Dropping a batch wakes what is left in it: a task that is woken too often looks again, one whose
/// waker is lost sleeps for ever.
pub struct WakeBatch {
    /// Full from `next` to `end`, empty elsewhere. Nothing is left to be dropped with it, so the places
    /// need not be looked at once more: that cost 100 instructions, of 180 for an empty batch.
    wakers: ManuallyDrop<[Option<Waker>; CAPACITY]>,
    /// The first to wake; 0 unless a waking panicked.
    next: usize,
    end: usize,
}

impl WakeBatch {
    /// A batch with no wakers.
    pub const fn new() -> Self {
        Self {
            wakers: ManuallyDrop::new([const { None }; CAPACITY]),
            next: 0,
            end: 0,
        }
    }

    /// Adds a waker.
    ///
    /// # Panics
    ///
    /// When the batch [is full](Self::is_full).
    #[inline]
    pub fn push(&mut self, waker: Waker) {
        assert!(!self.is_full(), "WakeBatch::push: the batch is full");
        self.wakers[self.end] = Some(waker);
        self.end += 1;
    }

    /// Whether [`push`](Self::push) would panic.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.end == CAPACITY
    }

    /// Whether there is nobody to wake.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// How many wakers are in the batch.
    #[inline]
    pub fn len(&self) -> usize {
        self.end - self.next
    }

    /// Wakes all of them, in the order in which they came. Call it with no lock held.
    ///
    /// A waker that panics does not keep the others asleep, nor does its panic reach the caller,
    /// who has no part in it: the panic hook has reported it. (Without the feature `std` it does
    /// reach the caller, and dropping the batch wakes the others.)
    pub fn wake_all(&mut self) {
        while self.next < self.end {
            let waker = self.wakers[self.next].take();
            self.next += 1;
            if let Some(waker) = waker {
                wake(waker);
            }
        }
        self.next = 0;
        self.end = 0;
    }
}

/// Wakes one, and lets no panic out.
#[cfg(feature = "std")]
fn wake(waker: Waker) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    // Unwind safety: nothing of ours is inside.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake()))
        && let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload)))
    {
        // What was thrown throws again when dropped; this ends it.
        core::mem::forget(payload);
    }
}

/// Wakes one. There is no catching panics without std.
#[cfg(not(feature = "std"))]
fn wake(waker: Waker) {
    waker.wake();
}

impl Default for WakeBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for WakeBatch {
    #[inline]
    fn drop(&mut self) {
        if !self.is_empty() {
            self.wake_all();
        }
    }
}

impl fmt::Debug for WakeBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WakeBatch")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
