//! The owner of a lane and its threads.

use std::fmt;
use std::time::{Duration, Instant};

use laneway_scheduler::Scheduler;
use laneway_task::{Runnable, ScheduleArc};

use crate::{
    builder::Builder,
    core::{Core, WorkerThread},
    handle::Handle,
    monitor,
    report::{Report, StillRunning},
    status::LaneStatus,
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
    core: Box<dyn Control>,
    lanes: Vec<LaneStatus>,
    monitor: Option<monitor::Running>,
    is_shut_down: bool,
}

impl Executor {
    /// Chooses threads, lanes, scheduler and driver.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// An executor that has no thread yet.
    pub(crate) fn new<S: Scheduler<Runnable>>(
        core: ScheduleArc<Core<S>>,
        lanes: Vec<LaneStatus>,
    ) -> Self {
        Self {
            handle: Handle::new(core.erase()),
            core: Box::new(core),
            lanes,
            monitor: None,
            is_shut_down: false,
        }
    }

    pub(crate) fn set_monitor(&mut self, monitor: monitor::Running) {
        self.monitor = Some(monitor);
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
        self.core.is_current()
    }

    /// What became of the lanes so far, the main one first.
    pub fn lanes(&self) -> Vec<LaneStatus> {
        let mut lanes = self.lanes.clone();
        for (index, lane) in lanes.iter_mut().enumerate() {
            lane.is_started = self.core.is_started(index);
        }
        lanes
    }

    fn shutdown(&mut self, deadline: Option<Instant>) -> Report {
        if std::mem::replace(&mut self.is_shut_down, true) {
            return Report::default();
        }
        let is_current = self.is_current();
        self.core.close();
        let stopped = !is_current && self.core.wait(deadline);
        if let Some(monitor) = self.monitor.take() {
            monitor.stop(stopped && deadline.is_none());
        }
        let threads = self.core.take_threads();
        if stopped {
            // Their last steps are beyond our limit: what their thread-locals hold is not ours.
            let join = deadline.is_none();
            for thread in threads.into_iter().filter(|_| join) {
                // A worker that panicked has ended the process.
                let _ = thread.handle.join();
            }
            return Report::default();
        }
        self.core.report(threads)
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
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}

/// What the owner does with the core, whatever its schedulers.
trait Control: Send + Sync {
    fn close(&self);
    fn wait(&self, deadline: Option<Instant>) -> bool;
    fn report(&self, threads: Vec<WorkerThread>) -> Report;
    fn take_threads(&self) -> Vec<WorkerThread>;
    fn is_current(&self) -> bool;
    fn is_started(&self, lane: usize) -> bool;
}

impl<S: Scheduler<Runnable>> Control for ScheduleArc<Core<S>> {
    fn close(&self) {
        Core::close(self);
    }

    fn wait(&self, deadline: Option<Instant>) -> bool {
        self.shutdown.wait(deadline)
    }

    fn report(&self, threads: Vec<WorkerThread>) -> Report {
        let workers = threads.into_iter().map(|thread| {
            let slot = &self.lanes[thread.lane].slots[thread.worker];
            (thread.name, slot)
        });
        let still_running = workers.filter(|(_, slot)| !slot.has_stopped());
        Report::new(
            still_running
                .map(|(name, slot)| StillRunning::new(name, slot.running()))
                .collect(),
        )
    }

    fn take_threads(&self) -> Vec<WorkerThread> {
        Core::take_threads(self)
    }

    fn is_current(&self) -> bool {
        Core::is_current(self)
    }

    fn is_started(&self, lane: usize) -> bool {
        !self.lanes[lane].start.is_awaited()
    }
}
