//! The floor: what each workload does, written by hand without a runtime.
//!
//! A task is a boxed future in a queue, a sleep is an entry in a list, a server is a loop. So this is
//! what the work itself costs, and what a runtime adds is what lies above. `floor_mt` is the same by
//! several threads that share nothing, where the work can be divided.

mod blocking;
mod echo;
mod fib;
mod memory;
mod pending;
mod queue;
mod tasks;
mod timers;
mod wakes;

use crate::Result;
use crate::runtime::WORKERS;
use crate::sample::Sample;
use crate::workload::Effort;
use crate::workload::pending::{BATCH, OPERATIONS};

/// Does a workload once.
pub type Floor = fn(Effort) -> Result<Sample>;

/// How `workload` is done with so many threads, if there is such a floor.
pub fn find(workload: &str, threads: usize) -> Option<Floor> {
    let floor: Floor = match (workload, threads) {
        ("spawn_join", 1) => |it| Ok(tasks::spawn_join(it.size, 1)),
        ("spawn_join", WORKERS) => |it| Ok(tasks::spawn_join(it.size, WORKERS)),
        ("spawn_outside", 1) => |it| Ok(tasks::spawn_outside(it.size)),
        ("chained", 1) => |it| Ok(tasks::chained(it.size)),
        ("yield", 1) => |it| Ok(wakes::yield_storm(it.size, 1)),
        ("yield", WORKERS) => |it| Ok(wakes::yield_storm(it.size, WORKERS)),
        ("ping_pong_1", 1) => |it| Ok(wakes::ping_pong(1, it.size)),
        ("ping_pong_1000", 1) => |it| Ok(wakes::ping_pong(1000, it.size)),
        ("wake_latency", 1) => |it| Ok(wakes::latency(it.size)),
        ("request", 1) => |it| Ok(pending::requests(BATCH, it.size)),
        ("pending_tasks", 1) => |it| Ok(pending::requests(it.size, OPERATIONS)),
        ("pending_timers", 1) => |it| Ok(pending::timers(it.size)),
        ("timer_create", 1) => |it| Ok(timers::create(it.size)),
        ("timer_churn", 1) => |it| Ok(timers::churn(it.size)),
        ("timer_lateness", 1) => |it| timers::lateness(it.size),
        ("interval", 1) => |it| timers::interval(it.size),
        ("echo" | "echo_1", 1) => |it| echo::echo(64, it),
        ("echo_16k", 1) => |it| echo::echo(16 * 1024, it),
        ("blocking", WORKERS) => |it| Ok(blocking::blocking(it.size)),
        ("blocking_idle", 1) => |it| Ok(blocking::idle(it.size)),
        ("fib", 1) => |it| Ok(fib::by_calls(it.size)),
        ("fib", WORKERS) => |it| fib::by_rayon(it.size),
        ("task_bytes", 1) => |it| memory::task_bytes(it.size),
        _ => return None,
    };
    Some(floor)
}
