//! When a busy worker turns the driver: readiness must not wait for long polls, and the look at the
//! clock must not cost more than short ones.
//!
//! The clock is read once in a *stride* of polls. The stride is one poll when polls are long or of
//! different classes, and doubles while they are short and alike.

use laneway_scheduler::{Clock, Priority};

/// A busy worker turns the driver at the first look after so many nanoseconds. A tenth of what a
/// person or a network would notice, and a hundred times what a turn costs (1 to 2 µs with events).
const INTERVAL: u64 = 200_000;

/// It turns the driver at the first look after so many polls that took at least [`PAUSE`] together. About
/// Tokio's number, which has no pause.
const POLLS: u32 = 64;

/// Polls of 30 ns would turn the driver every 2 µs, for a system call (0.3 µs) and two looks at clocks
/// each time. Events that wait for so many nanoseconds more have waited for less than a wake-up takes.
pub(crate) const PAUSE: u64 = 16_000;

/// Polls between two looks at the clock, at most: a look (about 25 ns) spread over 16 polls costs
/// each less than 2 ns, and 16 polls that are suddenly long go unnoticed once.
const STRIDE: u32 = 16;

/// When the driver was turned, and how fast polls go.
#[derive(Debug)]
pub(crate) struct Pace {
    polls_until_look: u32,
    stride: u32,
    polls_since_turn: u32,
    last_look: u64,
    last_turn: u64,
    /// Of the last poll.
    class: Option<Priority>,
}

impl Pace {
    /// The driver has just been turned.
    pub(crate) fn start(clock: &impl Clock) -> Self {
        let now = clock.nanos();
        Self {
            polls_until_look: 1,
            stride: 1,
            polls_since_turn: 0,
            last_look: now,
            last_turn: now,
            class: None,
        }
    }

    /// The driver has been turned otherwise: the worker slept.
    pub(crate) fn turned(&mut self, clock: &impl Clock) {
        self.last_look = clock.nanos();
        self.last_turn = self.last_look;
        self.polls_since_turn = 0;
        self.polls_until_look = self.stride;
    }

    /// A task of this class is about to be polled; tells whether the last was of another.
    #[inline]
    pub(crate) fn polls(&mut self, class: Priority) -> bool {
        let is_other = self.class != Some(class);
        if is_other {
            self.class = Some(class);
            self.polls_until_look = 1;
            self.stride = 1;
        }
        is_other
    }

    /// Whether to turn the driver now; to be asked once a poll, and heeded.
    #[inline]
    pub(crate) fn is_due(&mut self, clock: &impl Clock) -> bool {
        self.polls_until_look -= 1;
        self.polls_until_look == 0 && self.look(clock.nanos())
    }

    #[cold]
    fn look(&mut self, now: u64) -> bool {
        let took = now.saturating_sub(self.last_look);
        self.last_look = now;
        self.polls_since_turn += self.stride;
        // So that the next stride takes no more than an interval, if polls go on like this.
        self.stride = if took > INTERVAL / 2 {
            1
        } else {
            (2 * self.stride).min(STRIDE)
        };
        self.polls_until_look = self.stride;
        let pause = now.saturating_sub(self.last_turn);
        let is_due = pause >= INTERVAL || pause >= PAUSE && self.polls_since_turn >= POLLS;
        if is_due {
            self.last_turn = now;
            self.polls_since_turn = 0;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Counts how often it is read.
    #[derive(Default)]
    struct Counting {
        nanos: Cell<u64>,
        reads: Cell<u32>,
    }

    impl Clock for Counting {
        fn nanos(&self) -> u64 {
            self.reads.set(self.reads.get() + 1);
            self.nanos.get()
        }
    }

    /// Polls of so many nanoseconds each, and after how many of them the driver was turned.
    fn turns(pace: &mut Pace, clock: &Counting, class: Priority, polls: &[u64]) -> Vec<usize> {
        let mut turns = Vec::new();
        for (index, nanos) in polls.iter().enumerate() {
            pace.polls(class);
            clock.nanos.set(clock.nanos.get() + nanos);
            if pace.is_due(clock) {
                turns.push(index + 1);
            }
        }
        turns
    }

    #[test]
    fn after_each_long_poll() {
        let clock = Counting::default();
        let mut pace = Pace::start(&clock);
        let long = turns(&mut pace, &clock, Priority::Normal, &[1_000_000; 5]);
        assert_eq!(long, [1, 2, 3, 4, 5]);
        let middling = turns(&mut pace, &clock, Priority::Normal, &[100_000; 6]);
        assert!(middling.len() >= 2, "{middling:?}");
    }

    #[test]
    fn short_polls_cost_few_looks() {
        let clock = Counting::default();
        let mut pace = Pace::start(&clock);
        let count = turns(&mut pace, &clock, Priority::Normal, &[300; 6_400]).len();
        assert!((80..=100).contains(&count), "{count} turns");
        assert!(clock.reads.get() <= 410, "{} reads", clock.reads.get());
    }

    #[test]
    fn very_short_polls_turn_the_driver_no_more_often_than_it_is_worth() {
        let clock = Counting::default();
        let mut pace = Pace::start(&clock);
        let turns = turns(&mut pace, &clock, Priority::Normal, &[30; 6_400]);
        let polls = (PAUSE / 30) as usize;
        assert!(
            (6_400 / polls - 1..=6_400 / polls).contains(&turns.len()),
            "{turns:?}"
        );
    }

    #[test]
    fn a_burst_of_short_ones_does_not_hide_long_ones_of_another_class() {
        let clock = Counting::default();
        let mut pace = Pace::start(&clock);
        turns(&mut pace, &clock, Priority::Critical, &[1_000; 100]);
        let long = turns(&mut pace, &clock, Priority::Normal, &[10_000_000; 3]);
        assert_eq!(long, [1, 2, 3]);
    }
}
