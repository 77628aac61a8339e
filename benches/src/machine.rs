//! What Linux says of the machine and of this process, in `/proc`. Elsewhere there is nothing.

use std::fs;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Result;

/// Clock ticks per second in `/proc`: 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// Bytes of a page, as `/proc/self/statm` counts.
const PAGE: f64 = 4096.0;

/// What else a process has open, and some more.
const OTHER_FILES: u64 = 200;

/// CPU time that the machine has used, and this process with all children it has waited for.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    at: Instant,
    all: Option<f64>,
    own: Option<f64>,
}

impl Load {
    /// Since the beginning.
    pub fn now() -> Self {
        let read = |path, parse: fn(&str) -> Option<f64>| parse(&fs::read_to_string(path).ok()?);
        Self {
            at: Instant::now(),
            all: read("/proc/stat", busy_seconds),
            own: read("/proc/self/stat", own_seconds),
        }
    }

    /// How many cores other processes have used, on average, since `self` was read.
    pub fn others_since(&self) -> Option<f64> {
        let now = Self::now();
        let used = |now: Option<f64>, before: Option<f64>| Some(now? - before?);
        let others = used(now.all, self.all)? - used(now.own, self.own)?;
        Some((others / (now.at - self.at).as_secs_f64()).max(0.0))
    }
}

/// Bytes of memory that this process occupies.
pub fn resident_bytes() -> Option<f64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}

/// How many threads this process has.
pub fn threads() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:"))?;
    line.trim().parse().ok()
}

/// Lets this process, and those it starts, open a file for each of so many connections.
///
/// # Errors
///
/// If it may not.
pub fn allow_connections(count: usize) -> Result<()> {
    let needed = count as u64 + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(needed),
        ..limit
    };
    setrlimit(Resource::Nofile, raised)
        .map_err(|error| format!("{count} connections need `ulimit -n {needed}`: {error}").into())
}

/// The first line of `/proc/stat`: all but idle and waiting for I/O. Guests are counted in `user`.
fn busy_seconds(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.trim();
    let ticks: Vec<f64> = fields.split(' ').map_while(|it| it.parse().ok()).collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal] = *ticks.first_chunk()?;
    Some((user + nice + system + irq + softirq + steal) / TICKS)
}

/// Fields 14 to 17; the second field, the name, may contain blanks and parentheses.
fn own_seconds(stat: &str) -> Option<f64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields = behind_name.split_whitespace().skip(11).take(4);
    let ticks: f64 = fields.map_while(|field| field.parse::<f64>().ok()).sum();
    Some(ticks / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_limited() {
        assert!(allow_connections(1).is_ok());
        let hard = getrlimit(Resource::Nofile).maximum;
        assert!(hard.is_none() || allow_connections(usize::MAX / 2).is_err());
    }

    #[test]
    fn reads_what_proc_says() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 1000 0 0 0 250 50 30 20 20 0 4 0 100";
        assert_eq!(own_seconds(stat), Some(3.5));
        let stat = "cpu  100 50 30 9999 8888 5 10 5 0 0\ncpu0 1 2 3\n";
        assert_eq!(busy_seconds(stat), Some(2.0));
        assert_eq!(busy_seconds("intr 5"), None);
    }
}
