//! Notices polls that take too long, tells somebody, and sees to it that nothing else is stuck.
//!
//! A worker that is inside a poll serves neither its queue nor the driver. The queue is open to the
//! others: they steal. But they may all be asleep, none of them in the driver, because the one that is
//! stuck had just left it. So the monitor's thread, which looks at all workers now and then, wakes one.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use laneway_loom::thread;
use laneway_scheduler::Scheduler;
use laneway_task::{Runnable, ScheduleArc, TaskInfo};
use laneway_waker::{Parker, Unparker};

use crate::{core::Core, os};

pub(crate) use watch::Watch;

mod watch;

/// How often in a threshold the monitor looks: a stall is noticed after at most a quarter more.
const LOOKS: u32 = 4;

/// Asks for a thread that notices polls that take too long.
///
/// Without it nothing is watched, and nothing is paid. With it each poll costs about 20 ns more.
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
/// use laneway_executor::{Executor, StallMonitor};
///
/// let (stalls, seen) = mpsc::channel();
/// let monitor = StallMonitor::new(Duration::from_millis(20), move |stall| {
///     let _ = stalls.send(stall.to_string());
/// });
/// let executor = Executor::builder().stall_monitor(monitor).build()?;
/// let (release, wait) = mpsc::channel::<()>();
/// executor.handle().spawn(async move { wait.recv() });
/// let stall = seen.recv_timeout(Duration::from_secs(10)).unwrap();
/// assert!(stall.contains("has polled task"));
/// drop(release);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct StallMonitor {
    threshold: Duration,
    pause: Duration,
    report: Arc<dyn Fn(&Stall) + Send + Sync>,
}

/// A poll that has taken longer than the monitor's threshold, and is not over.
#[derive(Debug, Clone)]
pub struct Stall {
    task: TaskInfo,
    thread: String,
    thread_id: Option<u32>,
    thread_state: Option<char>,
    running_for: Duration,
    unreported: u64,
}

impl StallMonitor {
    /// Calls `report`, on the monitor's thread, once for each poll that takes longer than `threshold`.
    /// A panic in it ends the report and nothing else.
    ///
    /// Below some milliseconds, what the operating system does to threads looks like a stall, too.
    pub fn new(threshold: Duration, report: impl Fn(&Stall) + Send + Sync + 'static) -> Self {
        Self {
            threshold,
            pause: Duration::from_secs(1),
            report: Arc::new(report),
        }
    }

    /// At least so much time passes between two reports; stalls in between are counted in the next.
    /// Default: one second.
    #[must_use]
    pub fn at_most_every(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    pub(crate) fn validate(&self) -> io::Result<()> {
        if self.threshold >= Duration::from_millis(1) {
            return Ok(());
        }
        let message = "the threshold of a stall is at least a millisecond";
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    /// Starts the thread.
    pub(crate) fn start<S: Scheduler<Runnable>>(
        self,
        name: String,
        core: ScheduleArc<Core<S>>,
    ) -> io::Result<Running> {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let thread = thread::Builder::new()
            .name(name)
            .spawn(move || Monitor::new(self, core).run(&parker))?;
        Ok(Running { thread, unparker })
    }
}

/// The thread of a monitor.
pub(crate) struct Running {
    thread: thread::JoinHandle<()>,
    unparker: Unparker,
}

impl Running {
    /// Ends it; `join` waits for that, unless this is its own thread.
    pub(crate) fn stop(self, join: bool) {
        self.unparker.unpark();
        if join && thread::current().id() != self.thread.thread().id() {
            // A panic in there was reported by the hook for panics.
            let _ = self.thread.join();
        }
    }
}

/// The monitor at work.
struct Monitor<S: Scheduler<Runnable>> {
    config: StallMonitor,
    core: ScheduleArc<Core<S>>,
    /// Of each worker of each lane.
    seen: Vec<Vec<Seen>>,
    last_report: Option<Instant>,
    unreported: u64,
}

/// What the monitor saw of a worker when it looked last.
#[derive(Clone, Copy)]
struct Seen {
    /// The number of the poll.
    poll: u64,
    since: Instant,
    is_noted: bool,
}

impl<S: Scheduler<Runnable>> Monitor<S> {
    fn new(config: StallMonitor, core: ScheduleArc<Core<S>>) -> Self {
        let nothing = Seen {
            poll: 0,
            since: Instant::now(),
            is_noted: false,
        };
        let lanes = core.lanes.iter();
        Self {
            seen: lanes.map(|lane| vec![nothing; lane.slots.len()]).collect(),
            config,
            core,
            last_report: None,
            unreported: 0,
        }
    }

    fn run(mut self, parker: &Parker) {
        // The token is the order to stop.
        loop {
            let Some(next) = Instant::now().checked_add(self.config.threshold / LOOKS) else {
                // Nothing ever takes so long.
                return parker.park();
            };
            if parker.park_deadline(next) {
                return;
            }
            self.look(Instant::now());
        }
    }

    /// Looks at every worker once.
    fn look(&mut self, now: Instant) {
        for lane in 0..self.core.lanes.len() {
            for worker in 0..self.core.lanes[lane].slots.len() {
                let Some(watch) = &self.core.lanes[lane].slots[worker].watch else {
                    continue;
                };
                let poll = watch.poll();
                let seen = &mut self.seen[lane][worker];
                if poll.is_none_or(|poll| poll != seen.poll) {
                    *seen = Seen {
                        poll: poll.unwrap_or(0),
                        since: now,
                        is_noted: false,
                    };
                    continue;
                }
                let running_for = now - seen.since;
                if running_for < self.config.threshold {
                    continue;
                }
                let is_new = !std::mem::replace(&mut seen.is_noted, true);
                self.rescue(lane);
                if is_new {
                    self.note(lane, worker, running_for, now);
                }
            }
        }
    }

    /// Somebody is to look after what the stuck worker has left: its queue, and the driver's seat.
    fn rescue(&self, lane: usize) {
        let parts = &self.core.lanes[lane];
        if parts.seat.holder().is_none() || !parts.scheduler.is_idle() {
            parts.wake_one(|| self.core.is_idle(lane));
        }
    }

    fn note(&mut self, lane: usize, worker: usize, running_for: Duration, now: Instant) {
        let is_too_soon = self
            .last_report
            .is_some_and(|last| now - last < self.config.pause);
        let slot = &self.core.lanes[lane].slots[worker];
        let watch = slot.watch.as_ref();
        let task = watch.and_then(|watch| watch.task(self.seen[lane][worker].poll));
        // None if the poll has just ended.
        let Some(task) = task else { return };
        if is_too_soon {
            self.unreported += 1;
            return;
        }
        self.last_report = Some(now);
        let thread_id = watch.and_then(Watch::thread_id);
        let stall = Stall {
            task,
            thread: self.core.thread_name(lane, worker),
            thread_id,
            thread_state: thread_id.and_then(os::thread_state),
            running_for,
            unreported: std::mem::take(&mut self.unreported),
        };
        let report = &self.config.report;
        let _ = catch_unwind(AssertUnwindSafe(|| report(&stall)));
    }
}

impl Stall {
    /// The task whose poll takes so long: its number, its name, and where it was spawned.
    pub fn task(&self) -> &TaskInfo {
        &self.task
    }

    /// The name of the worker's thread.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The number by which the operating system's tools know that thread; `None` where it has none.
    pub fn thread_id(&self) -> Option<u32> {
        self.thread_id
    }

    /// What the kernel says the thread does, on Linux: `R` runs or could run, `S` waits (in a lock, or
    /// in a call that blocks), `D` waits for a disk, `T` was stopped.
    pub fn thread_state(&self) -> Option<char> {
        self.thread_state
    }

    /// How long the poll has lasted, at least.
    pub fn running_for(&self) -> Duration {
        self.running_for
    }

    /// How many other stalls were noticed since the last report, and not reported for the sake of
    /// [`at_most_every`](StallMonitor::at_most_every).
    pub fn unreported(&self) -> u64 {
        self.unreported
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has polled task {}", self.thread, self.task.id())?;
        if let Some(name) = self.task.name() {
            write!(f, " `{name}`")?;
        }
        let (location, running_for) = (self.task.location(), self.running_for);
        write!(f, ", spawned at {location}, for {running_for:?}")?;
        match (self.thread_id, self.thread_state) {
            (Some(id), Some(state)) => write!(f, " (thread {id}, state {state})")?,
            (Some(id), None) => write!(f, " (thread {id})")?,
            (None, _) => {}
        }
        match self.unreported {
            0 => Ok(()),
            count => write!(f, "; {count} more stalls since the last report"),
        }
    }
}

impl fmt::Debug for StallMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StallMonitor")
            .field("threshold", &self.threshold)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}
