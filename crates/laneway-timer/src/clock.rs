//! Where the time comes from: the system, or a test.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use laneway_loom::sync::Mutex;
use laneway_loom::sync::atomic::{
    AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};

/// A source of the present time.
///
/// A time that repeats, or steps back, does no harm: [`Timers`](crate::Timers) never un-elapses
/// anything.
pub trait Clock: Send + Sync + 'static {
    /// The present time.
    fn now(&self) -> Instant;

    /// How time passes. Asked once, by [`Timers::with_clock`](crate::Timers::with_clock).
    fn pace(&self) -> Pace {
        Pace::Flows
    }

    /// Has `jumped` woken after every jump. Called once, and only if the pace is [`Pace::Jumps`];
    /// such a clock must keep the waker, and must not wake it while it holds a lock.
    fn watch(&self, jumped: Waker) {
        drop(jumped);
    }
}

/// How a clock's time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pace {
    /// With the system's. Deadlines are rounded up to ticks of 2¹² ns (4 µs), and wake-ups lie 98 µs apart
    /// where deadlines are closer together; a sleeper waits until then.
    Flows,
    /// By jumps, and it stands still between them. Deadlines are exact to the nanosecond; a sleeper
    /// waits until it is told of a jump.
    Jumps,
}

/// The system's monotonic clock: [`Instant::now`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that moves only when it is told to. Clones are the same clock. It keeps the memory of the
/// timers that were made on it.
///
/// ```
/// use std::time::Duration;
/// use laneway_timer::{ManualClock, Timers};
///
/// let clock = ManualClock::new();
/// let timers = Timers::with_clock(clock.clone());
/// let before = timers.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(timers.now() - before, Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Manual>);

struct Manual {
    origin: Instant,
    /// How far it has been moved from there. Not under the lock: threads of all lanes read the clock.
    nanos: AtomicU64,
    /// In `Arc`s because a waker must not be cloned under the lock.
    watchers: Mutex<Vec<Arc<Waker>>>,
}

impl ManualClock {
    /// A clock that stands at the present moment.
    pub fn new() -> Self {
        Self(Arc::new(Manual {
            origin: Instant::now(),
            nanos: AtomicU64::new(0),
            watchers: Mutex::new(Vec::new()),
        }))
    }

    /// The time at which it stands.
    pub fn now(&self) -> Instant {
        // Ordering: Acquire pairs with the Release in `advance`: who sees the new time sees what was
        // done before it came.
        self.0.origin + Duration::from_nanos(self.0.nanos.load(Acquire))
    }

    /// Moves it on, and has whoever drives a timer of this clock look at it again.
    ///
    /// # Panics
    ///
    /// If the time would pass what an [`Instant`] can say, or 584 years from its beginning.
    pub fn advance(&self, by: Duration) {
        let moved = |nanos| {
            let nanos = u64::try_from(by.as_nanos()).ok()?.checked_add(nanos)?;
            self.0.origin.checked_add(Duration::from_nanos(nanos))?;
            Some(nanos)
        };
        // Ordering: Release pairs with the Acquire in `now`.
        let advanced = self.0.nanos.fetch_update(Release, Relaxed, moved);
        assert!(advanced.is_ok(), "the clock would pass the last Instant");
        let watchers = self.0.watchers.lock().clone();
        for watcher in watchers {
            watcher.wake_by_ref();
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Self::now(self)
    }

    fn pace(&self) -> Pace {
        Pace::Jumps
    }

    fn watch(&self, jumped: Waker) {
        let jumped = Arc::new(jumped);
        self.0.watchers.lock().push(jumped);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
