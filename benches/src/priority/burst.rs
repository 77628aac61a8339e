//! One sample of many Critical tasks that one turn of the reactor wakes, in one lane whose workers are
//! both busy.
//!
//! The first of them to run keeps its worker for long. The question is how many polls of something
//! less urgent the *other* worker begins before it takes one of the rest. That is counted and not
//! timed, so that neighbours on the machine have no part in it.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, UdpSocket};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::thread;
use std::time::{Duration, Instant};

use laneway::net;
use laneway::task::{Builder, Priority, yield_now};

use super::lanes::Laneway;
use super::observed::Observed;
use super::work::{Speed, spin};
use crate::Result;
use crate::signal::Countdown;

/// Tasks that one turn wakes.
const CRITICALS: usize = 1000;

/// Tasks of class Normal that keep both workers busy, and how long their polls take.
const NORMALS: usize = 64;
const NORMAL_POLL: Duration = Duration::from_micros(100);

/// How long the first Critical keeps its worker.
const LONG_POLL: Duration = Duration::from_millis(10);

/// So often in one sample.
const TRIALS: usize = 20;

/// Room for what happens in one trial.
const EVENTS: usize = 1 << 14;

/// Measures.
///
/// # Errors
///
/// If there are no sockets.
pub fn measure(laneway: &Laneway, speed: Speed) -> Result<Observed> {
    let log = Arc::new(Log::new());
    let handle = laneway.0.handle();
    for _ in 0..NORMALS {
        let (log, steps) = (log.clone(), speed.steps(NORMAL_POLL));
        let busy = async move {
            loop {
                log.note(false);
                spin(steps);
                yield_now().await;
            }
        };
        drop(handle.spawn_with(Builder::new().priority(Priority::Normal), busy));
    }
    let (mut polls, mut nanos) = (vec![], vec![]);
    for _ in 0..TRIALS {
        trial(laneway, &log, speed)?;
        let wait = log.wait().ok_or("no Critical has run")?;
        polls.push(wait.polls);
        nanos.push(wait.nanos);
    }
    Ok(Observed::default()
        .series("polls", polls)
        .series("wait", nanos))
}

/// Wakes all at once, and waits until all have run.
fn trial(laneway: &Laneway, log: &Arc<Log>, speed: Speed) -> Result<()> {
    let handle = laneway.0.handle();
    let socket = net::UdpSocket::bind(handle.reactor(), (Ipv4Addr::LOCALHOST, 0).into())?;
    let socket = Arc::new(socket);
    let waiting = Arc::new(Countdown::new(CRITICALS));
    let done = Arc::new(Countdown::new(CRITICALS));
    let is_first = Arc::new(AtomicBool::new(true));
    for _ in 0..CRITICALS {
        let (socket, log) = (socket.clone(), log.clone());
        let (waiting, done, is_first) = (waiting.clone(), done.clone(), is_first.clone());
        let steps = speed.steps(LONG_POLL);
        let critical = async move {
            let mut readable = pin!(socket.readable());
            let mut has_begun = false;
            let begun = poll_fn(|cx| {
                let poll = readable.as_mut().poll(cx);
                if !std::mem::replace(&mut has_begun, true) {
                    waiting.step();
                }
                poll
            });
            begun.await.expect("the reactor is there");
            log.note(true);
            if is_first.swap(false, AcqRel) {
                spin(steps);
            }
            done.step();
        };
        drop(handle.spawn_with(Builder::new().priority(Priority::Critical), critical));
    }
    handle.block_on(waiting.zero());
    log.clear();
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    sender.send_to(&[1], socket.local_addr()?)?;
    handle.block_on(done.zero());
    log.is_on.store(false, Release);
    Ok(())
}

/// Which thread began which kind of poll, in order.
#[derive(Debug)]
struct Log {
    is_on: AtomicBool,
    next: AtomicUsize,
    events: Box<[AtomicU64]>,
    base: Instant,
}

/// What passed between the first Critical and the first one on another thread.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Wait {
    /// Polls of class Normal that the other thread began.
    polls: f64,
    nanos: f64,
}

/// An event is one number: the time, above the thread, above the kind.
const THREAD: u64 = 8;

impl Log {
    fn new() -> Self {
        Self {
            is_on: AtomicBool::new(false),
            next: AtomicUsize::new(0),
            events: (0..EVENTS).map(|_| AtomicU64::new(0)).collect(),
            base: Instant::now(),
        }
    }

    fn note(&self, is_critical: bool) {
        if !self.is_on.load(Acquire) {
            return;
        }
        let nanos = self.base.elapsed().as_nanos() as u64;
        let event = nanos << THREAD | thread_number() << 1 | u64::from(is_critical);
        if let Some(room) = self.events.get(self.next.fetch_add(1, AcqRel)) {
            room.store(event, Release);
        }
    }

    fn clear(&self) {
        for event in &self.events {
            event.store(0, Relaxed);
        }
        self.next.store(0, Relaxed);
        self.is_on.store(true, Release);
    }

    fn wait(&self) -> Option<Wait> {
        let count = self.next.load(Acquire).min(EVENTS);
        let events = self.events[..count].iter().map(|event| event.load(Acquire));
        // Zero: somebody is about to write it, after the last Critical.
        let events: Vec<u64> = events.filter(|event| *event != 0).collect();
        wait(&events)
    }
}

fn wait(events: &[u64]) -> Option<Wait> {
    let is_critical = |event: u64| event & 1 == 1;
    let thread = |event: u64| (event >> 1) & 0x7f;
    let at = events.iter().position(|event| is_critical(*event))?;
    let first = events[at];
    let mut others = events[at..]
        .iter()
        .filter(|it| thread(**it) != thread(first));
    let mut polls = 0.0;
    let event = others.find(|event| {
        polls += f64::from(u8::from(!is_critical(**event)));
        is_critical(**event)
    });
    // If it took none at all, then at least until the end.
    let nanos = (event.or(events.last())? >> THREAD) - (first >> THREAD);
    Some(Wait {
        polls,
        nanos: nanos as f64,
    })
}

/// Small, for this thread alone.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(NEXT.fetch_add(1, Relaxed));
            assert!(
                number.get() < 1 << 7,
                "{:?} is one too many",
                thread::current()
            );
        }
        number.get()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_the_other_thread_began_meanwhile() {
        let event =
            |nanos: u64, thread: u64, critical: u64| nanos << THREAD | thread << 1 | critical;
        let events = [
            event(10, 2, 0),
            event(20, 1, 1),
            event(21, 2, 0),
            event(22, 1, 1),
            event(23, 2, 0),
            event(25, 2, 1),
            event(26, 2, 0),
        ];
        let expected = Wait {
            polls: 2.0,
            nanos: 5.0,
        };
        assert_eq!(wait(&events), Some(expected));
        assert_eq!(wait(&events[..5]).map(|wait| wait.nanos), Some(3.0));
        assert_eq!(wait(&[]), None);
    }
}
