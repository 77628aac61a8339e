//! The load generator: one thread, an event loop, connections that each have one request in flight.
//!
//! It prints [`BEGIN`] when it has warmed up, and at the end a line with what it measured.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Result;
use crate::sample::quantile;

/// The line that says that the measurement begins now.
pub const BEGIN: &str = "begin";

/// What an event loop waits at most: a server that does not answer is an error.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is read at once.
const BUFFER: usize = 64 * 1024;

/// What every HTTP answer ends with.
pub const BODY: &str = "Hello, World!\n";

/// What one asks for by HTTP.
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// What load to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How many connections, each with one request in flight.
    pub connections: usize,
    /// What they speak.
    pub protocol: Protocol,
    /// Answers are counted for so long, after a fifth of it to warm up, or longer: until as many have
    /// come as there are connections.
    pub window: Duration,
}

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// So many bytes, which come back.
    Echo(usize),
    /// HTTP/1.1, kept alive.
    Http,
}

impl FromStr for Protocol {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "http" => Ok(Self::Http),
            bytes => bytes.parse().map(Self::Echo),
        }
    }
}

impl Load {
    /// What [`run`] is told on the command line.
    pub fn to_arguments(&self) -> [String; 3] {
        let protocol = match self.protocol {
            Protocol::Echo(bytes) => bytes.to_string(),
            Protocol::Http => "http".to_string(),
        };
        let window = self.window.as_millis().to_string();
        [self.connections.to_string(), protocol, window]
    }
}

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
pub fn run(addr: SocketAddr, load: Load) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut clients = Vec::with_capacity(load.connections);
    for index in 0..load.connections {
        clients.push(Client::connect(addr, index, load.protocol, &poll)?);
    }
    let mut generator = Generator {
        events: Events::with_capacity(load.connections.min(1024)),
        latencies: Vec::with_capacity(1 << 20),
        buffer: vec![0; BUFFER],
        clients,
    };
    generator.run_for(&mut poll, load.window / 5, load.connections)?;
    generator.latencies.clear();
    println!("{BEGIN}");
    generator.run_for(&mut poll, load.window, 1)?;
    let latencies = &mut generator.latencies;
    let requests = latencies.len();
    let (p50, p99) = (quantile(latencies, 0.5), quantile(latencies, 0.99));
    println!("{requests} {p50} {p99}");
    Ok(())
}

/// Waits for events, whatever signals come.
///
/// # Errors
///
/// What the system says.
pub fn poll(poll: &mut Poll, events: &mut Events, limit: Option<Duration>) -> io::Result<()> {
    loop {
        match poll.poll(events, limit) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

struct Generator {
    events: Events,
    clients: Vec<Client>,
    latencies: Vec<f64>,
    buffer: Vec<u8>,
}

impl Generator {
    /// For so long, and until so many answers have come.
    fn run_for(&mut self, poll: &mut Poll, duration: Duration, answers: usize) -> Result<()> {
        let end = Instant::now() + duration;
        while Instant::now() < end || self.latencies.len() < answers {
            self::poll(poll, &mut self.events, Some(PATIENCE))?;
            if self.events.is_empty() {
                return Err("the server does not answer".into());
            }
            for event in &self.events {
                let client = &mut self.clients[event.token().0];
                // One look is enough: until the next event there is no more than one answer.
                if let Some(latency) = client.turn(&mut self.buffer)? {
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
    request: Vec<u8>,
    protocol: Protocol,
    /// None before the first request.
    sent_at: Option<Instant>,
    /// Bytes of the request that are on their way.
    sent: usize,
    answer: Vec<u8>,
    /// How long an answer is; of HTTP the first one tells.
    length: Option<usize>,
}

impl Client {
    fn connect(addr: SocketAddr, index: usize, protocol: Protocol, poll: &Poll) -> Result<Self> {
        // Connected at once: loopback, and the backlog is longer than the list of clients.
        let stream = std::net::TcpStream::connect(addr)?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interests = Interest::READABLE | Interest::WRITABLE;
        poll.registry()
            .register(&mut stream, Token(index), interests)?;
        let (request, length) = match protocol {
            Protocol::Echo(bytes) => (vec![index as u8; bytes], Some(bytes)),
            Protocol::Http => (GET.to_vec(), None),
        };
        Ok(Self {
            stream,
            request,
            protocol,
            sent_at: None,
            sent: 0,
            answer: vec![],
            length,
        })
    }

    /// Goes on with the request and its answer. If that is complete, sends the next request and tells
    /// how long it took.
    fn turn(&mut self, buffer: &mut [u8]) -> Result<Option<Duration>> {
        let Some(sent_at) = self.sent_at else {
            self.begin()?;
            return Ok(None);
        };
        self.send()?;
        match self.stream.read(buffer) {
            Ok(0) => return Err("the server has hung up".into()),
            Ok(count) => self.answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if self.length.is_none() {
            self.length = http_length(&self.answer);
        }
        if self.length.is_none_or(|length| self.answer.len() < length) {
            return Ok(None);
        }
        if !self.is_right() {
            return Err("the answer is wrong".into());
        }
        let latency = sent_at.elapsed();
        self.begin()?;
        Ok(Some(latency))
    }

    fn begin(&mut self) -> Result<()> {
        self.answer.clear();
        self.sent = 0;
        self.sent_at = Some(Instant::now());
        self.send()
    }

    fn send(&mut self) -> Result<()> {
        while self.sent < self.request.len() {
            match self.stream.write(&self.request[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn is_right(&self) -> bool {
        match self.protocol {
            Protocol::Echo(_) => self.answer == self.request,
            Protocol::Http => {
                self.length == Some(self.answer.len())
                    && self.answer.starts_with(b"HTTP/1.1 200 OK\r\n")
                    && self.answer.ends_with(BODY.as_bytes())
            }
        }
    }
}

/// How long an answer is, its head and its body, once the head is there.
fn http_length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|it| it == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let mut headers = text.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, length) = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    Some(head + 4 + length.trim().parse::<usize>().ok()?)
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

    #[test]
    fn arguments_there_and_back() {
        for protocol in [Protocol::Echo(64), Protocol::Http] {
            let load = Load {
                connections: 3,
                protocol,
                window: Duration::from_millis(20),
            };
            let [connections, word, window] = load.to_arguments();
            assert_eq!((connections.as_str(), window.as_str()), ("3", "20"));
            assert_eq!(word.parse(), Ok(protocol));
        }
    }

    #[test]
    fn the_first_answer_tells_its_length() {
        let answer = b"HTTP/1.1 200 OK\r\ndate: now\r\nContent-Length: 5\r\n\r\nhel";
        assert_eq!(http_length(answer), Some(answer.len() + 2));
        assert_eq!(http_length(&answer[..30]), None);
        assert_eq!(http_length(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
