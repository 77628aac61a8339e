//! The load generator: connections that ask at instants which were fixed beforehand.
//!
//! It says [`READY`] when every connection has been answered once, begins at a line on its standard
//! input, and prints one line at the end.
//!
//! A latency counts from the instant at which the request was sent; but from the instant at which it
//! *should* have been sent, if the answer before was not there yet. So a server that stalls is late
//! for everybody who would have come meanwhile, and the generator's own delays are nobody's.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::contestant::{Jitter, MESSAGE};
use super::os;
use crate::Result;

/// The line that says that all is set.
pub const READY: &str = "ready";

/// For so long after the window answers are waited for: a request that was sent at its very end is no
/// worse than the others.
const GRACE: Duration = Duration::from_millis(20);

/// What load to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// How many connections, each with one request in flight.
    pub connections: usize,
    /// From one request of a connection to the next, on average.
    pub mean: Duration,
    /// For how long.
    pub window: Duration,
}

/// Makes load.
///
/// # Errors
///
/// If a connection cannot be made or breaks.
pub fn run(server: SocketAddr, pace: Pace) -> Result<()> {
    let is_realtime = os::enter_realtime().is_ok();
    let mut clients = Vec::with_capacity(pace.connections);
    for seed in 0..pace.connections {
        clients.push(Client::connect(server, seed as u64)?);
    }
    println!("{READY}");
    io::stdin().read_line(&mut String::new())?;
    let start = Instant::now();
    // The threads inherit the policy.
    let threads: Vec<_> = clients
        .into_iter()
        .map(|client| thread::spawn(move || client.ask(start, pace)))
        .collect();
    let (mut latencies, mut unanswered) = (Vec::new(), 0);
    for thread in threads {
        let asked = thread.join().expect("asking does not panic")?;
        latencies.extend(asked.latencies);
        unanswered += asked.unanswered;
    }
    let nanos = |latency: &Duration| Value::from(latency.as_nanos() as u64);
    let latencies: Vec<Value> = latencies.iter().map(nanos).collect();
    let result = json!({
        "latencies": latencies,
        "unanswered": unanswered,
        "realtime": is_realtime,
    });
    println!("{result}");
    Ok(())
}

/// What one connection saw.
#[derive(Debug, Default)]
struct Asked {
    latencies: Vec<Duration>,
    /// Those among them that only say how long nobody had answered when it was over.
    unanswered: usize,
}

struct Client {
    stream: TcpStream,
    jitter: Jitter,
}

impl Client {
    /// Connects, and is answered once.
    fn connect(server: SocketAddr, seed: u64) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream,
            jitter: Jitter::new(seed),
        };
        match client.exchange(Duration::from_secs(10))? {
            true => Ok(client),
            false => Err("the server does not answer".into()),
        }
    }

    fn ask(mut self, start: Instant, pace: Pace) -> io::Result<Asked> {
        let mut asked = Asked::default();
        let (window_end, end) = (start + pace.window, start + pace.window + GRACE);
        let mut due = start + self.jitter.up_to(pace.mean);
        while due < window_end {
            let now = Instant::now();
            let sent = if due > now {
                // why: requests come at instants fixed beforehand.
                thread::sleep(due - now);
                Instant::now()
            } else {
                due
            };
            let patience = end.saturating_duration_since(Instant::now());
            if patience.is_zero() || !self.exchange(patience)? {
                asked.unanswered += 1;
            }
            asked.latencies.push(sent.elapsed());
            due += pace.mean * 3 / 4 + self.jitter.up_to(pace.mean / 2);
        }
        Ok(asked)
    }

    /// Asks and waits for the answer; whether it came in time.
    fn exchange(&mut self, patience: Duration) -> io::Result<bool> {
        let mut message = [7; MESSAGE];
        self.stream.write_all(&message)?;
        self.stream.set_read_timeout(Some(patience))?;
        match self.stream.read_exact(&mut message) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers at once, but for one answer that takes `stall`.
    fn server(stall_at: usize, stall: Duration) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut message = [0; MESSAGE];
            for index in 0.. {
                if stream.read_exact(&mut message).is_err() {
                    return;
                }
                if index == stall_at {
                    // why: this is the stall.
                    thread::sleep(stall);
                }
                if stream.write_all(&message).is_err() {
                    return;
                }
            }
        });
        address
    }

    const PACE: Pace = Pace {
        connections: 1,
        mean: Duration::from_millis(1),
        window: Duration::from_millis(300),
    };

    #[test]
    fn a_stall_is_late_for_all_who_would_have_come() {
        let client = Client::connect(server(50, Duration::from_millis(100)), 1).unwrap();
        let asked = client.ask(Instant::now(), PACE).unwrap();
        let late = |limit| {
            let limit = Duration::from_millis(limit);
            asked.latencies.iter().filter(|it| **it > limit).count()
        };
        assert_eq!(asked.unanswered, 0);
        assert!(asked.latencies.len() > 200);
        assert!(late(10) >= 70 && late(50) >= 30, "{asked:?}");
    }

    #[test]
    fn a_server_that_never_answers_again_is_told() {
        let client = Client::connect(server(1, Duration::from_secs(10)), 1).unwrap();
        let asked = client.ask(Instant::now(), PACE).unwrap();
        assert!(asked.unanswered > 200);
        assert_eq!(asked.unanswered, asked.latencies.len());
        assert!(asked.latencies[0] > Duration::from_millis(290));
    }
}
