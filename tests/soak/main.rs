//! A runtime under everything at once, for as long as one likes: thousands of connections with traffic,
//! timers, closures that block, work that is not urgent, and tasks that are aborted anywhere. Nothing
//! may be lost, late by a second, or left behind.
//!
//! `cargo xtask soak` runs it. The clients are a process of their own, started from here.

mod churn;
mod client;
mod figures;
mod memory;
mod random;
mod server;
mod watchdog;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

/// What is asked of a run.
#[derive(Debug, Clone, Copy)]
struct Plan {
    length: Duration,
    connections: usize,
    seed: u64,
}

/// Each needs a descriptor here and one in the clients' process; some more are needed for the rest.
fn most_connections() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let limit = limit.current.unwrap_or(u64::MAX);
    usize::try_from(limit)
        .unwrap_or(usize::MAX)
        .saturating_sub(300)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |at: usize| {
        let text: &String = arguments
            .get(at)
            .expect("soak SECONDS CONNECTIONS SEED [ADDRESS]");
        text.parse::<u64>().expect("a number")
    };
    let plan = Plan {
        length: Duration::from_secs(number(0)),
        connections: (number(1) as usize).min(most_connections()),
        seed: number(2),
    };
    let is_well = match arguments.get(3) {
        Some(address) => client::run(plan, address.parse().expect("an address")),
        None => server::run(plan),
    };
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
