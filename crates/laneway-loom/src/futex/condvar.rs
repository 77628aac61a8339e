//! A mutex and a condition variable wait.

use core::time::Duration;

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::{Condvar, Mutex};

/// Those who sleep.
pub(super) struct Waiters {
    /// Held from the comparison until the condition variable has the sleeper; holds nothing.
    lock: Mutex<()>,
    condvar: Condvar,
}

impl Waiters {
    pub(super) fn new() -> Self {
        Self {
            lock: Mutex::new(()),
            condvar: Condvar::new(),
        }
    }

    pub(super) fn wait(&self, word: &AtomicU32, expected: u32, limit: Option<Duration>) {
        let guard = self.lock.lock();
        // Ordering: Relaxed: who wakes has changed the word before it takes the lock. Either it had
        // the lock before us, and we see the change, or it gets it when we sleep.
        if word.load(Relaxed) != expected {
            return;
        }
        match limit {
            None => drop(self.condvar.wait(guard)),
            Some(limit) => drop(self.condvar.wait_timeout(guard, limit)),
        }
    }

    pub(super) fn wake_one(&self, _word: &AtomicU32) {
        // Once we have had it, who compared before our change sleeps; notified before, it would miss
        // it. Notified with the lock held, it would wake up only to wait for the lock.
        drop(self.lock.lock());
        self.condvar.notify_one();
    }
}
