//! One thread that sleeps until somebody wakes it.

use core::fmt;
use core::marker::PhantomData;
use core::panic::RefUnwindSafe;
use core::task::Waker;
use std::cell::Cell;
use std::sync::Arc;
use std::task::Wake;
use std::time::Instant;

use laneway_loom::sync::atomic::AtomicU8;
use laneway_loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use laneway_loom::sync::{Condvar, Mutex};

const EMPTY: u8 = 0;
const PARKED: u8 = 1;
const NOTIFIED: u8 = 2;

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
    state: AtomicU8,
    /// Held from the announcement of sleep until the condvar has the sleeper; holds nothing.
    lock: Mutex<()>,
    condvar: Condvar,
}

// Nothing of a user's runs inside, so no panic leaves the word half changed. Said by hand because
// of `_one_thread`.
impl RefUnwindSafe for Parker {}

impl Parker {
    /// A parker without a token.
    pub fn new() -> Self {
        let inner = Inner {
            state: AtomicU8::new(EMPTY),
            lock: Mutex::new(()),
            condvar: Condvar::new(),
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
    /// Costs one atomic swap when it does not.
    pub fn unpark(&self) {
        self.inner.unpark();
    }
}

impl Inner {
    fn park(&self, deadline: Option<Instant>) -> bool {
        // Awake and notified: no lock.
        if self.take_token() {
            return true;
        }
        let mut guard = self.lock.lock();
        // Ordering: Relaxed, for it takes nothing and gives nothing; the token is taken below.
        if self
            .state
            .compare_exchange(EMPTY, PARKED, Relaxed, Relaxed)
            .is_err()
        {
            return self.stop();
        }
        loop {
            guard = match deadline {
                None => self.condvar.wait(guard),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return self.stop();
                    }
                    self.condvar.wait_timeout(guard, left).0
                }
            };
            // Otherwise it was spurious, or only the timeout.
            if self.take_token() {
                return true;
            }
        }
    }

    /// Takes the token if there is one. Leaves `PARKED` alone.
    fn take_token(&self) -> bool {
        // Ordering: Acquire pairs with the Release of every `unpark` since the last token: they are
        // swaps, so one release sequence. Failing, nothing is read after it.
        self.state
            .compare_exchange(NOTIFIED, EMPTY, Acquire, Relaxed)
            .is_ok()
    }

    /// Stops sleeping, token or not, and tells which.
    fn stop(&self) -> bool {
        // Ordering: Acquire as in `take_token`. A swap, because a token may come at any moment: a
        // load and a store would lose it.
        self.state.swap(EMPTY, Acquire) == NOTIFIED
    }

    fn unpark(&self) {
        // Ordering: Release pairs with `take_token` and `stop`. A swap even when the token is there
        // already: the thread that takes it must see what *we* wrote, and a failed exchange, which
        // only loads, would publish nothing.
        if self.state.swap(NOTIFIED, Release) != PARKED {
            return;
        }
        // The thread holds the lock from the announcement until it waits. Once we have had it, it
        // waits; notified before, it would miss it. Notified with the lock held, it would wake up
        // only to wait for the lock.
        drop(self.lock.lock());
        self.condvar.notify_one();
    }
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
