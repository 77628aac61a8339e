//! The handle: it makes sleeps, and whoever has a thread to spare turns it.

mod bells;
pub(crate) mod drivers;
#[cfg(test)]
mod loom;
pub(crate) mod remote;
mod serve;
pub(crate) mod shared;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
mod turn;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use laneway_loom::sync::Arc;
use laneway_waker::{Parker, budget};

use crate::clock::{Clock, Pace, SystemClock};
use crate::interval::Interval;
use crate::sleep::Sleep;
use crate::timeout::Timeout;
use bells::{Bell, Interrupt};
use drivers::DriverId;
use shared::Shared;
use timeline::{Moment, Timeline};

/// By how much Linux lets a thread oversleep, to join wake-ups: the default of `timerslack_ns`.
///
/// Asked for a moment, the kernel aims at the end of the slack after it; so ask for a moment before
/// it. That took the median lateness of a 1 ms interval, on a busy machine with two cores, from 95 to
/// 47 µs, of which 16 were due to the ticks of that time.
const TIMER_SLACK: Duration = Duration::from_micros(if cfg!(target_os = "linux") { 50 } else { 0 });

/// Timers that somebody turns. Clones are handles to the same timers.
///
/// They belong to one [lane](laneway_waker::lane): unless [said otherwise](Self::for_lane) to the main
/// one, to which every thread belongs that no executor has put elsewhere. Threads of that lane share a
/// lock, and only they may turn the timers. All others may make and use sleeps; they never wait for
/// the lock, nor hold it.
///
/// Nothing fires by itself. A thread of yours gives its time with [`run_until`](Self::run_until),
/// or an executor calls [`turn`](Self::turn) before it sleeps and sleeps until
/// [`Turn::sleep_until`]. Sleeps that nobody turns stay pending.
///
/// ```
/// use std::time::Duration;
/// use laneway_timer::Timers;
///
/// let timers = Timers::new();
/// let answer = timers.run_until(async {
///     timers.sleep(Duration::from_millis(1)).await;
///     42
/// });
/// assert_eq!(answer, 42);
/// ```
#[derive(Clone)]
pub struct Timers {
    shared: Arc<Shared>,
    /// Not part of `shared`, so that a clock that keeps a waker of ours is no cycle.
    clock: std::sync::Arc<dyn Clock>,
    pace: Pace,
}

/// What one [`Timers::turn`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "`sleep_until` says how long the caller may sleep"]
#[non_exhaustive]
pub struct Turn {
    /// How many sleeps were woken.
    pub fired: usize,
    /// When there is something to do again, by the timers' clock; `None` when nothing is pending. Never
    /// later than the earliest deadline (rounded up to a tick); earlier only if one close to it has
    /// been given up.
    pub next: Option<Instant>,
    /// When to turn again, by the system's clock: `next`, or later if a turn has woken several less
    /// than 98 µs ago, so that what falls due close together is woken together. `None` under a clock
    /// that moves by jumps, which interrupts its sleepers instead; or now, if threads of other lanes had
    /// left something to be done, since that may have woken tasks of the caller's.
    pub sleep_until: Option<Instant>,
}

impl Timers {
    /// Timers on the system's clock, for the main lane.
    pub fn new() -> Self {
        Self::with_clock(SystemClock)
    }

    /// Timers on another clock, for the main lane.
    pub fn with_clock(clock: impl Clock) -> Self {
        Self::on(std::sync::Arc::new(clock), 0)
    }

    /// Other timers, on the same clock, for the threads of `lane`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use laneway_timer::Timers;
    /// use laneway_waker::lane;
    ///
    /// let timers = Timers::new().for_lane(1);
    /// let sleep = timers.sleep(Duration::from_millis(1)); // on any thread
    ///
    /// let _guard = lane::enter(1);
    /// timers.run_until(sleep); // on one of lane 1
    /// ```
    #[must_use]
    pub fn for_lane(&self, lane: u8) -> Self {
        Self::on(self.clock.clone(), lane)
    }

    /// The lane whose threads turn these timers.
    pub fn lane(&self) -> u8 {
        self.shared.lane()
    }

    /// The present time, by the clock of these timers.
    #[inline]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A future that is ready once `duration` has passed from now; reads the clock once.
    ///
    /// A zero duration has passed already. One beyond 292 years never does.
    #[inline]
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let deadline = self.moment_now().saturating_add(duration);
        if duration.is_zero() {
            Sleep::elapsed(self.shared.clone(), deadline)
        } else {
            Sleep::new(self.shared.clone(), deadline)
        }
    }

    /// A future that is ready once `deadline` has come; does not read the clock.
    #[inline]
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(self.shared.clone(), self.shared.timeline.moment(deadline))
    }

    /// `future`, unless `duration` passes first; reads the clock once.
    #[inline]
    pub fn timeout<F: IntoFuture>(&self, duration: Duration, future: F) -> Timeout<F::IntoFuture> {
        Timeout::new(future.into_future(), self.sleep(duration))
    }

    /// `future`, unless `deadline` comes first; does not read the clock.
    #[inline]
    pub fn timeout_at<F: IntoFuture>(
        &self,
        deadline: Instant,
        future: F,
    ) -> Timeout<F::IntoFuture> {
        Timeout::new(future.into_future(), self.sleep_until(deadline))
    }

    /// Ticks now and then every `period`.
    ///
    /// # Panics
    ///
    /// If `period` is zero.
    pub fn interval(&self, period: Duration) -> Interval {
        Interval::new(self.clone(), self.sleep(Duration::ZERO), period)
    }

    /// Ticks at `start` and then every `period`.
    ///
    /// # Panics
    ///
    /// If `period` is zero.
    pub fn interval_at(&self, start: Instant, period: Duration) -> Interval {
        Interval::new(self.clone(), self.sleep_until(start), period)
    }

    /// Wakes every sleep that is due, and says until when the caller may sleep.
    ///
    /// That is a promise: if a deadline comes for which that is too long, before the next call of
    /// `turn`, [`fire`](Self::fire) or [`next_deadline`](Self::next_deadline), the waker given to
    /// [`set_interrupt`](Self::set_interrupt) is woken.
    ///
    /// Reads the clock once; what becomes due meanwhile is left to the next turn.
    ///
    /// # Panics
    ///
    /// On a thread of another lane.
    pub fn turn(&self) -> Turn {
        self.turn_for(DriverId::EXECUTOR)
    }

    /// Wakes every sleep that is due and returns how many, for a caller who will call
    /// [`turn`](Self::turn) before it sleeps: until then nobody is interrupted on its behalf.
    ///
    /// # Panics
    ///
    /// As [`turn`](Self::turn).
    pub fn fire(&self) -> usize {
        let turned = self.shared.turn(self.now(), DriverId::EXECUTOR, false);
        turned.fired
    }

    /// What [`turn`](Self::turn) would report as [`Turn::next`] if nothing were due, with a promise for
    /// [`Turn::sleep_until`]; or now, if what threads of other lanes had left to be done may have woken tasks of the
    /// caller's. Else it does not read the clock.
    ///
    /// # Panics
    ///
    /// As [`turn`](Self::turn).
    pub fn next_deadline(&self) -> Option<Instant> {
        let turned = self.shared.next_deadline();
        if turned.has_served {
            Some(self.now())
        } else {
            turned.next
        }
    }

    /// Has `interrupt` woken when a deadline comes for which the last promise is too late, and when
    /// a clock that moves by jumps has jumped. Replaces the waker given before.
    ///
    /// It is woken on the thread that brings the deadline, outside all locks of the timers. Set it
    /// before the first turn: a promise made without one is not kept. On a thread of another lane it
    /// takes effect with the next turn, and that is early enough.
    pub fn set_interrupt(&self, interrupt: Waker) {
        self.shared.set_interrupt(Bell::new(interrupt));
    }

    /// Turns the timers on this thread until `stop` is ready, sleeping in between.
    ///
    /// Several threads may do this for the same timers, beside an executor that turns them.
    ///
    /// # Panics
    ///
    /// On a thread of another lane, and with the panic of `stop`.
    pub fn run_until<F: Future>(&self, stop: F) -> F::Output {
        let parker = Parker::new();
        let waker = Waker::from(parker.unparker());
        let seat = Seat::take(&self.shared, Bell::new(waker.clone()));
        let mut stop = pin!(stop);
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(output) = budget::unlimited(|| stop.as_mut().poll(&mut cx)) {
                return output;
            }
            match self.turn_for(seat.id).sleep_until {
                Some(deadline) => park_until(&parker, deadline),
                None => parker.park(),
            }
        }
    }

    /// Says that nobody turns these timers any more.
    ///
    /// Every sleep that is pending is woken, and from now on polling a sleep whose deadline had not
    /// elapsed panics: it could only wait for ever. For the end of a runtime, after its tasks are
    /// gone; it also breaks the cycles of tasks that only their timers keep alive.
    ///
    /// Any thread may do it. One of another lane has to take the lock for once: who closes timers while
    /// others still use them may wait for those, and they for it.
    pub fn close(&self) {
        self.shared.close();
    }

    fn on(clock: std::sync::Arc<dyn Clock>, lane: u8) -> Self {
        let pace = clock.pace();
        let shared = Arc::new(Shared::new(Timeline::new(clock.now(), pace), lane));
        if pace == Pace::Jumps {
            clock.watch(Waker::from(std::sync::Arc::new(Jumped(shared.clone()))));
        }
        Self {
            shared,
            clock,
            pace,
        }
    }

    pub(crate) fn moment_now(&self) -> Moment {
        self.shared.timeline.moment(self.now())
    }

    fn turn_for(&self, id: DriverId) -> Turn {
        let turned = self.shared.turn(self.now(), id, true);
        let sleep_until = match self.pace {
            // Tasks may have been woken on this very thread, which is about to sleep.
            _ if turned.has_served => Some(SystemClock.now()),
            Pace::Flows => turned.until,
            Pace::Jumps => None,
        };
        Turn {
            fired: turned.fired,
            next: turned.next,
            sleep_until,
        }
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers")
            .field("shared", &*self.shared)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// Waits for a token or until `deadline`: first until shortly before it, which the kernel makes
/// about right, then for what is left, if anything is.
fn park_until(parker: &Parker, deadline: Instant) {
    let shortly_before = deadline.checked_sub(TIMER_SLACK).unwrap_or(deadline);
    if !parker.park_deadline(shortly_before) {
        parker.park_deadline(deadline);
    }
}

/// A place among the drivers, given up when dropped.
struct Seat<'a> {
    shared: &'a Shared,
    id: DriverId,
}

impl<'a> Seat<'a> {
    fn take(shared: &'a Shared, interrupt: Interrupt) -> Self {
        Self {
            shared,
            id: shared.join(interrupt),
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.shared.leave(self.id);
    }
}

/// The waker that a clock wakes when it has jumped.
struct Jumped(Arc<Shared>);

impl Wake for Jumped {
    fn wake(self: std::sync::Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &std::sync::Arc<Self>) {
        self.0.interrupt_all();
    }
}
