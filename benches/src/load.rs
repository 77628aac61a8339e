//! The load generator: one thread, an event loop, connections that each have one request in flight.
//!
//! It prints [`BEGIN`] when it has warmed up, and at the end a line with what it measured.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Result;
use crate::sample::quantile;

/// The line that says that the measurement begins now.
pub const BEGIN: &str = "begin";

/// Requests are counted for so long.
pub const MEASURED: Duration = Duration::from_millis(1500);

/// Before that, for so long they are not.
const WARM_UP: Duration = Duration::from_millis(300);

/// What an event loop waits at most: a server that does not answer is an error.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of a request, and of its answer.
const MESSAGE: usize = 64;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Answers that arrived.
    pub requests: usize,
    /// Half of them took no longer.
    pub p50_ns: f64,
    /// 99 of 100 took no longer.
    pub p99_ns: f64,
}

impl Outcome {
    /// Reads a line that [`run`] printed.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let outcome = Self {
            requests: words.next()?.parse().ok()?,
            p50_ns: words.next()?.parse().ok()?,
            p99_ns: words.next()?.parse().ok()?,
        };
        (outcome.requests > 0).then_some(outcome)
    }
}

/// Loads the server at `addr`, and prints the outcome.
///
/// # Errors
///
/// If a connection breaks, an answer is wrong, or none arrives for long.
pub fn run(addr: SocketAddr, connections: usize) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut clients = Vec::with_capacity(connections);
    for index in 0..connections {
        clients.push(Client::connect(addr, index, &poll)?);
    }
    let mut generator = Generator {
        events: Events::with_capacity(connections),
        latencies: Vec::with_capacity(1 << 20),
        clients,
    };
    generator.run_for(&mut poll, WARM_UP)?;
    generator.latencies.clear();
    println!("{BEGIN}");
    generator.run_for(&mut poll, MEASURED)?;
    let latencies = &mut generator.latencies;
    if latencies.is_empty() {
        return Err("no answer in time".into());
    }
    let requests = latencies.len();
    let (p50, p99) = (quantile(latencies, 0.5), quantile(latencies, 0.99));
    println!("{requests} {p50} {p99}");
    Ok(())
}

struct Generator {
    events: Events,
    clients: Vec<Client>,
    latencies: Vec<f64>,
}

impl Generator {
    fn run_for(&mut self, poll: &mut Poll, duration: Duration) -> Result<()> {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            poll.poll(&mut self.events, Some(PATIENCE))?;
            if self.events.is_empty() {
                return Err("the server does not answer".into());
            }
            for event in &self.events {
                let client = &mut self.clients[event.token().0];
                // One look is enough: until the next event there is no more than one answer.
                if let Some(latency) = client.turn()? {
                    self.latencies.push(latency.as_nanos() as f64);
                }
            }
        }
        Ok(())
    }
}

/// A connection.
struct Client {
    stream: TcpStream,
    message: [u8; MESSAGE],
    /// None before the first request.
    sent_at: Option<Instant>,
    received: usize,
}

impl Client {
    fn connect(addr: SocketAddr, index: usize, poll: &Poll) -> io::Result<Self> {
        // Connected at once: loopback, and the backlog is longer than the list of clients.
        let stream = std::net::TcpStream::connect(addr)?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interests = Interest::READABLE | Interest::WRITABLE;
        poll.registry()
            .register(&mut stream, Token(index), interests)?;
        Ok(Self {
            stream,
            message: [index as u8; MESSAGE],
            sent_at: None,
            received: 0,
        })
    }

    /// Reads, and if that completes an answer, sends the next request and tells how long it took.
    fn turn(&mut self) -> Result<Option<Duration>> {
        let Some(sent_at) = self.sent_at else {
            self.send()?;
            return Ok(None);
        };
        let mut answer = [0; MESSAGE];
        match self.stream.read(&mut answer[self.received..]) {
            Ok(0) => Err("the server has hung up".into()),
            Ok(count) => {
                let (from, to) = (self.received, self.received + count);
                if answer[from..to] != self.message[from..to] {
                    return Err("the answer is wrong".into());
                }
                self.received = to % MESSAGE;
                if self.received != 0 {
                    return Ok(None);
                }
                let latency = sent_at.elapsed();
                self.send()?;
                Ok(Some(latency))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn send(&mut self) -> Result<()> {
        self.sent_at = Some(Instant::now());
        // One request in flight fits the socket's buffer.
        match self.stream.write(&self.message)? {
            MESSAGE => Ok(()),
            _ => Err("a request was cut".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_line() {
        let outcome = Outcome {
            requests: 5,
            p50_ns: 1.5,
            p99_ns: 2.0,
        };
        assert_eq!(Outcome::parse("5 1.5 2"), Some(outcome));
        assert_eq!(Outcome::parse("0 1.5 2"), None);
        assert_eq!(Outcome::parse(""), None);
    }
}
