//! Deadlines: kept and dropped, and how late one thread gets up for them.

use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::sample::{Sample, Stopwatch};
use crate::workload::timers::{FAR, HEAD_START, PERIOD, Random, late_by, lateness_of};

/// Lists by the milliseconds of the deadline, of which several share one.
const LISTS: usize = 4096;

/// The simplest of wheels.
pub(super) struct Lists {
    pub(super) base: Instant,
    pub(super) lists: Vec<Vec<u64>>,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self {
            base: Instant::now(),
            lists: vec![vec![]; LISTS],
        }
    }

    /// Keeps a deadline, and tells in which list, for which it lies last there.
    pub(super) fn keep(&mut self, deadline: Instant) -> usize {
        let nanos = (deadline - self.base).as_nanos() as u64;
        let list = (nanos / 1_000_000) as usize % LISTS;
        self.lists[list].push(nanos);
        list
    }
}

/// Deadlines are kept, then all are dropped one by one.
pub(super) fn create(sleeps: usize) -> Sample {
    let mut random = Random(1);
    let mut lists = Lists::new();
    let base = Instant::now() + FAR;
    let watch = Stopwatch::start();
    let mut kept = Vec::with_capacity(sleeps);
    for _ in 0..sleeps {
        kept.push(lists.keep(base + random.up_to(FAR)));
    }
    let mut dropped = 0;
    for list in kept {
        dropped += usize::from(lists.lists[list].pop().is_some());
    }
    assert_eq!(dropped, sleeps);
    watch.per_op(sleeps)
}

/// A deadline is kept and dropped, then the next.
pub(super) fn churn(sleeps: usize) -> Sample {
    let mut lists = Lists::new();
    let watch = Stopwatch::start();
    let mut dropped = 0;
    for _ in 0..sleeps {
        let list = lists.keep(Instant::now() + FAR);
        dropped += usize::from(lists.lists[list].pop().is_some());
    }
    assert_eq!(dropped, sleeps);
    watch.per_op(sleeps)
}

/// One thread sleeps until each of the deadlines, which it knows in order.
///
/// # Errors
///
/// If the kernel lets no thread be exact.
pub(super) fn lateness(deadlines: usize) -> Result<Sample> {
    let mut random = Random(2);
    let base = Instant::now() + HEAD_START;
    let second = Duration::from_secs(1);
    sleep_until_each(|| {
        let deadlines = (0..deadlines).map(|_| base + random.up_to(second));
        let mut all: Vec<Instant> = deadlines.collect();
        all.sort();
        all
    })
}

/// One thread sleeps until each of many instants, a millisecond apart.
///
/// # Errors
///
/// As [`lateness`].
pub(super) fn interval(ticks: usize) -> Result<Sample> {
    let base = Instant::now() + PERIOD;
    sleep_until_each(|| {
        let ticks = 0..ticks as u32;
        ticks.map(|tick| base + tick * PERIOD).collect()
    })
}

fn sleep_until_each(deadlines: impl FnOnce() -> Vec<Instant>) -> Result<Sample> {
    // Otherwise the kernel adds up to 50 µs, to save wake-ups.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
    let watch = Stopwatch::start();
    let deadlines = deadlines();
    let mut late = Vec::with_capacity(deadlines.len());
    for deadline in deadlines {
        let left = deadline.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            // why: the kernel's own timer is what is measured.
            thread::sleep(left);
        }
        late.push(late_by(deadline));
    }
    Ok(lateness_of(late, watch))
}
