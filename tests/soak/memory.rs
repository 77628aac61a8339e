//! Does memory grow?

use std::fs;
use std::time::Duration;

/// Memory after so much of the run is compared: before that, allocator and queues fill.
const WARM: f64 = 0.4;

/// Growth that may be chance: what so many samples cannot tell from none.
const ALLOWED_KIB: f64 = 8192.0;

/// What a process has, over time.
#[derive(Debug, Default)]
pub(crate) struct Memory(Vec<(f64, f64)>);

impl Memory {
    /// Looks now.
    pub(crate) fn sample(&mut self, since_start: Duration) {
        self.0.push((since_start.as_secs_f64(), resident_kib()));
    }

    /// Prints what it came to; whether it stayed within bounds.
    pub(crate) fn print(&self, what: &str) -> bool {
        let Some((length, now)) = self.0.last() else {
            return true;
        };
        let warm: Vec<_> = self
            .0
            .iter()
            .filter(|(at, _)| *at > WARM * length)
            .collect();
        let slope = slope(&warm);
        let grown = slope * (1.0 - WARM) * length;
        let peak = self.0.iter().map(|(_, kib)| *kib).fold(0.0, f64::max);
        println!(
            "{what}: {:.1} MiB at most, {:.1} MiB now, {:+.0} KiB a minute, {grown:+.0} KiB in all",
            peak / 1024.0,
            now / 1024.0,
            slope * 60.0,
        );
        grown < ALLOWED_KIB
    }
}

/// Least squares.
fn slope(samples: &[&(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(|it| of(it)).sum::<f64>() / count;
    let (at, kib) = (mean(|it| it.0), mean(|it| it.1));
    let both: f64 = samples.iter().map(|it| (it.0 - at) * (it.1 - kib)).sum();
    let square: f64 = samples.iter().map(|it| (it.0 - at).powi(2)).sum();
    if square > 0.0 { both / square } else { 0.0 }
}

fn resident_kib() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("proc is mounted");
    let pages: f64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0.0);
    pages * rustix::param::page_size() as f64 / 1024.0
}

/// How many descriptors this process has open.
pub(crate) fn open_files() -> usize {
    fs::read_dir("/proc/self/fd")
        .expect("proc is mounted")
        .count()
}

/// How many threads it has.
pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task")
        .expect("proc is mounted")
        .count()
}
