//! A moment that comes again and again.

use std::future::Future;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::sleep::Sleep;
use crate::timers::Timers;
use crate::timers::timeline::Moment;

/// Ticks every period, made by [`Timers::interval`](crate::Timers::interval) and
/// [`interval_at`](crate::Timers::interval_at).
///
/// Ticks lie on a grid: that one comes late does not move the next. A tick is *missed* when the one
/// after it is due before it is taken; what happens then is the [`MissedTickBehavior`].
///
/// ```
/// use std::time::Duration;
/// use laneway_timer::Timers;
///
/// let timers = Timers::new();
/// timers.run_until(async {
///     let mut interval = timers.interval(Duration::from_millis(1));
///     let first = interval.tick().await;
///     let second = interval.tick().await;
///     assert_eq!(second - first, Duration::from_millis(1));
/// });
/// ```
#[derive(Debug)]
pub struct Interval {
    timers: Timers,
    sleep: Sleep,
    period: Duration,
    missed_tick_behavior: MissedTickBehavior,
}

/// What an [`Interval`] does when ticks were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MissedTickBehavior {
    /// Ticks at once, as often as it takes to catch up.
    #[default]
    Burst,
    /// Ticks once for all that were missed, and starts a new grid from there.
    Delay,
    /// Ticks once for all that were missed, and goes on with the old grid.
    Skip,
}

impl Interval {
    pub(crate) fn new(timers: Timers, first: Sleep, period: Duration) -> Self {
        assert!(
            !period.is_zero(),
            "the period of an interval must not be zero"
        );
        let missed_tick_behavior = MissedTickBehavior::default();
        Self {
            timers,
            sleep: first,
            period,
            missed_tick_behavior,
        }
    }

    /// Waits for the next tick and returns when it was due.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has taken no tick.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// [`tick`](Self::tick) as a poll; the last task that polled is woken.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.sleep).poll(cx));
        let due = self.sleep.deadline();
        let next = self.after(self.sleep.moment());
        self.sleep.reset_to(next);
        Poll::Ready(due)
    }

    /// The time from tick to tick.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// The behavior for missed ticks.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed_tick_behavior
    }

    /// Chooses the behavior for missed ticks.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed_tick_behavior = behavior;
    }

    /// Starts anew: the next tick comes one period from now.
    pub fn reset(&mut self) {
        self.sleep
            .reset_to(self.timers.moment_now().saturating_add(self.period));
    }

    /// Starts anew: the next tick comes at `start`.
    pub fn reset_at(&mut self, start: Instant) {
        self.sleep.reset(start);
    }

    /// The tick after the one that was due at `tick`. Bursts do not read the clock.
    fn after(&self, tick: Moment) -> Moment {
        let next = tick.saturating_add(self.period);
        if self.missed_tick_behavior == MissedTickBehavior::Burst {
            return next;
        }
        let now = self.timers.moment_now();
        if now < next {
            return next;
        }
        match self.missed_tick_behavior {
            MissedTickBehavior::Burst => next,
            MissedTickBehavior::Delay => now.saturating_add(self.period),
            MissedTickBehavior::Skip => tick.next_multiple_after(self.period, now),
        }
    }
}
