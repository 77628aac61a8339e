//! The reactor itself: it waits for the system's events, and wakes who waits for them.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use laneway_loom::sync::Arc;
use laneway_waker::{WakeBatch, budget};
use mio::{Events, Token, event::Event};

use crate::deadline::{Limit, Timer};
use crate::error::Closed;
use crate::handle::{Handle, Shared};
use crate::interrupt::Interrupt;
use crate::readiness::Says;
use crate::source::Source;
use crate::table::{Entries, Table};

/// How many events a turn takes from the system at once; what is left comes with the next turn. Enough
/// for a thousand busy connections in one system call (12 KiB).
const BATCH: usize = 1024;

/// The table gives out neither of these.
const INTERRUPT: Token = Token(usize::MAX);
const DEADLINE: Token = Token(usize::MAX - 1);

/// Waits for the system's events, whenever it is [turned](Self::turn), and wakes who waits for them.
///
/// Whoever owns it turns it; sources come in through its [`Handle`]s, from any thread. Dropping it
/// [closes](Self::close) it.
///
/// No lock is shared: a thread that the system stops at a bad moment, wherever it is, keeps neither the
/// reactor nor any other thread waiting.
///
/// ```
/// use std::time::{Duration, Instant};
/// use laneway_reactor::Reactor;
///
/// let mut reactor = Reactor::new()?;
/// let handle = reactor.handle();
///
/// // Nothing is registered, so nothing happens until the deadline.
/// let turn = reactor.turn(Some(Instant::now() + Duration::from_millis(1)))?;
/// assert_eq!(turn.events, 0);
///
/// // An interrupt ends a turn, or keeps the next one from waiting.
/// handle.interrupt().wake();
/// assert!(reactor.turn(None)?.interrupted);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Reactor {
    poll: mio::Poll,
    events: Events,
    timer: Timer,
    sources: Entries<Source>,
    shared: Arc<Shared>,
}

/// What happened in a turn of a [`Reactor`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// How many events of registered sources there were. Zero if the deadline came first.
    pub events: usize,
    /// `true` if an [interrupt](Handle::interrupt) came since the last turn.
    pub interrupted: bool,
}

impl Reactor {
    /// A reactor without sources.
    ///
    /// # Errors
    ///
    /// If the system refuses a selector, or its timer.
    pub fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let timer = Timer::new(&registry, DEADLINE)?;
        let interrupt = StdArc::new(Interrupt::new(&registry, INTERRUPT)?);
        let shared = Arc::new(Shared {
            registry,
            sources: Table::new(),
            interrupt,
        });
        Ok(Self {
            poll,
            events: Events::with_capacity(BATCH),
            timer,
            sources: Entries::new(),
            shared,
        })
    }

    /// For registering sources, and for interrupting a turn.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle {
            shared: self.shared.clone(),
        }
    }

    /// Waits until there are events, or an [interrupt](Handle::interrupt), or until `deadline`; then
    /// wakes who waits for the events.
    ///
    /// Without a deadline it waits as long as it takes; if the deadline is over it only looks. On Linux
    /// it returns within microseconds of the deadline, elsewhere up to a millisecond or two later,
    /// and never before it.
    ///
    /// A waker that panics does not disturb the others, nor the turn.
    ///
    /// # Errors
    ///
    /// [`Closed`] after [`close`](Self::close); else the system's own, which mean that the selector
    /// cannot be used any more. Being interrupted by a signal is no error: the wait goes on.
    pub fn turn(&mut self, deadline: Option<Instant>) -> io::Result<Turn> {
        if self.shared.sources.is_closed() {
            return Err(Closed.into());
        }
        let mut turn = Turn::default();
        loop {
            let limit = match deadline {
                None => Limit::Wait(None),
                Some(deadline) => self.timer.limit(deadline)?,
            };
            turn.interrupted |= self.wait(limit)?;
            let over = self.dispatch(&mut turn, deadline);
            if over || turn.events > 0 || turn.interrupted || limit == Limit::Passed {
                return Ok(turn);
            }
        }
    }

    /// Turns until `stop` is ready; for a thread of yours that has nothing else to do.
    ///
    /// `stop` is polled on this thread, between turns, whenever it has been woken or the reactor
    /// interrupted.
    ///
    /// # Errors
    ///
    /// Those of [`turn`](Self::turn).
    pub fn run_until<F: Future>(&mut self, stop: F) -> io::Result<F::Output> {
        let mut stop = pin!(stop);
        let waker = self.handle().interrupt();
        let mut cx = Context::from_waker(&waker);
        loop {
            // Out of budget it is woken at once, so the turn below only looks and others get theirs.
            let poll = || stop.as_mut().poll(&mut cx);
            if let Poll::Ready(output) = budget::with(budget::UNITS, poll) {
                return Ok(output);
            }
            while !self.turn(None)?.interrupted {}
        }
    }

    /// Closes the reactor: all who wait for a source are woken and get [`Closed`], as does everyone who
    /// comes later to wait or to register.
    pub fn close(&mut self) {
        let mut batch = WakeBatch::new();
        for source in self.sources.close(&self.shared.sources) {
            source.shut_down(&mut batch);
        }
    }

    /// Takes the system's events, waiting for them if `limit` allows; `true` if there was an interrupt.
    fn wait(&mut self, limit: Limit) -> io::Result<bool> {
        let seat = &self.shared.interrupt.seat;
        let timeout = match limit {
            Limit::Wait(timeout) if seat.sit() => timeout,
            _ => {
                self.sources.update(&self.shared.sources);
                if self.sources.is_empty() {
                    // There is nothing to look for: a program without sockets is spared the system call.
                    self.events.clear();
                    return Ok(seat.rise());
                }
                Some(Duration::ZERO)
            }
        };
        let result = self.poll.poll(&mut self.events, timeout);
        let interrupted = seat.rise();
        match result {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            // A signal leaves no events.
            _ => Ok(interrupted),
        }
    }

    /// Hands the events out; `true` if `deadline` is known to be over.
    fn dispatch(&mut self, turn: &mut Turn, deadline: Option<Instant>) -> bool {
        let mut over = false;
        self.sources.update(&self.shared.sources);
        // Woken when it is full, and when it is dropped.
        let mut batch = WakeBatch::new();
        for event in &self.events {
            match event.token() {
                INTERRUPT => {}
                DEADLINE => {
                    let fired = self.timer.fired();
                    over |= deadline.is_some_and(|deadline| fired.is_some_and(|at| at >= deadline));
                }
                // A source that is not there any more has no use for its events.
                token => {
                    if let Some(source) = self.sources.get(token) {
                        turn.events += 1;
                        source.event(read(event), write(event), &mut batch);
                    }
                }
            }
        }
        over
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("is_closed", &self.shared.sources.is_closed())
            .finish_non_exhaustive()
    }
}

fn read(event: &Event) -> Says {
    Says {
        ready: event.is_readable() || event.is_priority(),
        closed: event.is_read_closed(),
        error: event.is_error(),
    }
}

fn write(event: &Event) -> Says {
    Says {
        ready: event.is_writable(),
        closed: event.is_write_closed(),
        error: event.is_error(),
    }
}
