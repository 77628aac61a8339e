//! Between `Instant`s and ticks: every addition saturates, every deadline rounds up, every reading
//! of the clock rounds down.

use std::time::{Duration, Instant};

use crate::clock::Pace;

/// Binary logarithm of a tick in nanoseconds: 2¹² ns, 4 µs.
///
/// Rounding up to it costs a deadline 2 µs on the average, which is little beside the 15 to 30 µs
/// after which a sleeping thread runs again on the reference machine. Shorter ticks than that would
/// only take timers through one level more of the wheel.
const TICK_LOG2: u32 = 12;

/// Who has woken and fired several at once rests: it is not woken for another deadline before so many ticks (98 µs)
/// have passed, and what falls due meanwhile fires together.
///
/// To sleep and wake costs 13 to 18 µs of CPU on the reference machine, by whatever system call; a timer
/// that fires costs 1 µs besides. With 100,000 timers in a second, a task each, on one thread, that makes
/// 2.4 µs of CPU for a timer, and a median lateness of 52 µs: half of the rest, and what it takes to wake.
/// Without a rest it was 6 µs of CPU, and 35 µs late; with one of 1 ms it is 1.1 µs, and 490 µs late.
const REST_TICKS: u64 = 24;

/// A moment in nanoseconds from the origin of its [`Timeline`], to within 292 years of it.
///
/// Half the size of an `Instant`, which is what keeps a timer within 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    /// Later than any moment that comes.
    const NEVER: Self = Self(i64::MAX);

    pub(crate) fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(saturating_nanos(duration)))
    }

    /// The first moment after `now` that lies a whole number of periods after `self`; `now` is not
    /// before `self`.
    pub(crate) fn next_multiple_after(self, period: Duration, now: Self) -> Self {
        let since = now.0.abs_diff(self.0);
        let into_period = u128::from(since) % period.as_nanos();
        match i64::try_from(period.as_nanos() - into_period) {
            Ok(rest) => Self(now.0.saturating_add(rest)),
            Err(_) => Self::NEVER,
        }
    }
}

/// An origin and the width of a tick.
#[derive(Debug)]
pub(crate) struct Timeline {
    origin: Instant,
    tick_log2: u32,
    /// How many ticks a rest lasts.
    rest: u64,
}

impl Timeline {
    pub(crate) fn new(origin: Instant, pace: Pace) -> Self {
        let (tick_log2, rest) = match pace {
            Pace::Flows => (TICK_LOG2, REST_TICKS),
            Pace::Jumps => (0, 0),
        };
        Self {
            origin,
            tick_log2,
            rest,
        }
    }

    /// How many ticks a rest lasts.
    pub(crate) fn rest(&self) -> u64 {
        self.rest
    }

    #[inline]
    pub(crate) fn moment(&self, at: Instant) -> Moment {
        match at.checked_duration_since(self.origin) {
            Some(after) => Moment(saturating_nanos(after)),
            None => Moment(-saturating_nanos(self.origin.duration_since(at))),
        }
    }

    /// The moment as an `Instant`; the origin or 30 years from it, if the platform cannot say it.
    pub(crate) fn instant(&self, Moment(nanos): Moment) -> Instant {
        const YEARS_30: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
        let distance = Duration::from_nanos(nanos.unsigned_abs());
        let instant = if nanos < 0 {
            self.origin.checked_sub(distance)
        } else {
            self.origin
                .checked_add(distance)
                .or_else(|| self.origin.checked_add(YEARS_30))
        };
        instant.unwrap_or(self.origin)
    }

    /// The first tick that is not before `deadline`.
    #[inline]
    pub(crate) fn deadline_tick(&self, deadline: Moment) -> u64 {
        let nanos = deadline.0.max(0) as u64;
        (nanos + self.tick_nanos() - 1) >> self.tick_log2
    }

    /// The last tick that is not after `now`; always before that of [`Moment::NEVER`].
    #[inline]
    pub(crate) fn elapsed_tick(&self, now: Moment) -> u64 {
        let nanos = now.0.clamp(0, Moment::NEVER.0 - 1) as u64;
        nanos >> self.tick_log2
    }

    /// The moment at which `tick` begins; `None` if it never does.
    pub(crate) fn tick_instant(&self, tick: u64) -> Option<Instant> {
        if tick >= self.deadline_tick(Moment::NEVER) {
            return None;
        }
        self.origin
            .checked_add(Duration::from_nanos(tick << self.tick_log2))
    }

    #[inline]
    fn tick_nanos(&self) -> u64 {
        1 << self.tick_log2
    }
}

#[inline]
fn saturating_nanos(duration: Duration) -> i64 {
    // Not by way of 128 bits.
    let nanos = i64::try_from(duration.as_secs())
        .ok()
        .and_then(|secs| secs.checked_mul(1_000_000_000))
        .and_then(|nanos| nanos.checked_add(duration.subsec_nanos().into()));
    nanos.unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> [Timeline; 2] {
        [Pace::Flows, Pace::Jumps].map(|pace| Timeline::new(Instant::now(), pace))
    }

    #[test]
    fn a_deadline_rounds_up_and_the_present_down() {
        let [flows, jumps] = both();
        for (nanos, up, down) in [
            (0, 0, 0),
            (1, 1, 0),
            (4_095, 1, 0),
            (4_096, 1, 1),
            (4_097, 2, 1),
        ] {
            assert_eq!(flows.deadline_tick(Moment(nanos)), up, "{nanos}");
            assert_eq!(flows.elapsed_tick(Moment(nanos)), down, "{nanos}");
            assert_eq!(jumps.deadline_tick(Moment(nanos)), nanos as u64);
            assert_eq!(jumps.elapsed_tick(Moment(nanos)), nanos as u64);
        }
        assert_eq!(flows.deadline_tick(Moment(-5)), 0);
        assert_eq!(flows.elapsed_tick(Moment(i64::MIN)), 0);
    }

    #[test]
    fn never_does_not_come() {
        for timeline in both() {
            let never = timeline.deadline_tick(Moment::NEVER);
            assert!(timeline.elapsed_tick(Moment::NEVER) < never);
            assert_eq!(timeline.tick_instant(never), None);
            assert_eq!(timeline.tick_instant(u64::MAX), None);
        }
    }

    #[test]
    fn instants_survive_the_way_there_and_back() {
        for timeline in both() {
            let origin = timeline.origin;
            for nanos in [0, 1, 999, 4_096, 1 << 40] {
                let offset = Duration::from_nanos(nanos);
                let later = origin + offset;
                assert_eq!(timeline.instant(timeline.moment(later)), later);
                let Some(earlier) = origin.checked_sub(offset) else {
                    continue;
                };
                assert_eq!(timeline.instant(timeline.moment(earlier)), earlier);
            }
        }
    }

    #[test]
    fn sums_saturate() {
        let [flows, _] = both();
        let start = flows.moment(flows.origin);
        for duration in [
            Duration::MAX,
            Duration::from_nanos(u64::MAX),
            Duration::from_secs(1 << 62),
        ] {
            assert_eq!(start.saturating_add(duration), Moment::NEVER);
        }
        assert_eq!(
            Moment::NEVER.saturating_add(Duration::from_nanos(1)),
            Moment::NEVER
        );
        assert!(flows.instant(Moment::NEVER) > flows.origin);
        assert!(flows.instant(Moment(i64::MIN)) <= flows.origin);
    }

    #[test]
    fn multiples_of_a_period() {
        let period = Duration::from_nanos(10);
        let next = |start, now| Moment(start).next_multiple_after(period, Moment(now)).0;
        assert_eq!(next(0, 0), 10);
        assert_eq!(next(0, 9), 10);
        assert_eq!(next(0, 10), 20);
        assert_eq!(next(3, 25), 33);
        assert_eq!(next(i64::MIN, i64::MAX - 1), i64::MAX);
        assert_eq!(
            Moment(0).next_multiple_after(Duration::MAX, Moment(0)),
            Moment::NEVER
        );
    }
}
