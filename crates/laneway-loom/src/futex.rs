//! A word to sleep on.

use core::fmt;
use core::ops::Deref;
use core::time::Duration;

use crate::sync::atomic::AtomicU32;

#[cfg_attr(
    all(any(target_os = "linux", target_os = "android"), not(laneway_loom)),
    path = "futex/kernel.rs"
)]
#[cfg_attr(
    not(all(any(target_os = "linux", target_os = "android"), not(laneway_loom))),
    path = "futex/condvar.rs"
)]
mod waiters;

#[cfg(all(test, not(laneway_loom)))]
mod tests;

use waiters::Waiters;

/// An atomic word on which a thread can sleep until another changes it.
///
/// Who wakes takes no lock, and so holds up nobody, wherever it is stopped. That is so on Linux and
/// Android, where the kernel does the waiting; elsewhere, and in models, there is a mutex and a
/// condition variable around the comparison.
///
/// ```
/// use laneway_loom::sync::{Arc, Futex, atomic::Ordering::{Acquire, Release}};
/// use laneway_loom::thread;
///
/// let word = Arc::new(Futex::new(0));
/// let theirs = word.clone();
/// let waker = thread::spawn(move || {
///     theirs.store(1, Release); // first the change, then the wake
///     theirs.wake_one();
/// });
/// while word.load(Acquire) == 0 {
///     word.wait(0, None);
/// }
/// # waker.join().unwrap();
/// ```
pub struct Futex {
    word: AtomicU32,
    waiters: Waiters,
}

impl Futex {
    /// A word that nobody sleeps on.
    pub fn new(word: u32) -> Self {
        Self {
            word: AtomicU32::new(word),
            waiters: Waiters::new(),
        }
    }

    /// If the word is `expected`, sleeps until [`wake_one`](Self::wake_one) or for `limit`. May wake
    /// without either: look at the word and the clock, and sleep again.
    ///
    /// The comparison and falling asleep are one step: a wake after a change that the comparison did
    /// not see comes after both. The word is not otherwise read, so order what depends on it by
    /// accesses of one's own.
    ///
    /// Under loom time never runs out: model the timeout as a thread that wakes.
    pub fn wait(&self, expected: u32, limit: Option<Duration>) {
        self.waiters.wait(&self.word, expected, limit);
    }

    /// Wakes one thread that sleeps here, if there is one. To be called after the word was changed.
    pub fn wake_one(&self) {
        self.waiters.wake_one(&self.word);
    }
}

impl Deref for Futex {
    type Target = AtomicU32;

    #[inline]
    fn deref(&self) -> &AtomicU32 {
        &self.word
    }
}

impl fmt::Debug for Futex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Futex").field(&self.word).finish()
    }
}
