//! Sleeps on threads of other lanes: they take no lock, and leave word in an inbox instead.
//!
//! Such a sleep is a [`Remote`]: its deadline, a waker that anybody may wake, and whether it has
//! fired. Its sleep keeps one reference, and the inbox or the wheel has another, in the shape of a
//! waker; so for the wheel it is an entry like any other. Each is for one deadline: a reset makes a new
//! one. What a sleep does depends on where it is and on who asks:
//!
//! | | a thread of the timers' lane | of another lane |
//! |---|---|---|
//! | nowhere: poll | enters the wheel | leaves `Insert` |
//! | in the wheel: poll | looks there | leaves `Remove` and `Insert` |
//! | … reset | moves there | leaves `Wake`, and is nowhere: its task will poll |
//! | … drop | removed there | leaves `Remove` |
//! | remote: poll | leaves `Forget`, enters the wheel | looks whether it has fired |
//! | … reset | leaves `Forget` and `Insert` | the same |
//! | … drop | leaves `Forget` | the same |
//!
//! Drivers take what was left at each turn, before they look what is due, and wake what they took out,
//! or drop it, outside the lock. `Forget` and `Remove` have time until a driver turns anyway.

use std::sync::Arc;
use std::task::Wake;

use laneway_loom::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use laneway_waker::AtomicWaker;

use super::bells::{Interrupt, quietly};
use super::shared::Shared;
use super::timeline::Moment;
use crate::wheel::Key;

/// How much that can wait is left in the inbox, at most, before a driver is woken for it: what they
/// hold back, wakers of tasks and 100 bytes each, is worth a wake-up by then.
const PATIENCE: u64 = 64;

/// A sleep of another lane.
pub(crate) struct Remote {
    deadline: Moment,
    waker: AtomicWaker,
    /// Its deadline has been turned, or the timers are closed.
    fired: AtomicBool,
    /// Its key in the wheel, in bits: 0 before it gets there, a dangling one if it is not to any more.
    /// Read and written under the lock only.
    entry: AtomicU64,
}

/// What threads of other lanes leave for the drivers.
pub(super) enum Word {
    Insert(Arc<Remote>),
    Forget(Arc<Remote>),
    Remove(Key),
    Wake(Key),
    Interrupt(Interrupt),
}

impl Remote {
    pub(crate) fn new(deadline: Moment) -> Arc<Self> {
        Arc::new(Self {
            deadline,
            waker: AtomicWaker::new(),
            fired: AtomicBool::new(false),
            entry: AtomicU64::new(0),
        })
    }

    pub(crate) fn deadline(&self) -> Moment {
        self.deadline
    }

    pub(crate) fn waker(&self) -> &AtomicWaker {
        &self.waker
    }

    /// Its key has come into the wheel.
    pub(super) fn enter(&self, key: Key) {
        // Ordering: Relaxed: under the lock.
        self.entry.store(key.to_bits(), Relaxed);
    }

    /// Takes its key, if it has one, and sees to it that it gets none.
    pub(super) fn leave(&self) -> Option<Key> {
        // Ordering: Relaxed: under the lock.
        let entry = self.entry.load(Relaxed);
        self.entry.store(Key::DANGLING.to_bits(), Relaxed);
        Key::from_bits(entry)
    }

    /// Whether its sleep has left it.
    pub(super) fn has_left(&self) -> bool {
        // Ordering: Relaxed: under the lock.
        self.entry.load(Relaxed) == Key::DANGLING.to_bits()
    }

    /// To be asked after the waker was registered.
    pub(crate) fn has_fired(&self) -> bool {
        // Ordering: Acquire pairs with the Release in `wake`: then the tick that has elapsed is seen.
        self.fired.load(Acquire)
    }
}

/// As the wheel wakes it.
impl Wake for Remote {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: Release pairs with the Acquire in `has_fired`.
        self.fired.store(true, Release);
        self.waker.wake();
    }
}

/// On threads of other lanes.
impl Shared {
    /// Has `remote` fire when its deadline has come; `false` if the timers are closed.
    #[must_use]
    pub(crate) fn leave_insert(&self, remote: Arc<Remote>) -> bool {
        let tick = self.timeline.deadline_tick(remote.deadline);
        let is_left = self.inbox.push(Word::Insert(remote)).is_ok();
        if is_left {
            self.bells.ring(tick);
        }
        is_left
    }

    /// Has the entry of `key` woken, unless it fires before.
    pub(crate) fn leave_wake(&self, key: Key) {
        // Those of closed timers are woken in any case; so it is below.
        if self.inbox.push(Word::Wake(key)).is_ok() {
            self.bells.ring(0);
        }
    }

    /// Has the entry of `key` dropped, some time.
    pub(crate) fn leave_remove(&self, key: Key) {
        self.leave_patiently(Word::Remove(key));
    }

    /// Has the entry of `remote` dropped, some time.
    pub(crate) fn forget(&self, remote: Arc<Remote>) {
        let waker = remote.waker.take();
        if !remote.has_fired() {
            self.leave_patiently(Word::Forget(remote));
        }
        drop(waker);
    }

    pub(super) fn leave_interrupt(&self, interrupt: Interrupt) {
        // Nobody turns closed timers. A driver that sleeps has to be told of its new interrupt.
        if self.inbox.push(Word::Interrupt(interrupt)).is_ok() {
            self.bells.ring(0);
        }
    }

    fn leave_patiently(&self, word: Word) {
        if self.inbox.push(word).is_err() {
            return;
        }
        // Ordering: Relaxed: it only counts.
        let count = self.patient.fetch_add(1, Relaxed) + 1;
        if count.is_multiple_of(PATIENCE) {
            // What was left is also left by destructors, which had better not panic.
            quietly(|| self.bells.ring(0));
        }
    }
}
