//! What all lanes of an executor share, and what tasks see of it: [`Schedule`].
//!
//! A task that became ready goes to the lane of its class. So a task changes lanes by being
//! scheduled with another class; nothing else knows that there are several.

use std::fmt;

use laneway_loom::sync::{
    Mutex,
    atomic::{
        AtomicU8,
        Ordering::{Relaxed, SeqCst},
        fence,
    },
};
use laneway_loom::thread;
use laneway_scheduler::{Cause, Priority, Scheduler};
use laneway_task::{Id, OwnedTasks, Runnable, Schedule};

use crate::{context::Context, lane::Lane, registered, shutdown::Shutdown};

/// A bit each in a byte.
pub(crate) const MAX_LANES: usize = 8;

/// Locks of the list of waiting tasks, for each lane, at most. A task takes one for two writes when it
/// first waits, and again when it ends.
const SHARDS: usize = 256;

/// The inside of an executor.
pub(crate) struct Core<S: Scheduler<Runnable>> {
    /// The main lane is the first.
    pub(crate) lanes: Box<[Lane<S>]>,
    pub(crate) routes: Routes,
    pub(crate) shutdown: Shutdown,
    pub(crate) owned: OwnedTasks,
    /// Lanes, a bit each, that wait for a worker of the main lane to start their threads.
    start_requests: AtomicU8,
    /// Of all lanes. For threads that are in lane 0.
    threads: Mutex<Vec<WorkerThread>>,
}

/// The lane of each class.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Routes([u8; Priority::ALL.len()]);

/// The thread of a worker.
pub(crate) struct WorkerThread {
    pub(crate) name: String,
    pub(crate) lane: usize,
    pub(crate) worker: usize,
    pub(crate) handle: thread::JoinHandle<()>,
}

impl Routes {
    pub(crate) fn set(&mut self, class: Priority, lane: usize) {
        self.0[class as usize] = lane as u8;
    }

    #[inline]
    pub(crate) fn lane_of(&self, class: Priority) -> usize {
        self.0[class as usize].into()
    }

    /// The classes that a lane runs, the most urgent first.
    pub(crate) fn classes_of(&self, lane: usize) -> impl Iterator<Item = Priority> {
        let classes = Priority::ALL.into_iter().rev();
        classes.filter(move |&class| self.lane_of(class) == lane)
    }
}

impl<S: Scheduler<Runnable>> Core<S> {
    pub(crate) fn new(lanes: Box<[Lane<S>]>, routes: Routes) -> Self {
        let workers = lanes.iter().map(|lane| lane.slots.len()).max();
        Self {
            owned: OwnedTasks::new(lanes.len(), workers.unwrap_or(1).min(SHARDS)),
            lanes,
            routes,
            shutdown: Shutdown::new(),
            start_requests: AtomicU8::new(0),
            threads: Mutex::new(Vec::new()),
        }
    }

    /// A task became ready on a thread that is no worker of its lane.
    pub(crate) fn inject(&self, lane: usize, runnable: Runnable, cause: Cause) {
        match self.lanes[lane].inject(runnable, cause) {
            Ok(()) if self.lanes[lane].start.is_awaited() => self.request_start(lane),
            Ok(()) => {}
            // The end is near, or the system refused the lane its threads: then the main one serves.
            Err(runnable) if lane != 0 => self.inject(0, runnable, cause),
            // Closed: dropping the permission to poll cancels the task.
            Err(runnable) => drop(runnable),
        }
    }

    /// Sees to it that the threads of a lane are started: here, unless they would inherit a policy
    /// that they cannot get rid of.
    #[cold]
    fn request_start(&self, lane: usize) {
        if laneway_waker::lane::current() == 0 {
            return self.start(lane);
        }
        // Ordering: Relaxed. A request is like an item: `wake_one` issues the fence that comes
        // before the look for sleepers, and they look for requests after theirs.
        self.start_requests.fetch_or(1 << lane, Relaxed);
        self.lanes[0].wake_one(|| self.is_idle(0));
    }

    /// The lanes that others asked for, a bit each; to be [started](Self::start) by a worker of the main
    /// lane that takes them.
    #[must_use]
    pub(crate) fn take_requests(&self) -> u8 {
        if !self.has_requests() {
            return 0;
        }
        // Ordering: Relaxed: the bits stand for nothing but themselves.
        self.start_requests.swap(0, Relaxed)
    }

    fn has_requests(&self) -> bool {
        // Ordering: Relaxed, as in `request_start`.
        self.start_requests.load(Relaxed) != 0
    }

    /// Whether the workers of a lane have nothing to do.
    pub(crate) fn is_idle(&self, lane: usize) -> bool {
        self.lanes[lane].scheduler.is_idle() && (lane != 0 || !self.has_requests())
    }

    /// Whether workers of a lane beside the main one are awake: a hint.
    pub(crate) fn is_other_lane_awake(&self) -> bool {
        let mut others = self.lanes[1..].iter();
        others.any(|lane| !lane.start.is_awaited() && lane.idle.is_anybody_awake())
    }

    /// Starts the threads of a lane, unless somebody has.
    pub(crate) fn start(&self, lane: usize) {
        let mut threads = self.threads.lock();
        let Some(parts) = self.lanes[lane].start.begin() else {
            return;
        };
        if !self.shutdown.workers_start(parts.len()) {
            // Whoever shuts down cancels what the lane was given.
            drop(threads);
            return drop(parts);
        }
        let (started, refused) = parts.start_threads(lane);
        let lives = !started.is_empty();
        threads.extend(started);
        drop(threads);
        for worker in refused {
            self.worker_stopped(lane, worker);
        }
        if !lives {
            self.hand_over(lane);
        }
    }

    /// From now on each lane is started by its first task; those that have some are started now.
    pub(crate) fn await_tasks(&self) {
        for lane in 1..self.lanes.len() {
            self.lanes[lane].start.await_task();
            // Ordering: pairs with the fence that follows an inject: that one sees that the lane awaits
            // tasks, or this look sees the task.
            fence(SeqCst);
            // Re-check: what came before was not seen to be awaited.
            if !self.lanes[lane].scheduler.is_idle() {
                self.start(lane);
            }
        }
    }

    /// Gives what a lane without threads was given to the main lane.
    fn hand_over(&self, lane: usize) {
        if lane == 0 {
            return;
        }
        let mut left = Vec::new();
        let scheduler = &self.lanes[lane].scheduler;
        scheduler.close(&mut |runnable| left.push(runnable));
        for runnable in left {
            self.inject(0, runnable, Cause::Woken);
        }
    }

    /// A worker has left its loop, or was refused a thread; the last one drops the drivers.
    pub(crate) fn worker_stopped(&self, lane: usize, worker: usize) {
        self.lanes[lane].slots[worker].set_stopped();
        if self.shutdown.worker_stops() {
            // For a lane that never had a worker.
            self.cancel_all();
            self.end();
        }
    }

    /// Refuses tasks, lets all workers know, and drops what lanes keep for threads that will not be.
    /// If there is no worker, cancels what there is.
    pub(crate) fn close(&self) {
        let has_workers = self.shutdown.close();
        for lane in &self.lanes {
            lane.wake_all();
            // The parts keep the core alive, which keeps them.
            drop(lane.start.begin());
        }
        if !has_workers {
            self.cancel_all();
            self.end();
        }
    }

    /// Nobody is left.
    fn end(&self) {
        for lane in &self.lanes {
            lane.seat.remove_driver();
        }
        self.shutdown.all_stopped();
    }

    /// Cancels what nobody will run, if no worker does.
    fn cancel_all(&self) {
        self.owned.close_and_cancel_all();
        let mut left = Vec::new();
        for lane in &self.lanes {
            lane.scheduler.close(&mut |runnable| left.push(runnable));
        }
        drop(left);
    }

    /// What the thread of a worker is called.
    pub(crate) fn thread_name(&self, lane: usize, worker: usize) -> String {
        let threads = self.threads.lock();
        let mut own = threads
            .iter()
            .filter(|thread| (thread.lane, thread.worker) == (lane, worker));
        own.next()
            .map_or_else(String::new, |thread| thread.name.clone())
    }

    /// Whether this is the thread of a worker, whatever it has entered since.
    pub(crate) fn is_current(&self) -> bool {
        // Not by the list of threads: its lock is not for threads of other lanes.
        let current = std::thread::current().id();
        let mut slots = self.lanes.iter().flat_map(|lane| &lane.slots);
        slots.any(|slot| slot.thread.get() == Some(&current))
    }

    pub(crate) fn take_threads(&self) -> Vec<WorkerThread> {
        std::mem::take(&mut *self.threads.lock())
    }
}

impl<S: Scheduler<Runnable>> registered::Lane for Core<S> {
    type Own = Context<S>;
}

impl<S: Scheduler<Runnable>> Schedule for Core<S> {
    fn schedule(&self, runnable: Runnable, cause: Cause) {
        if cause == Cause::Spawned && self.shutdown.is_closing() {
            // Not left to the workers, who may be stuck in their polls.
            return drop(runnable);
        }
        let lane = self.routes.lane_of(runnable.priority());
        registered::with(self, |context| match context {
            Some(context) if context.lane == lane => context.push(runnable, cause),
            _ => self.inject(lane, runnable, cause),
        });
    }

    fn ask_to_yield(&self, id: Id) {
        // Rare, so no index: the task is on one of a few workers.
        let mut slots = self.lanes.iter().flat_map(|lane| &lane.slots);
        if let Some(slot) = slots.find(|slot| slot.running() == Some(id)) {
            slot.flag.raise();
        }
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }
}

impl<S: Scheduler<Runnable>> fmt::Debug for Core<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("lanes", &self.lanes)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}
