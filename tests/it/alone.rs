//! Tests that need a process of their own: because they count what all of it has, or are stopped.

use std::process::{Command, ExitStatus};

/// In the process that is alone, what it was started for.
pub(crate) const ROLE: &str = "LANEWAY_ALONE";

/// Whether this process runs `test` alone. If not, it runs one that does, to its end, and fails if
/// that fails; then there is nothing left to do here.
///
/// `test` is the test's own name, with its module.
pub(crate) fn is_alone(test: &str) -> bool {
    let alone = std::env::var_os(ROLE).is_some();
    if !alone {
        assert!(start(test).success(), "{test} failed in its own process");
    }
    alone
}

/// A command that runs `test` alone.
pub(crate) fn command(test: &str) -> Command {
    let this_binary = std::env::current_exe().expect("a test has a path");
    let mut command = Command::new(this_binary);
    command
        .args(["--exact", test, "--nocapture"])
        .env(ROLE, "1");
    command
}

fn start(test: &str) -> ExitStatus {
    command(test).status().expect("the test can start itself")
}

/// How many file descriptors this process has open.
pub(crate) fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd")
        .expect("proc is mounted")
        .count()
}

/// How many pages of memory this process has; none under a sanitizer, which keeps what is freed.
pub(crate) fn resident_pages() -> usize {
    if std::env::var_os("ASAN_OPTIONS").is_some() {
        return 0;
    }
    let statm = std::fs::read_to_string("/proc/self/statm").expect("proc is mounted");
    let resident = statm.split_whitespace().nth(1).expect("a second number");
    resident.parse().expect("a number")
}

/// What the threads of this process have cost, but for the one that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Nanoseconds on a processor.
    pub(crate) nanos: u64,
    /// How often one of them was put on a processor.
    pub(crate) times: u64,
}

pub(crate) fn cost_of_other_threads() -> Cost {
    let own = std::fs::read_link("/proc/thread-self").expect("proc is mounted");
    let own = own.file_name().expect("a thread's number");
    let mut cost = Cost { nanos: 0, times: 0 };
    for thread in std::fs::read_dir("/proc/self/task").expect("proc is mounted") {
        let thread = thread.expect("a thread");
        // It may have ended since it was listed.
        let Ok(schedstat) = std::fs::read_to_string(thread.path().join("schedstat")) else {
            continue;
        };
        if thread.file_name() != own {
            let mut numbers = schedstat.split_whitespace().map(|n| n.parse::<u64>());
            let mut next = || numbers.next().expect("three numbers").expect("a number");
            cost.nanos += next();
            let _waiting = next();
            cost.times += next();
        }
    }
    cost
}
