//! The workloads, by name.

pub mod blocking;
pub mod echo;
pub mod fib;
pub mod hyper;
pub mod memory;
pub mod pending;
pub mod tasks;
pub mod timers;
pub mod wakes;

use std::time::Duration;

use crate::Result;
use crate::runtime::Runtime;
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

/// How much one sample does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// See the workload's `about`.
    pub size: usize,
    /// For how long requests are counted, where a load generator makes them.
    pub window: Duration,
}

impl Effort {
    /// What a comparison takes.
    pub fn full(workload: &Workload) -> Self {
        Self {
            size: workload.size,
            window: Duration::from_millis(1500),
        }
    }

    /// A hundredth, to see that it runs: its figures say nothing.
    pub fn quick(workload: &Workload) -> Self {
        Self {
            size: (workload.size / 100).max(1),
            window: Duration::from_millis(15),
        }
    }
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
pub const WORKLOADS: &[Workload] = &[
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
        ["tasks", "fib", "ns_op"],
        150_000,
        "a Fibonacci number by tasks that each spawn and join two, so many at most; for each task",
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
        ["wakes", "request", "cpu_ns_op"],
        1_000_000,
        "64 tasks answer so many requests of a source that another task feeds; CPU time for each",
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
        "a task sleeps until each of so many instants, a millisecond apart; CPU time for each",
    ),
    workload(
        ["echo", "echo", "cpu_ns_op"],
        64,
        "so many TCP connections, 64 bytes to and fro: CPU time of the server for each request",
    ),
    workload(
        ["echo", "echo_16k", "cpu_ns_op"],
        1000,
        "the same, 16 KiB to and fro",
    ),
    workload(
        ["echo", "echo_1", "cpu_ns_op"],
        1,
        "the same, one connection, 64 bytes",
    ),
    workload(
        ["hyper", "hyper", "cpu_ns_op"],
        64,
        "so many HTTP/1.1 connections, kept alive: CPU time of the server for each request",
    ),
    workload(
        ["blocking", "blocking", "ns_op"],
        100_000,
        "a task spawns so many tiny closures for the blocking pool, then joins them; for each",
    ),
    workload(
        ["blocking", "blocking_idle", "p50_ns"],
        1000,
        "so often a task hands one closure to an idle pool: until it has what that returns",
    ),
    workload(
        ["pending", "pending_tasks", "cpu_ns_op"],
        100_000,
        "so many tasks wait for requests, which come 64 at a time; CPU time for each request",
    ),
    workload(
        ["pending", "pending_timers", "cpu_ns_op"],
        100_000,
        "beside so many sleeps another is made, polled once and dropped; CPU time for each",
    ),
    workload(
        ["memory", "task_bytes", "bytes_op"],
        1_000_000,
        "so many tasks wait for ever, with a future of 16 bytes: memory for each",
    ),
];

/// Runs a workload once on a runtime, in this process.
///
/// # Errors
///
/// If there is no such workload, or it cannot be run.
pub fn sample_on<R: Runtime>(workload: &str, effort: Effort) -> Result<Sample> {
    let size = effort.size;
    Ok(match workload {
        "spawn_join" => tasks::spawn_join::<R>(size),
        "spawn_outside" => tasks::spawn_outside::<R>(size)?,
        "chained" => tasks::chained::<R>(size),
        "yield" => wakes::yield_storm::<R>(size),
        "ping_pong_1" => wakes::ping_pong::<R>(1, size),
        "ping_pong_1000" => wakes::ping_pong::<R>(1000, size),
        "wake_latency" => wakes::latency::<R>(size),
        "request" => pending::requests::<R>(pending::BATCH, size),
        "pending_tasks" => pending::requests::<R>(size, pending::OPERATIONS),
        "pending_timers" => pending::timers::<R>(size),
        "timer_create" => timers::create::<R>(size),
        "timer_churn" => timers::churn::<R>(size),
        "timer_lateness" => timers::lateness::<R>(size),
        "interval" => timers::interval::<R>(size),
        "echo" | "echo_1" => echo::echo::<R>(64, effort)?,
        "echo_16k" => echo::echo::<R>(16 * 1024, effort)?,
        "blocking" => blocking::blocking::<R>(size)?,
        "blocking_idle" => blocking::idle::<R>(size),
        "fib" => fib::fib::<R>(size),
        "hyper" => hyper::hyper::<R>(effort)?,
        "task_bytes" => memory::task_bytes::<R>(size)?,
        _ => return Err(format!("no workload {workload}").into()),
    })
}

/// What one request costs on top of a loop written by hand: without system calls, and with them.
pub const OVERHEAD: [&str; 2] = ["request", "echo"];

/// The workload of this name.
pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}
