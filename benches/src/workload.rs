//! The workloads, by name.

pub mod blocking;
pub mod echo;
pub mod memory;
pub mod tasks;
pub mod timers;
pub mod wakes;

use crate::Result;
use crate::runtime::{LanewayMt, LanewaySt, Runtime, SmolMt, SmolSt, TokioMt, TokioSt};
use crate::sample::Sample;

/// A workload.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// How it is called.
    pub name: &'static str,
    /// What else it can be chosen by.
    pub group: &'static str,
    /// The figure to compare; the lower the better.
    pub primary: &'static str,
    /// How much is done in one sample: see `about`.
    pub size: usize,
    /// What is measured.
    pub about: &'static str,
}

const fn workload(
    [group, name, primary]: [&'static str; 3],
    size: usize,
    about: &'static str,
) -> Workload {
    Workload {
        name,
        group,
        primary,
        size,
        about,
    }
}

/// All there are.
pub const WORKLOADS: [Workload; 14] = [
    workload(
        ["tasks", "spawn_join", "ns_op"],
        100_000,
        "a task spawns so many tasks, then joins them; for each",
    ),
    workload(
        ["tasks", "spawn_outside", "ns_op"],
        100_000,
        "a foreign thread spawns so many tasks, until all have run; for each",
    ),
    workload(
        ["tasks", "chained", "ns_op"],
        200_000,
        "each of so many tasks spawns the next and ends; for each",
    ),
    workload(
        ["wakes", "yield", "ns_op"],
        1000,
        "1000 tasks yield so many times each; for each yield",
    ),
    workload(
        ["wakes", "ping_pong_1", "ns_op"],
        200_000,
        "two tasks wake each other in turn so often; for each round trip",
    ),
    workload(
        ["wakes", "ping_pong_1000", "ns_op"],
        500,
        "1000 pairs of such tasks at once; for each round trip",
    ),
    workload(
        ["wakes", "wake_latency", "p50_ns"],
        1000,
        "a foreign thread wakes a task of an idle runtime so often: until its poll",
    ),
    workload(
        ["timers", "timer_create", "ns_op"],
        1_000_000,
        "so many sleeps are made, polled once, kept, then all dropped; for each",
    ),
    workload(
        ["timers", "timer_churn", "ns_op"],
        1_000_000,
        "so many times a sleep is made, polled once and dropped; for each",
    ),
    workload(
        ["timers", "timer_lateness", "p50_ns"],
        100_000,
        "so many tasks each sleep until some instant of one second: how late they run",
    ),
    workload(
        ["timers", "interval", "cpu_ns_op"],
        2_000,
        "a task sleeps until each of so many instants, a millisecond apart; then a plain thread does",
    ),
    workload(
        ["echo", "echo", "cpu_ns_op"],
        64,
        "so many TCP connections, 64 bytes to and fro: CPU time of the server for each request",
    ),
    workload(
        ["blocking", "blocking", "ns_op"],
        100_000,
        "a task spawns so many tiny closures for the blocking pool, then joins them; for each",
    ),
    workload(
        ["memory", "task_bytes", "bytes_op"],
        1_000_000,
        "so many tasks wait for ever, with a future of 16 bytes: memory for each",
    ),
];

/// The runtimes: `_mt` have several threads, `_st` one.
pub const RUNTIMES: [&str; 6] = [
    "tokio_mt",
    "laneway_mt",
    "smol_mt",
    "tokio_st",
    "laneway_st",
    "smol_st",
];

/// Runs a workload once, in this process.
///
/// # Errors
///
/// If there is no such workload or runtime, or it cannot be run.
pub fn sample(workload: &Workload, runtime: &str, size: usize) -> Result<Sample> {
    match runtime {
        "tokio_mt" => sample_on::<TokioMt>(workload.name, size),
        "tokio_st" => sample_on::<TokioSt>(workload.name, size),
        "laneway_mt" => sample_on::<LanewayMt>(workload.name, size),
        "laneway_st" => sample_on::<LanewaySt>(workload.name, size),
        "smol_mt" => sample_on::<SmolMt>(workload.name, size),
        "smol_st" => sample_on::<SmolSt>(workload.name, size),
        _ => Err(format!("no runtime {runtime}").into()),
    }
}

fn sample_on<R: Runtime>(workload: &str, size: usize) -> Result<Sample> {
    Ok(match workload {
        "spawn_join" => tasks::spawn_join::<R>(size),
        "spawn_outside" => tasks::spawn_outside::<R>(size),
        "chained" => tasks::chained::<R>(size),
        "yield" => wakes::yield_storm::<R>(size),
        "ping_pong_1" => wakes::ping_pong::<R>(1, size),
        "ping_pong_1000" => wakes::ping_pong::<R>(1000, size),
        "wake_latency" => wakes::latency::<R>(size),
        "timer_create" => timers::create::<R>(size),
        "timer_churn" => timers::churn::<R>(size),
        "timer_lateness" => timers::lateness::<R>(size),
        "interval" => timers::interval::<R>(size),
        "echo" => echo::echo::<R>(size)?,
        "blocking" => blocking::blocking::<R>(size)?,
        "task_bytes" => memory::task_bytes::<R>(size)?,
        _ => return Err(format!("no workload {workload}").into()),
    })
}

/// The workload of this name.
pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}
