//! The kernel waits.

use core::time::Duration;

use rustix::thread::futex::{Flags, Timespec, wait, wake};

use crate::sync::atomic::AtomicU32;

/// The kernel has them, by the address of the word.
pub(super) struct Waiters;

impl Waiters {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn wait(&self, word: &AtomicU32, expected: u32, limit: Option<Duration>) {
        // A limit that the kernel cannot count is none.
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        // Whatever it says, that the word was changed, the time is over or a signal came: the caller
        // looks for itself.
        let _ = wait(word, Flags::PRIVATE, expected, limit.as_ref());
    }

    pub(super) fn wake_one(&self, word: &AtomicU32) {
        // It fails only for a word that is none.
        let _ = wake(word, Flags::PRIVATE, 1);
    }
}
