//! Locks without poison.
//!
//! No code of a user's runs under a lock of this house, so a panic never leaves one half changed;
//! poison would only turn one panic into many.

use core::fmt;
#[cfg(feature = "record")]
use core::panic::Location;
use core::time::Duration;
use std::sync::{PoisonError, TryLockError};

use crate::sync::raw;

/// What [`Mutex::lock`] gives: unlocks when dropped.
pub use crate::sync::raw::MutexGuard;

#[cfg(feature = "record")]
use crate::record;

/// A mutual exclusion lock that does not know poison.
#[derive(Default)]
pub struct Mutex<T> {
    value: raw::Mutex<T>,
    #[cfg(feature = "record")]
    identity: record::Identity,
}

impl<T> Mutex<T> {
    /// Wraps `value`.
    #[cfg(not(laneway_loom))]
    pub const fn new(value: T) -> Self {
        Self {
            value: raw::Mutex::new(value),
            #[cfg(feature = "record")]
            identity: record::Identity::new(),
        }
    }

    /// Wraps `value`.
    #[cfg(laneway_loom)]
    pub fn new(value: T) -> Self {
        Self {
            value: raw::Mutex::new(value),
        }
    }

    /// Waits until the lock is free and takes it.
    #[inline]
    #[cfg_attr(feature = "record", track_caller)]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        #[cfg(feature = "record")]
        self.identity.waits(Location::caller());
        let guard = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(feature = "record")]
        record::inside(Location::caller());
        guard
    }

    /// Takes the lock if it is free. For printing and the like: a protocol that rests on trying uses
    /// [`TryLock`], which loom models faithfully.
    #[inline]
    #[cfg_attr(feature = "record", track_caller)]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        try_lock(&self.value)
    }

    /// The value, without locking: `&mut self` is the proof that nobody else looks.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the value out again.
    pub fn into_inner(self) -> T {
        self.value
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    /// Prints `<locked>` rather than wait: a stuck program can be looked at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("Mutex");
        match self.try_lock() {
            Some(guard) => tuple.field(&&*guard),
            None => tuple.field(&format_args!("<locked>")),
        };
        tuple.finish()
    }
}

#[cfg_attr(feature = "record", track_caller)]
fn try_lock<T>(mutex: &raw::Mutex<T>) -> Option<MutexGuard<'_, T>> {
    let guard = match mutex.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    #[cfg(feature = "record")]
    record::inside(Location::caller());
    Some(guard)
}

/// A lock that is only ever tried: nobody waits for it.
///
/// It is a type of its own because loom's `Mutex::try_lock` waits, now and then, for a holder it
/// should have found; under loom this one is made of a flag.
#[derive(Default)]
pub struct TryLock<T> {
    value: raw::Mutex<T>,
    #[cfg(laneway_loom)]
    taken: crate::sync::atomic::AtomicBool,
}

impl<T> TryLock<T> {
    /// Wraps `value`.
    pub fn new(value: T) -> Self {
        Self {
            value: raw::Mutex::new(value),
            #[cfg(laneway_loom)]
            taken: crate::sync::atomic::AtomicBool::new(false),
        }
    }

    /// Takes the lock if it is free.
    #[cfg(not(laneway_loom))]
    #[inline]
    #[cfg_attr(feature = "record", track_caller)]
    pub fn try_lock(&self) -> Option<TryGuard<'_, T>> {
        try_lock(&self.value)
    }

    /// Takes the lock if it is free.
    #[cfg(laneway_loom)]
    pub fn try_lock(&self) -> Option<TryGuard<'_, T>> {
        // Ordering: Acquire pairs with the Release in the guard's drop.
        if self
            .taken
            .swap(true, crate::sync::atomic::Ordering::Acquire)
        {
            return None;
        }
        let guard = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        Some(TryGuard {
            guard: Some(guard),
            taken: &self.taken,
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for TryLock<T> {
    /// Prints `<locked>` when it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("TryLock");
        match self.try_lock() {
            Some(guard) => tuple.field(&&*guard),
            None => tuple.field(&format_args!("<locked>")),
        };
        tuple.finish()
    }
}

/// What [`TryLock::try_lock`] gives: unlocks when dropped.
#[cfg(not(laneway_loom))]
pub type TryGuard<'a, T> = MutexGuard<'a, T>;

/// What [`TryLock::try_lock`] gives: unlocks when dropped.
#[cfg(laneway_loom)]
#[derive(Debug)]
pub struct TryGuard<'a, T> {
    guard: Option<MutexGuard<'a, T>>,
    taken: &'a crate::sync::atomic::AtomicBool,
}

#[cfg(laneway_loom)]
impl<T> core::ops::Deref for TryGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("there until dropped")
    }
}

#[cfg(laneway_loom)]
impl<T> core::ops::DerefMut for TryGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("there until dropped")
    }
}

#[cfg(laneway_loom)]
impl<T> Drop for TryGuard<'_, T> {
    fn drop(&mut self) {
        self.guard = None;
        // Ordering: Release pairs with the Acquire in `try_lock`.
        self.taken
            .store(false, crate::sync::atomic::Ordering::Release);
    }
}

/// A condition variable for [`Mutex`].
#[derive(Debug, Default)]
pub struct Condvar(raw::Condvar);

impl Condvar {
    /// A condition variable nobody waits for.
    #[cfg(not(laneway_loom))]
    pub const fn new() -> Self {
        Self(raw::Condvar::new())
    }

    /// A condition variable nobody waits for.
    #[cfg(laneway_loom)]
    pub fn new() -> Self {
        Self(raw::Condvar::new())
    }

    /// Unlocks, waits for a notification, locks again. May wake without one.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`wait`](Self::wait), for at most `limit`; `true` when the time ran out.
    ///
    /// Under loom time never runs out: model the timeout as a thread that notifies.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        #[cfg(not(laneway_loom))]
        {
            let (guard, result) = self
                .0
                .wait_timeout(guard, limit)
                .unwrap_or_else(PoisonError::into_inner);
            (guard, result.timed_out())
        }
        #[cfg(laneway_loom)]
        {
            let _ = limit;
            (self.wait(guard), false)
        }
    }

    /// Wakes one waiter.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every waiter.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}
