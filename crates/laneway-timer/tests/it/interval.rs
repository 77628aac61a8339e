//! Transcripts of `Interval`: when each tick was due, in milliseconds from the start.

use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use laneway_timer::{Interval, ManualClock, MissedTickBehavior, Timers};

use crate::support::{Woken, manual, ms, poll_once};

struct Transcript {
    clock: ManualClock,
    timers: Timers,
    start: Instant,
    interval: Interval,
}

impl Transcript {
    fn new(behavior: MissedTickBehavior) -> Self {
        let (clock, timers) = manual();
        let mut interval = timers.interval(ms(10));
        interval.set_missed_tick_behavior(behavior);
        assert_eq!(interval.missed_tick_behavior(), behavior);
        Self {
            start: clock.now(),
            clock,
            timers,
            interval,
        }
    }

    /// Moves the clock to `now` and takes every tick there is.
    fn at(&mut self, now: u64) -> Vec<u128> {
        self.clock.advance(self.start + ms(now) - self.clock.now());
        let mut ticks = Vec::new();
        loop {
            match self
                .interval
                .poll_tick(&mut Context::from_waker(Waker::noop()))
            {
                Poll::Ready(due) => ticks.push((due - self.start).as_millis()),
                // Pending may mean that nobody has looked at the clock.
                Poll::Pending if self.timers.turn().fired > 0 => {}
                Poll::Pending => return ticks,
            }
        }
    }
}

#[test]
fn the_first_tick_comes_at_once_and_lateness_does_not_add_up() {
    for behavior in [
        MissedTickBehavior::Burst,
        MissedTickBehavior::Delay,
        MissedTickBehavior::Skip,
    ] {
        let mut transcript = Transcript::new(behavior);
        assert_eq!(transcript.at(0), [0]);
        assert_eq!(transcript.at(9), []);
        assert_eq!(transcript.at(10), [10]);
        assert_eq!(transcript.at(29), [20], "nine late, and none is missed");
        assert_eq!(transcript.at(30), [30]);
    }
}

#[test]
fn burst_catches_up() {
    let mut transcript = Transcript::new(MissedTickBehavior::Burst);
    assert_eq!(transcript.at(45), [0, 10, 20, 30, 40]);
    assert_eq!(transcript.at(49), []);
    assert_eq!(transcript.at(50), [50]);
}

#[test]
fn delay_starts_a_new_grid() {
    let mut transcript = Transcript::new(MissedTickBehavior::Delay);
    assert_eq!(transcript.at(0), [0]);
    assert_eq!(transcript.at(45), [10]);
    assert_eq!(transcript.at(54), []);
    assert_eq!(transcript.at(55), [55]);
    assert_eq!(transcript.at(65), [65]);
}

#[test]
fn skip_keeps_the_grid() {
    let mut transcript = Transcript::new(MissedTickBehavior::Skip);
    assert_eq!(transcript.at(0), [0]);
    assert_eq!(transcript.at(45), [10]);
    assert_eq!(transcript.at(49), []);
    assert_eq!(transcript.at(50), [50]);
    assert_eq!(
        transcript.at(70),
        [60],
        "the tick at 70 is due as this one is taken"
    );
    assert_eq!(transcript.at(80), [80]);
}

#[test]
fn reset() {
    let mut transcript = Transcript::new(MissedTickBehavior::Burst);
    assert_eq!(transcript.at(5), [0]);
    transcript.interval.reset();
    assert_eq!(transcript.at(14), []);
    assert_eq!(transcript.at(15), [15]);
    transcript.interval.reset_at(transcript.start + ms(18));
    assert_eq!(transcript.at(18), [18]);
    assert_eq!(transcript.at(28), [28]);
}

#[test]
fn an_interval_may_begin_later() {
    let (clock, timers) = manual();
    let start = timers.now() + ms(3);
    let mut interval = timers.interval_at(start, ms(10));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(interval.poll_tick(&mut cx).is_pending());
    clock.advance(ms(3));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(interval.poll_tick(&mut cx), Poll::Ready(start));
    assert_eq!(interval.period(), ms(10));
}

#[test]
fn periods_past_the_end_of_time_tick_once() {
    for behavior in [
        MissedTickBehavior::Burst,
        MissedTickBehavior::Delay,
        MissedTickBehavior::Skip,
    ] {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut cx = Context::from_waker(&waker);
        let mut interval = timers.interval(Duration::MAX);
        interval.set_missed_tick_behavior(behavior);
        assert!(interval.poll_tick(&mut cx).is_ready());
        assert!(interval.poll_tick(&mut cx).is_pending());
        clock.advance(Duration::from_secs(1 << 31));
        assert_eq!(timers.turn().fired, 0);
        interval.reset();
        assert!(interval.poll_tick(&mut cx).is_pending());
        assert_eq!(woken.count(), 0);
    }
}

#[test]
#[should_panic(expected = "must not be zero")]
fn a_period_of_zero_is_refused() {
    let _ = manual().1.interval(Duration::ZERO);
}

#[test]
fn a_tick_that_is_not_awaited_to_its_end_is_not_lost() {
    let (clock, timers) = manual();
    let mut interval = timers.interval(ms(10));
    let start = timers.now();
    assert_eq!(
        poll_once(&mut Box::pin(interval.tick())),
        Poll::Ready(start)
    );
    assert!(poll_once(&mut Box::pin(interval.tick())).is_pending());
    clock.advance(ms(10));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(
        poll_once(&mut Box::pin(interval.tick())),
        Poll::Ready(start + ms(10))
    );
}
