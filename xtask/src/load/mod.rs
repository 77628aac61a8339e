//! The load generator: many keep-alive connections from one thread, every answer checked.
//!
//! It uses no code of the runtime that it measures. Without a rate it is a *closed loop*: a connection
//! asks again when its answer has arrived, so a slow service is asked less often, and its percentiles
//! say how long an answer took, not how long a user would have waited behind others. With a rate,
//! requests are due at instants that do not depend on the service, and a latency counts from then: a
//! service that stalls is late for everybody who would have come meanwhile. Client and service share
//! the machine; the CPU time of each is told.

mod client;
mod connection;
mod pace;
mod plan;
pub mod protocol;
mod report;
mod response;
mod tally;
mod usage;

use std::net::SocketAddr;
use std::time::Duration;

pub use client::run;
pub use plan::{Kind, Mix};
pub use report::Report;

/// What load to make.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the service listens.
    pub address: SocketAddr,
    /// How many connections.
    pub connections: usize,
    /// So many requests a second, of all connections together; as many as are answered if none.
    pub rate: Option<f64>,
    /// At least so long.
    pub duration: Duration,
    /// And until so many bytes have been streamed by `/stream`.
    pub streamed: u64,
    /// But never longer than this; it is an error if `streamed` has not been reached then.
    pub cap: Duration,
    /// A service that answers nothing for so long has stopped.
    pub patience: Duration,
    /// How often which kind of request is made.
    pub mix: Mix,
    /// The size of one streamed answer.
    pub stream_bytes: usize,
    /// The size of one echoed body.
    pub echo_bytes: usize,
    /// Rounds of work per request for work: 100,000 take about half a millisecond.
    pub work_rounds: u64,
    /// The service's process, to tell its CPU time.
    pub pid: Option<u32>,
    /// Whether to show a line of progress every half second.
    pub progress: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            connections: 64,
            rate: None,
            duration: Duration::from_secs(10),
            streamed: 1 << 30,
            cap: Duration::from_secs(120),
            patience: Duration::from_secs(10),
            mix: Mix::default(),
            stream_bytes: 4 << 20,
            echo_bytes: 16 << 10,
            work_rounds: 100_000,
            pid: None,
            progress: true,
        }
    }
}
