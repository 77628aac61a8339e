//! The event loop: all connections, one thread.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::connection::{Asked, Connection, Step};
use super::pace::Pace;
use super::plan::Plan;
use super::response::Response;
use super::tally::Tally;
use super::usage::Usage;
use super::{Options, Report, report};

/// How often progress is shown.
const PROGRESS: Duration = Duration::from_millis(500);

/// After so many errors more of them tell nothing new.
const MAX_ERRORS: u64 = 1_000;

/// What one read takes at most.
const BUFFER: usize = 256 << 10;

/// Makes the load. An error is one of the machine, such as too few files; what the service does
/// wrong is in the report.
pub fn run(options: &Options) -> io::Result<Report> {
    let mut client = Client::new(options)?;
    client.open_all()?;
    while client.goes_on() {
        client.turn()?;
    }
    client.is_stopping = true;
    let end = Instant::now() + options.patience;
    while client.is_asking() && Instant::now() < end && !client.gave_up() {
        client.turn()?;
    }
    Ok(client.report())
}

struct Client<'a> {
    options: &'a Options,
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// Connections that may go on without an event.
    ready: VecDeque<usize>,
    plan: Plan,
    /// None if a connection asks again as soon as it can.
    pace: Option<Pace>,
    tally: Tally,
    buffer: Vec<u8>,
    usage: Usage,
    start: Instant,
    last_answer: Instant,
    next_progress: Instant,
    is_stopping: bool,
}

impl<'a> Client<'a> {
    fn new(options: &'a Options) -> io::Result<Self> {
        let plan = Plan::new(options);
        let usage = Usage::now(options.pid);
        let now = Instant::now();
        Ok(Self {
            options,
            poll: Poll::new()?,
            events: Events::with_capacity(options.connections),
            connections: Vec::with_capacity(options.connections),
            ready: VecDeque::new(),
            plan,
            pace: None,
            tally: Tally::new(),
            buffer: vec![0; BUFFER],
            usage,
            start: now,
            last_answer: now,
            next_progress: now + PROGRESS,
            is_stopping: false,
        })
    }

    fn open_all(&mut self) -> io::Result<()> {
        for index in 0..self.options.connections {
            let connection = self.open(index)?;
            self.connections.push(connection);
        }
        self.start = Instant::now();
        let (rate, connections) = (self.options.rate, self.options.connections);
        self.pace = rate.map(|rate| Pace::new(rate, connections, self.start));
        self.ask_what_is_due();
        Ok(())
    }

    fn open(&mut self, index: usize) -> io::Result<Connection> {
        Connection::open(self.options.address, self.poll.registry(), Token(index))
    }

    /// Gives a connection that is idle its next request, if it is time.
    fn ask(&mut self, index: usize) -> bool {
        let connection = &mut self.connections[index];
        let now = Instant::now();
        let since = match &mut self.pace {
            Some(pace) => pace.take(index, connection.free_since, now),
            None => Some(now),
        };
        if let Some(since) = since {
            connection.ask(self.plan.next(), since);
        }
        since.is_some()
    }

    /// Gives every idle connection its request whose time has come.
    fn ask_what_is_due(&mut self) {
        for index in 0..self.connections.len() {
            if !self.connections[index].is_asking() && self.ask(index) {
                self.ready.push_back(index);
            }
        }
    }

    /// How long nothing is to be done without an event.
    fn wait(&self) -> Duration {
        if !self.ready.is_empty() {
            return Duration::ZERO;
        }
        match &self.pace {
            // A request that waits for the answer before it is in the past: its connection has an event.
            Some(pace) if !self.is_stopping => match pace.wait(Instant::now()) {
                Duration::ZERO => Duration::from_millis(1),
                wait => wait.min(PROGRESS / 10),
            },
            _ => PROGRESS / 10,
        }
    }

    fn goes_on(&self) -> bool {
        let elapsed = self.start.elapsed();
        let is_enough =
            elapsed >= self.options.duration && self.tally.streamed() >= self.options.streamed;
        !is_enough && elapsed < self.options.cap && !self.gave_up()
    }

    /// Whether going on would tell nothing new.
    fn gave_up(&self) -> bool {
        self.tally.errors() >= MAX_ERRORS || self.last_answer.elapsed() >= self.options.patience
    }

    fn is_asking(&self) -> bool {
        self.connections.iter().any(Connection::is_asking)
    }

    /// Waits for events and serves every connection that has one.
    fn turn(&mut self) -> io::Result<()> {
        if self.pace.is_some() && !self.is_stopping {
            self.ask_what_is_due();
        }
        let wait = self.wait();
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        self.ready
            .extend(self.events.iter().map(|event| event.token().0));
        for _ in 0..self.ready.len() {
            let Some(index) = self.ready.pop_front() else {
                break;
            };
            self.serve(index)?;
        }
        if self.options.progress && Instant::now() >= self.next_progress {
            self.next_progress += PROGRESS;
            self.tally.show_progress(self.start.elapsed());
        }
        Ok(())
    }

    fn serve(&mut self, index: usize) -> io::Result<()> {
        loop {
            match self.connections[index].step(&mut self.buffer) {
                Ok(Step::Waits) => return Ok(()),
                Ok(Step::HasMore) => {
                    self.ready.push_back(index);
                    return Ok(());
                }
                Ok(Step::Answered(asked, response)) => {
                    self.answered(&asked, &response);
                    if self.is_stopping {
                        return Ok(());
                    }
                    if response.closes {
                        self.connections[index] = self.open(index)?;
                    }
                    if !self.ask(index) {
                        return Ok(());
                    }
                }
                Err(error) => {
                    // Between requests of a client that stops, a service may close.
                    if self.connections[index].is_asking() {
                        self.tally.error(error);
                        self.connections[index] = self.open(index)?;
                        if !self.is_stopping && self.ask(index) {
                            self.ready.push_back(index);
                        }
                    }
                    return Ok(());
                }
            }
        }
    }

    fn answered(&mut self, asked: &Asked, response: &Response) {
        self.last_answer = Instant::now();
        match asked.request.check(response) {
            Ok(()) => {
                let latency = self.last_answer - asked.since;
                self.tally
                    .answer(asked.request.kind, latency, response.body_bytes);
            }
            Err(error) => self.tally.error(error),
        }
    }

    fn report(mut self) -> Report {
        let end = self.start + self.options.duration;
        for late in self.pace.iter().flat_map(|pace| pace.overdue(end)) {
            self.tally.overdue(late);
        }
        if self.tally.errors() < MAX_ERRORS {
            for _ in self
                .connections
                .iter()
                .filter(|connection| connection.is_asking())
            {
                self.tally.error("no answer in time".to_string());
            }
            if self.tally.streamed() < self.options.streamed {
                self.tally
                    .error("streamed less than was to be streamed".to_string());
            }
        }
        report::new(
            self.tally,
            self.start.elapsed(),
            self.options,
            self.usage.until_now(),
        )
    }
}
