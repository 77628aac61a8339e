//! Instructions of one operation, counted by valgrind's callgrind: what the machine does meanwhile has
//! no part in it.

use std::env;
use std::process::{Command, Stdio};

use super::observed::Observed;
use crate::Result;
use crate::runtime::{LanewayFifo, LanewayPriorities, Runtime};
use crate::workload::{tasks, wakes};

/// The operations, and their counts in the two runs of which the difference is taken.
pub const OPERATIONS: [(&str, [usize; 2]); 2] =
    [("spawn_join", [2_000, 12_000]), ("yield", [10, 60])];

/// Counts for one scheduler, `one_lane` or `fifo`.
///
/// # Errors
///
/// If there is no valgrind.
pub fn measure(scheduler: &str) -> Result<Observed> {
    let mut observed = Observed::default();
    for (operation, [few, many]) in OPERATIONS {
        let count = |size: usize| count(operation, scheduler, size);
        let per_size = match operation {
            "yield" => wakes::YIELDING,
            _ => 1,
        };
        let difference = count(many)? - count(few)?;
        let each = difference / ((many - few) * per_size) as f64;
        observed = observed.figure(operation, each);
    }
    Ok(observed)
}

/// What is counted: in this process, one class, one worker.
///
/// # Errors
///
/// If there is no such operation or scheduler.
pub fn work(operation: &str, scheduler: &str, size: usize) -> Result<()> {
    match scheduler {
        "one_lane" => work_on::<LanewayPriorities>(operation, size),
        "fifo" => work_on::<LanewayFifo>(operation, size),
        _ => Err(format!("no scheduler {scheduler}").into()),
    }
}

fn work_on<R: Runtime>(operation: &str, size: usize) -> Result<()> {
    match operation {
        "spawn_join" => drop(tasks::spawn_join::<R>(size)),
        "yield" => drop(wakes::yield_storm::<R>(size)),
        _ => return Err(format!("no operation {operation}").into()),
    }
    Ok(())
}

fn count(operation: &str, scheduler: &str, size: usize) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["work", operation, scheduler, &size.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok());
    collected.ok_or_else(|| format!("valgrind counted nothing: {text}").into())
}
