//! CPU time of processes, from `/proc`; elsewhere than on Linux nothing is known.

use std::fs;

/// Clock ticks per second in `/proc/<pid>/stat`: 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// CPU seconds of the service and of this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    pid: Option<u32>,
    pub(super) service: Option<f64>,
    pub(super) client: Option<f64>,
}

impl Usage {
    /// What each has used since it began.
    pub(super) fn now(pid: Option<u32>) -> Self {
        let service = pid.and_then(|pid| cpu_seconds(&pid.to_string()));
        Self {
            pid,
            service,
            client: cpu_seconds("self"),
        }
    }

    /// What each has used since `self` was read.
    pub(super) fn until_now(&self) -> Self {
        let now = Self::now(self.pid);
        let used = |now: Option<f64>, before: Option<f64>| Some(now? - before?);
        Self {
            pid: self.pid,
            service: used(now.service, self.service),
            client: used(now.client, self.client),
        }
    }
}

fn cpu_seconds(process: &str) -> Option<f64> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Fields 14 and 15; the second field, the name, may contain blanks and parentheses.
fn parse(stat: &str) -> Option<f64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_line_of_a_process() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 1000 0 0 0 250 50 0 0 20 0 4 0 100";
        assert_eq!(parse(stat), Some(3.0));
        assert_eq!(parse("42"), None);
    }
}
