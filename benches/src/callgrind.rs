//! Instructions of one operation, counted by valgrind's callgrind: what the machine does meanwhile has
//! no part in it.

use std::env;
use std::process::{Command, Stdio};

use crate::Result;
use crate::contestant;
use crate::workload::wakes::YIELDING;
use crate::workload::{self, Effort};

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The workload.
    pub workload: &'static str,
    /// Its sizes in the two runs of which the difference is taken: what both do once is gone.
    sizes: [usize; 2],
    /// Operations for each unit of the size.
    per_size: usize,
}

const fn operation(workload: &'static str, sizes: [usize; 2], per_size: usize) -> Operation {
    Operation {
        workload,
        sizes,
        per_size,
    }
}

/// All that are counted.
pub const OPERATIONS: [Operation; 5] = [
    operation("spawn_join", [2_000, 12_000], 1),
    operation("chained", [2_000, 12_000], 1),
    operation("yield", [10, 60], YIELDING),
    operation("ping_pong_1", [2_000, 42_000], 1),
    operation("timer_churn", [2_000, 12_000], 1),
];

impl Operation {
    /// How many instructions one takes.
    ///
    /// # Errors
    ///
    /// If there is no valgrind, or the workload fails.
    pub fn count(&self, contestant: &str) -> Result<f64> {
        let [few, many] = self.sizes;
        let difference = collected(self.workload, contestant, many)?
            - collected(self.workload, contestant, few)?;
        Ok(difference / ((many - few) * self.per_size) as f64)
    }
}

/// Whether anything can be counted.
///
/// # Errors
///
/// If there is no valgrind.
pub fn probe() -> Result<()> {
    let mut version = Command::new("valgrind");
    version.arg("--version").stdout(Stdio::null());
    match version.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("valgrind, which counts instructions, fails: {status}").into()),
        Err(error) => {
            Err(format!("valgrind, which counts instructions, is missing: {error}").into())
        }
    }
}

/// The operation of this workload.
pub fn find(workload: &str) -> Option<Operation> {
    OPERATIONS.into_iter().find(|it| it.workload == workload)
}

/// What is counted, in this process: `count WORKLOAD WHO SIZE` on the command line of every program that
/// counts.
///
/// # Errors
///
/// If there is no such workload or contestant.
pub fn work(workload: &str, contestant: &str, size: usize) -> Result<()> {
    let workload = workload::find(workload).ok_or_else(|| format!("no workload {workload}"))?;
    let effort = Effort {
        size,
        ..Effort::full(workload)
    };
    contestant::sample(workload, contestant, effort).map(drop)
}

/// Instructions of a whole process.
fn collected(workload: &str, contestant: &str, size: usize) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["count", workload, contestant, &size.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    match parse(&text).filter(|_| output.status.success()) {
        Some(count) => Ok(count),
        None => Err(format!("valgrind counted nothing: {text}").into()),
    }
}

/// What callgrind says at the end.
fn parse(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    line.and_then(|(_, count)| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_callgrind_says() {
        let text = "==7== Events    : Ir\n==7== Collected : 4711\n==7==\n";
        assert_eq!(parse(text), Some(4711.0));
        assert_eq!(parse("==7== Process terminating"), None);
    }

    #[test]
    fn operations_are_workloads() {
        for operation in OPERATIONS {
            let workload = workload::find(operation.workload).unwrap();
            assert!(operation.sizes[0] < operation.sizes[1]);
            assert!(operation.sizes[1] <= workload.size, "{operation:?}");
        }
    }
}
