//! One waker that one task stores and anybody wakes, without a lock.
//!
//! # Invariants
//!
//! 1. The slot is touched by one thread at a time: by the registrar, from the transition that set
//!    `REGISTERING` until the one that clears it; or by the thread whose transition set `WAKING` on
//!    a word that had neither bit, until it empties the word.
//! 2. A thread that finds either bit set leaves the slot alone. A `wake` that finds `REGISTERING`
//!    leaves `WAKING` behind, and the registrar then wakes what it was about to register. A
//!    `register` that finds either bit wakes its own waker instead of storing it.
//! 3. While nobody has the slot, it is full exactly when the word is `STORED`.
//! 4. Nothing of a user's runs while the slot is held: wakers are cloned before, and woken and
//!    dropped after. So a waker that panics, or that comes back here, finds nothing half done.

#![allow(unsafe_code)]

use core::fmt;
use core::mem;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::Waker;

use laneway_loom::cell::UnsafeCell;
use laneway_loom::hint;

use self::state::{Registered, Registering, State, Waking};

#[cfg(all(test, feature = "std"))]
mod loom;
mod state;

/// One waker that one task stores and any thread wakes, without a lock.
///
/// The waiting side calls [`register`](Self::register) and *then* looks whether what it waits for
/// has happened; the other side makes it happen and *then* calls [`wake`](Self::wake). Whichever
/// comes first, nothing is missed: either the look sees it, or the waker is woken after it.
///
/// ```
/// use std::future::poll_fn;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use std::task::Poll;
///
/// use laneway_waker::{AtomicWaker, block_on};
///
/// #[derive(Default)]
/// struct Flag {
///     raised: AtomicBool,
///     waiter: AtomicWaker,
/// }
///
/// let flag = Arc::new(Flag::default());
/// let theirs = flag.clone();
/// std::thread::spawn(move || {
///     theirs.raised.store(true, Relaxed); // first make it happen,
///     theirs.waiter.wake(); // then wake
/// });
///
/// block_on(poll_fn(|cx| {
///     flag.waiter.register(cx.waker()); // first register,
///     match flag.raised.load(Relaxed) { // then look
///         true => Poll::Ready(()),
///         false => Poll::Pending,
///     }
/// }));
/// ```
///
/// It holds one waker: what a second task registers takes the place of the first's. A thread that
/// is stopped inside `wake` for a while makes nobody wait, but a task that registers meanwhile is
/// polled again and again until that thread goes on.
pub struct AtomicWaker {
    state: State,
    slot: UnsafeCell<Option<Waker>>,
}

// SAFETY: invariant 1: the slot is touched by one thread at a time, and the transition that takes
// it acquires what the one that gave it back released. `Waker` itself is `Send` and `Sync`.
unsafe impl Sync for AtomicWaker {}

// Invariant 4: no panic starts while the slot is held, so none leaves it half changed.
impl UnwindSafe for AtomicWaker {}
impl RefUnwindSafe for AtomicWaker {}

impl AtomicWaker {
    /// With no waker stored.
    #[cfg(not(laneway_loom))]
    pub const fn new() -> Self {
        Self {
            state: State::new(),
            slot: UnsafeCell::new(None),
        }
    }

    /// With no waker stored.
    #[cfg(laneway_loom)]
    pub fn new() -> Self {
        Self {
            state: State::new(),
            slot: UnsafeCell::new(None),
        }
    }

    /// Stores a clone of `waker` in place of what was stored before.
    ///
    /// Nothing is cloned when the stored waker [wakes the same task](Waker::will_wake). When a
    /// `wake` or another `register` is under way at this moment, `waker` is woken at once instead,
    /// so that its task looks, and registers, again.
    ///
    /// # Panics
    ///
    /// When cloning, waking or dropping a waker panics. The `AtomicWaker` stays usable.
    pub fn register(&self, waker: &Waker) {
        let mut spare = (!self.state.is_probably_stored()).then(|| waker.clone());
        // Twice at most: the second time round there is a spare.
        loop {
            match self.state.start_registering() {
                Registering::Slot => {}
                Registering::Refused => {
                    // Whoever has the slot gives it back within a few instructions.
                    hint::spin_loop();
                    return waker.wake_by_ref();
                }
            }
            let (is_current, is_full) = self.slot.with_mut(|slot| {
                // SAFETY: invariant 1: we have set `REGISTERING`.
                let slot = unsafe { &mut *slot };
                let mut is_current = slot.as_ref().is_some_and(|stored| stored.will_wake(waker));
                if !is_current && spare.is_some() {
                    // What was displaced is dropped on return.
                    mem::swap(slot, &mut spare);
                    is_current = true;
                }
                (is_current, slot.is_some())
            });
            match self.state.end_registering(is_full) {
                Registered::Kept if is_current => return,
                Registered::Kept => spare = Some(waker.clone()),
                Registered::Woken => {
                    // SAFETY: invariant 1: `REGISTERING` is set until `take_slot` empties the word.
                    let _taken = unsafe { self.take_slot() };
                    return waker.wake_by_ref();
                }
            }
        }
    }

    /// Wakes the stored waker, and forgets it; does nothing when there is none.
    ///
    /// What this thread wrote before happens before the waker is woken.
    ///
    /// # Panics
    ///
    /// When waking panics. The `AtomicWaker` stays usable.
    pub fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    /// Takes the stored waker out, for the caller to wake it: after it has unlocked, for example.
    ///
    /// `None` when there is none, and also when another `wake` or `take` is already doing this, or
    /// when a waker is being registered just now: that one is then woken by its own thread.
    #[must_use = "a waker that is not woken is a task that sleeps for ever"]
    pub fn take(&self) -> Option<Waker> {
        match self.state.start_waking() {
            // SAFETY: invariant 1: we have set `WAKING` on a word that had neither bit.
            Waking::Slot => unsafe { self.take_slot() },
            Waking::Left => None,
        }
    }

    /// Empties the slot and gives it back.
    ///
    /// # Safety
    ///
    /// The caller has the slot (invariant 1), and has it no longer afterwards.
    unsafe fn take_slot(&self) -> Option<Waker> {
        // SAFETY: the caller's promise.
        let waker = self.slot.with_mut(|slot| unsafe { (*slot).take() });
        self.state.empty();
        waker
    }
}

impl Default for AtomicWaker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AtomicWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicWaker")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
