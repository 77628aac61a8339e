//! When requests are due, for a load that does not depend on the service.

use std::time::{Duration, Instant};

/// The next request of each connection.
#[derive(Debug)]
pub(super) struct Pace {
    due: Vec<Instant>,
    /// Between two requests of one connection.
    interval: Duration,
}

impl Pace {
    /// So many requests a second, evenly spread over the connections.
    pub(super) fn new(rate: f64, connections: usize, start: Instant) -> Self {
        let between = Duration::from_secs_f64(1.0 / rate);
        let due = (0..connections as u32).map(|index| start + between * index);
        Self {
            due: due.collect(),
            interval: between * connections as u32,
        }
    }

    /// The instant from which the next request of an idle connection counts, if it is time.
    ///
    /// `free_since` is when the connection became idle. Was the request due before, then it has waited
    /// for the answer before; was it due later, then what has passed since is the generator's delay.
    pub(super) fn take(
        &mut self,
        index: usize,
        free_since: Instant,
        now: Instant,
    ) -> Option<Instant> {
        let due = self.due[index];
        if due > now {
            return None;
        }
        self.due[index] += self.interval;
        Some(if due < free_since { due } else { now })
    }

    /// How long it is until the first of all.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let first = self.due.iter().min().copied();
        first.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    /// How long those have waited that were due before `end`.
    pub(super) fn overdue(&self, end: Instant) -> impl Iterator<Item = Duration> + '_ {
        let of_one = move |due: &Instant| {
            let all = std::iter::successors(Some(*due), |due| Some(*due + self.interval));
            all.take_while(move |due| *due < end)
                .map(move |due| end - due)
        };
        self.due.iter().flat_map(of_one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_count_from_when_they_were_due() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(100.0, 2, start);
        assert_eq!(pace.wait(start), Duration::ZERO);
        assert_eq!(pace.take(0, start, at(3)), Some(at(3)));
        assert_eq!(pace.take(1, start, at(3)), None);
        assert_eq!(pace.wait(at(3)), Duration::from_millis(7));
        // An answer that came 25 ms after the next request was due.
        assert_eq!(pace.take(0, at(45), at(45)), Some(at(20)));
        let overdue: Vec<_> = pace.overdue(at(60)).map(|it| it.as_millis()).collect();
        assert_eq!(overdue, [20, 50, 30, 10]);
    }
}
