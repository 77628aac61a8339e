//! One thread that sleeps until somebody wakes it.

use core::fmt;
use core::marker::PhantomData;
use core::panic::RefUnwindSafe;
use core::task::Waker;
use std::cell::Cell;
use std::sync::Arc;
use std::task::Wake;
use std::time::Instant;

use laneway_loom::sync::Futex;
use laneway_loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::lane;

#[cfg(test)]
mod loom;

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const NOTIFIED: u32 = 2;
/// Notified by a thread of a background [lane]: the kernel may have stopped it before it woke anybody.
const NOTIFIED_BY_BACKGROUND: u32 = 3;

/// Puts its thread to sleep until an [`Unparker`] wakes it.
///
/// There is at most one token: [`unpark`](Unparker::unpark) puts it there, [`park`](Self::park)
/// waits for it and takes it away. A token that came before the thread went to sleep is not lost:
/// the next `park` returns at once. [`std::thread::park`] has one token for the whole thread, which
/// any library on it may take away; each `Parker` has its own.
///
/// ```
/// use laneway_waker::Parker;
///
/// let parker = Parker::new();
/// let unparker = parker.unparker();
/// let thread = std::thread::spawn(move || unparker.unpark());
/// parker.park();
/// # thread.join().unwrap();
/// ```
///
/// A `Parker` may move to another thread, but not be shared: one thread sleeps on it.
///
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(laneway_waker::Parker::new());
/// ```
pub struct Parker {
    inner: Arc<Inner>,
    /// Not `Sync`.
    _one_thread: PhantomData<Cell<()>>,
}

/// Wakes the thread that sleeps, or next will, on a [`Parker`].
///
/// A parked thread is one more thing to wake: `Waker::from(unparker)`.
#[derive(Clone)]
pub struct Unparker {
    inner: Arc<Inner>,
}

struct Inner {
    /// `PARKED` from the announcement of sleep until it is over; the thread sleeps on the word.
    state: Futex,
}

// Nothing of a user's runs inside, so no panic leaves the word half changed. Said by hand because
// of `_one_thread`.
impl RefUnwindSafe for Parker {}

impl Parker {
    /// A parker without a token.
    pub fn new() -> Self {
        let inner = Inner {
            state: Futex::new(EMPTY),
        };
        Self {
            inner: Arc::new(inner),
            _one_thread: PhantomData,
        }
    }

    /// Sleeps until there is a token, and takes it.
    ///
    /// What a thread wrote before it called `unpark` is seen after `park`: for every `unpark` since
    /// the last token was taken, not only for the first.
    pub fn park(&self) {
        let _ = self.inner.park(None);
    }

    /// Sleeps until there is a token, and takes it, or until `deadline`; tells whether there was a
    /// token.
    ///
    /// With a deadline that is past it takes the token if there is one and does not sleep. Never
    /// early; how late depends on the operating system.
    pub fn park_deadline(&self, deadline: Instant) -> bool {
        self.inner.park(Some(deadline))
    }

    /// A handle that wakes this parker's thread, from anywhere.
    pub fn unparker(&self) -> Unparker {
        Unparker {
            inner: self.inner.clone(),
        }
    }
}

impl Unparker {
    /// Leaves a token, and wakes the thread if it sleeps.
    ///
    /// Costs one atomic swap; and, only if it sleeps, one system call. It takes no lock (on Linux; see
    /// [`Futex`](laneway_loom::sync::Futex)), and what a thread of a background
    /// [lane](crate::lane) has left undone because the kernel stopped it, the next of the main lane
    /// does.
    pub fn unpark(&self) {
        self.inner.unpark();
    }
}

impl Inner {
    fn park(&self, deadline: Option<Instant>) -> bool {
        // Ordering: Relaxed, for it takes nothing and gives nothing; the token is taken by `stop`.
        if self
            .state
            .compare_exchange(EMPTY, PARKED, Relaxed, Relaxed)
            .is_err()
        {
            return self.stop();
        }
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return self.stop();
            }
            // Does not, if there is a token by now: the word is another.
            self.state.wait(PARKED, left);
            // Ordering: Relaxed: the token is taken by `stop`.
            // Re-check: a sleep may end without a token.
            if self.state.load(Relaxed) != PARKED {
                return self.stop();
            }
            // It was spurious, or only the timeout.
        }
    }

    /// Is awake, token or not, and tells which.
    fn stop(&self) -> bool {
        // Ordering: Acquire pairs with the Release of every `notify` since the last token: they are
        // swaps, so one release sequence. A swap, because a token may come at any moment: a load and
        // a store would lose it.
        self.state.swap(EMPTY, Acquire) != PARKED
    }

    fn unpark(&self) {
        if self.notify() == Duty::Wake {
            self.state.wake_one();
        }
    }

    /// Leaves a token.
    fn notify(&self) -> Duty {
        let token = match lane::current() {
            0 => NOTIFIED,
            _ => NOTIFIED_BY_BACKGROUND,
        };
        // Ordering: Release pairs with `stop`. A swap even when a token is there already: the thread
        // that takes it must see what *we* wrote, and a failed exchange, which only loads, would
        // publish nothing.
        match self.state.swap(token, Release) {
            PARKED => Duty::Wake,
            // The thread may sleep still, and who is to wake it may be stopped: not for us.
            NOTIFIED_BY_BACKGROUND if token == NOTIFIED => Duty::Wake,
            _ => Duty::Nothing,
        }
    }
}

/// What who left a token does next.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the thread may sleep, and not know"]
enum Duty {
    Nothing,
    Wake,
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}

impl From<Unparker> for Waker {
    fn from(unparker: Unparker) -> Self {
        Waker::from(unparker.inner)
    }
}

impl Default for Parker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parker")
            .field("state", &self.inner)
            .finish()
    }
}

impl fmt::Debug for Unparker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unparker")
            .field("state", &self.inner)
            .finish()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: for people to read; it proves nothing.
        f.write_str(match self.state.load(Relaxed) {
            EMPTY => "empty",
            PARKED => "parked",
            _ => "notified",
        })
    }
}
