//! Work of a known size, and who has done how much of it.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use cpu_time::ThreadTime;

use crate::runtime::WORKERS;

/// Work is counted in pieces of so many steps, some ten microseconds.
const PIECE: u64 = 8_000;

/// The speed is the best of so many tries, since neighbours only ever slow a machine down.
const TRIES: usize = 20;

/// Pieces in one try, some ten milliseconds.
const PIECES: u64 = 1_000;

/// How fast one core works while all of them do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Steps in one microsecond.
    pub steps_per_us: f64,
}

impl Speed {
    /// Keeps all cores busy for some tenths of a second, and counts the CPU time of each.
    pub fn measure() -> Self {
        let meter = Arc::new(Meter::new(WORKERS));
        let workers: Vec<_> = meter
            .jobs()
            .map(|job| thread::spawn(move || best_of(&job)))
            .collect();
        let speeds = workers.into_iter().map(|worker| {
            let speed = worker.join();
            speed.expect("spinning does not panic")
        });
        Self {
            steps_per_us: speeds.fold(f64::INFINITY, f64::min),
        }
    }

    /// Work that takes so long on a core of its own.
    pub fn steps(self, duration: Duration) -> u64 {
        (duration.as_secs_f64() * 1e6 * self.steps_per_us) as u64
    }

    /// What share of all cores' work `steps` is.
    pub fn share(self, steps: u64, duration: Duration) -> f64 {
        steps as f64 / (self.steps(duration) as f64 * WORKERS as f64)
    }
}

/// Does so many steps, of which each needs the one before.
pub fn spin(steps: u64) {
    let mut x = black_box(steps | 1);
    for _ in 0..steps {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    black_box(x);
}

/// Counts the work of several.
#[derive(Debug)]
pub struct Meter(Box<[Padded]>);

/// On a cache line of its own, so that counting costs the others nothing.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded(AtomicU64);

impl Meter {
    /// For so many jobs.
    pub fn new(jobs: usize) -> Self {
        Self((0..jobs).map(|_| Padded::default()).collect())
    }

    /// Its jobs.
    pub fn jobs(self: &Arc<Self>) -> impl Iterator<Item = Job> + '_ {
        (0..self.0.len()).map(|index| Job {
            meter: self.clone(),
            index,
        })
    }

    /// Steps done by all so far.
    pub fn done(&self) -> u64 {
        self.0.iter().map(|job| job.0.load(Relaxed)).sum()
    }
}

/// One that works, and is counted.
#[derive(Debug)]
pub struct Job {
    meter: Arc<Meter>,
    index: usize,
}

impl Job {
    /// Does so many steps, and counts them as it goes.
    pub fn work(&self, mut steps: u64) {
        let done = &self.meter.0[self.index].0;
        while steps > 0 {
            let piece = steps.min(PIECE);
            spin(piece);
            // The job is its counter's only writer.
            done.store(done.load(Relaxed) + piece, Relaxed);
            steps -= piece;
        }
    }
}

fn best_of(job: &Job) -> f64 {
    let speed = |_| {
        let start = ThreadTime::now();
        job.work(PIECES * PIECE);
        (PIECES * PIECE) as f64 / (start.elapsed().as_secs_f64() * 1e6)
    };
    (0..TRIES).map(speed).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted() {
        let meter = Arc::new(Meter::new(2));
        for job in meter.jobs() {
            job.work(PIECE + 1);
        }
        assert_eq!(meter.done(), 2 * (PIECE + 1));
    }

    #[test]
    fn shares() {
        let speed = Speed { steps_per_us: 10.0 };
        assert_eq!(speed.steps(Duration::from_millis(1)), 10_000);
        let share = speed.share(10_000, Duration::from_millis(1));
        assert!((share * WORKERS as f64 - 1.0).abs() < 1e-9);
    }
}
