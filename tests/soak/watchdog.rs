//! A thread that wakes tasks, and ends everything if one is not polled in time.
//!
//! It knows how late it comes itself: what the machine does to a plain thread is not held against the
//! runtime.

use std::future::poll_fn;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use laneway::Handle;
use laneway::task::{Builder, Priority};
use laneway_waker::AtomicWaker;

use crate::figures::{TOO_LATE, Times};

/// How often each probe is woken.
const PERIOD: Duration = Duration::from_millis(5);

/// The kernel gives threads of the background lane what the others leave.
const PATIENCE_IN_BACKGROUND: Duration = Duration::from_secs(20);

/// A task that does nothing but answer.
#[derive(Debug)]
struct Probe {
    priority: Priority,
    limit: Duration,
    waker: AtomicWaker,
    /// When it was woken, in nanoseconds since the start; 0 once it has answered.
    asked: AtomicU64,
    times: Times,
}

/// The thread, its probes, and how late it came.
#[derive(Debug)]
pub(crate) struct Watchdog {
    thread: JoinHandle<()>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    start: Instant,
    probes: Vec<Probe>,
    ends: AtomicBool,
    machine: Times,
}

impl Watchdog {
    pub(crate) fn start(runtime: &Handle) -> Self {
        let probe = |priority| Probe {
            priority,
            limit: match priority {
                Priority::Critical | Priority::Normal => TOO_LATE,
                _ => PATIENCE_IN_BACKGROUND,
            },
            waker: AtomicWaker::new(),
            asked: AtomicU64::new(0),
            times: Times::default(),
        };
        let shared = Arc::new(Shared {
            start: Instant::now(),
            probes: Priority::ALL.into_iter().map(probe).collect(),
            ends: AtomicBool::new(false),
            machine: Times::default(),
        });
        for (at, probe) in shared.probes.iter().enumerate() {
            let shared = shared.clone();
            runtime.spawn_with(Builder::new().priority(probe.priority), async move {
                let probe = &shared.probes[at];
                poll_fn(|cx| {
                    probe.waker.register(cx.waker());
                    match probe.asked.swap(0, Acquire) {
                        0 => {}
                        asked => probe.times.add(
                            shared
                                .start
                                .elapsed()
                                .saturating_sub(Duration::from_nanos(asked)),
                        ),
                    }
                    match shared.ends.load(Acquire) {
                        true => Poll::Ready(()),
                        false => Poll::Pending,
                    }
                })
                .await;
            });
        }
        let watched = shared.clone();
        let thread = thread::spawn(move || watched.watch());
        Self { thread, shared }
    }

    /// How late the machine lets a thread come, at worst.
    pub(crate) fn machine(&self) -> Duration {
        self.shared.machine.longest()
    }

    /// Ends it, and prints what it saw.
    pub(crate) fn finish(self) {
        self.shared.ends.store(true, Release);
        self.thread.join().expect("it does not panic");
        for probe in &self.shared.probes {
            probe.waker.wake();
            probe
                .times
                .print(&format!("wake-up of a {:?} task", probe.priority));
        }
        self.shared.machine.print("a plain thread's own lateness");
    }
}

impl Shared {
    fn watch(&self) {
        // How late this thread came, in all, when each probe was asked.
        let mut late = Duration::ZERO;
        let mut late_then = vec![Duration::ZERO; self.probes.len()];
        while !self.ends.load(Acquire) {
            let before = Instant::now();
            thread::sleep(PERIOD); // why: it is a clock.
            let own = before.elapsed().saturating_sub(PERIOD);
            self.machine.add(own);
            late += own;
            for (probe, late_then) in self.probes.iter().zip(&mut late_then) {
                let now = self.start.elapsed();
                match probe.asked.load(Relaxed) {
                    0 => {
                        *late_then = late;
                        probe.asked.store(now.as_nanos() as u64, Release);
                        probe.waker.wake();
                    }
                    asked => {
                        let waits = now.saturating_sub(Duration::from_nanos(asked));
                        if waits > probe.limit + (late - *late_then) {
                            let priority = probe.priority;
                            eprintln!(
                                "a {priority:?} task was woken {waits:?} ago and is not polled"
                            );
                            process::abort();
                        }
                    }
                }
            }
        }
    }
}
