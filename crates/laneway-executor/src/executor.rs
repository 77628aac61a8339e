//! The owner of a lane and its threads.

use std::fmt;
use std::time::{Duration, Instant};

use laneway_loom::thread;
use laneway_scheduler::Scheduler;
use laneway_task::{Runnable, ScheduleArc};

use crate::{
    builder::Builder,
    handle::Handle,
    lane::Lane,
    report::{Report, StillRunning},
};

/// Worker threads that run what a scheduler chooses.
///
/// Dropping it shuts it down and waits for the polls that are running; a task that never returns
/// from a poll keeps the drop waiting, [`shutdown_timeout`](Self::shutdown_timeout) does not. Dropped
/// on one of its own workers it starts the shutdown and does not wait.
///
/// After shutdown every future has been dropped, exactly once, on a worker, even if wakers of the
/// task were leaked.
pub struct Executor {
    handle: Handle,
    lane: Box<dyn Control>,
    /// With their names; `None` once shut down.
    threads: Option<Vec<(String, thread::JoinHandle<()>)>>,
}

impl Executor {
    /// Chooses threads, scheduler and driver.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// An executor that has no thread yet.
    pub(crate) fn new<S: Scheduler<Runnable>>(lane: ScheduleArc<Lane<S>>) -> Self {
        Self {
            handle: Handle::new(lane.erase()),
            lane: Box::new(lane),
            threads: Some(Vec::new()),
        }
    }

    pub(crate) fn add_thread(&mut self, name: String, thread: thread::JoinHandle<()>) {
        self.threads.get_or_insert_default().push((name, thread));
    }

    /// Spawns from anywhere, also after the executor is gone.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Shuts down, waits for at most `limit`, and says who had not stopped by then. Threads that
    /// have not stopped are left to themselves; they stop after the poll that keeps them. (Threads that
    /// have stopped may still be leaving; dropping the executor waits for that too, this does not.)
    pub fn shutdown_timeout(mut self, limit: Duration) -> Report {
        // A limit beyond the end of time is no limit.
        self.shutdown(Some(limit).and_then(|limit| Instant::now().checked_add(limit)))
    }

    /// `true` on a worker of this executor.
    pub fn is_current(&self) -> bool {
        let current = thread::current().id();
        self.threads
            .iter()
            .flatten()
            .any(|(_, thread)| thread.thread().id() == current)
    }

    fn shutdown(&mut self, deadline: Option<Instant>) -> Report {
        let is_current = self.is_current();
        let Some(threads) = self.threads.take() else {
            return Report::default();
        };
        self.lane.close();
        if threads.is_empty() {
            self.lane.cancel_all();
            return Report::default();
        }
        let stopped = !is_current && self.lane.wait(deadline);
        if stopped {
            // Their last steps are beyond our limit: what their thread-locals hold is not ours.
            let join = deadline.is_none();
            for (_, thread) in threads.into_iter().filter(|_| join) {
                // A worker that panicked has ended the process.
                let _ = thread.join();
            }
            return Report::default();
        }
        let names = threads.into_iter().map(|(name, _detached)| name).collect();
        self.lane.report(names)
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("threads", &self.threads.as_ref().map_or(0, Vec::len))
            .finish_non_exhaustive()
    }
}

/// What the owner does with a lane, whatever its scheduler.
trait Control: Send + Sync {
    fn close(&self);
    fn wait(&self, deadline: Option<Instant>) -> bool;
    fn report(&self, threads: Vec<String>) -> Report;
    fn cancel_all(&self);
}

impl<S: Scheduler<Runnable>> Control for ScheduleArc<Lane<S>> {
    fn close(&self) {
        self.shutdown.close();
        self.wake_all();
    }

    fn wait(&self, deadline: Option<Instant>) -> bool {
        self.shutdown.wait(deadline)
    }

    fn report(&self, threads: Vec<String>) -> Report {
        let workers = threads.into_iter().zip(&self.slots);
        let still_running = workers.filter(|(_, slot)| !slot.has_stopped());
        Report::new(
            still_running
                .map(|(name, slot)| StillRunning::new(name, slot.running()))
                .collect(),
        )
    }

    fn cancel_all(&self) {
        Lane::cancel_all(self);
    }
}
