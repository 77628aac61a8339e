//! What the owner, the handles, the permits and the threads of a pool share.
//!
//! There are two locks, the line of [`Slots`] and [`State`]. Nobody holds both, and nobody holds
//! either while closures, wakers or drops of the user's run.
//!
//! A pool of a lane is *at home* on the threads of that lane, its own included. Only they take its
//! locks; other threads take slots, make tasks and give slots back without, and send what is left to do
//! as an [`Errand`]. The exception is the owner who shuts the pool down, and may wait.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::time::{Duration, Instant};

use laneway_loom::{
    sync::{Arc, Condvar, Mutex},
    thread,
};
use laneway_scheduler::Cause;
use laneway_task::{JoinHandle, Runnable, Schedule, ScheduleArc};
use laneway_waker::{WakeBatch, lane};

use crate::{
    errand::{Errand, Task},
    job::{Closure, JobSlot},
    report::{Report, StillRunning},
    seat::Job,
    slots::{GivenBack, Slots, Take, Waiter},
    state::State,
};

#[cfg(test)]
mod loom;
#[cfg(all(test, not(laneway_loom)))]
mod tests;
mod worker;

/// How long a thread watches others run jobs before it looks again whether they are quick. Short
/// enough to go unnoticed beside a job that blocks; four to six times as long as starting a thread
/// takes, so that growing does not cost more than waiting.
pub(crate) const TICK: Duration = Duration::from_micros(200);

/// Starts a thread with this name. The system's, except in tests of what happens when it refuses.
pub(crate) type StartThread =
    dyn Fn(String, Box<dyn FnOnce() + Send>) -> io::Result<thread::JoinHandle<()>> + Send + Sync;

/// Runs on each thread, around its work.
pub(crate) type AroundThread = dyn Fn(&mut dyn FnMut()) + Send + Sync;

/// Takes errands to the threads of a lane.
pub(crate) type Carry = dyn Fn(Errand) + Send + Sync;

/// What a pool is built with.
pub(crate) struct Config {
    pub(crate) max_threads: usize,
    pub(crate) queue_limit: usize,
    pub(crate) keep_alive: Duration,
    pub(crate) thread_name: String,
    /// Whose threads are at home, and how to get to them from elsewhere. Without, all threads are.
    pub(crate) lane: Option<(u8, Box<Carry>)>,
    pub(crate) around: Box<AroundThread>,
    pub(crate) start_thread: Box<StartThread>,
}

/// Counted: a clone is the same pool.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Parts>);

/// What tasks are made with: gets the tickets of those that become more urgent.
pub(crate) type Entrance = ScheduleArc<Shared>;

/// Private but for its name, which `Deref` needs.
pub(crate) struct Parts {
    slots: Slots,
    state: Mutex<State<Job>>,
    /// Notified when [`State::has_ended`] becomes true.
    ended: Condvar,
    config: Config,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        let capacity = config.max_threads.saturating_add(config.queue_limit);
        Self(Arc::new(Parts {
            slots: Slots::new(capacity),
            state: Mutex::new(State::new(config.max_threads)),
            ended: Condvar::new(),
            config,
        }))
    }

    /// Whether this thread may take the locks.
    pub(crate) fn is_home(&self) -> bool {
        let lane = &self.config.lane;
        lane.as_ref()
            .is_none_or(|(number, _)| *number == lane::current())
    }

    /// Whether the threads of the two pools are of the same lane.
    pub(crate) fn shares_lane(&self, other: &Self) -> bool {
        let number = |shared: &Self| shared.config.lane.as_ref().map_or(0, |(number, _)| *number);
        number(self) == number(other)
    }

    /// Sees to it that a task is done: here, or where the pool is at home.
    pub(crate) fn see_to(&self, task: Task) {
        match &self.config.lane {
            Some((number, carry)) if *number != lane::current() => {
                carry(Errand::new(self.clone(), task));
            }
            _ => self.perform(task),
        }
    }

    /// Does a task. For threads at home.
    pub(crate) fn perform(&self, task: Task) {
        match task {
            Task::Queue(job) => self.queue(job),
            Task::Wait(waiter) => {
                if self.slots.wait(&waiter) {
                    wake(&waiter);
                }
            }
            Task::Forget(waiter) => self.slots.forget(&waiter),
            Task::Settle => self.settle(),
        }
    }

    /// Takes a slot, if there is one.
    pub(crate) fn take_slot(&self) -> Take {
        let take = self.slots.take();
        if take != Take::Full || !self.slots.is_owing() || !self.is_home() {
            return take;
        }
        self.settle();
        self.slots.take()
    }

    /// A place in the line for who has found no slot; it has to [wait](Task::Wait) there.
    pub(crate) fn ticket(&self) -> Arc<Waiter> {
        self.slots.ticket()
    }

    /// Gives a slot back, when no job has it.
    pub(crate) fn give_back(&self) {
        if self.slots.give_back() == GivenBack::Owed {
            self.see_to(Task::Settle);
        }
    }

    /// Gives the slot of a job back, without a lock. At home, whoever runs or drops the job
    /// [settles](Self::settle) afterwards.
    pub(crate) fn end_job(&self) {
        if self.slots.give_back() == GivenBack::Owed && !self.is_home() {
            self.see_to(Task::Settle);
        }
    }

    /// Pays what is owed. Whoever ran or dropped a job does this, so that nobody waits for a slot that
    /// is. For threads at home.
    pub(crate) fn settle(&self) {
        while self.slots.is_owing()
            && let Some(waiter) = self.slots.pay()
        {
            wake(&waiter);
        }
    }

    /// Queues a job; cancels it if the pool is closed.
    fn queue(&self, job: Job) {
        let class = job.runnable.priority();
        let queued = self.state.lock().push(job, class);
        match queued {
            Ok(call) => self.act(call),
            // The slots were closed before: nobody waits for that of this job.
            Err(job) => job.runnable.cancel(),
        }
    }

    /// Makes a task of a closure, and queues it. It has a slot, which is given back when the closure
    /// has ended.
    #[track_caller]
    pub(crate) fn submit<F, T>(
        entrance: &Entrance,
        task: laneway_task::Builder,
        closure: F,
    ) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let slot = JobSlot::new((**entrance).clone());
        let (runnable, handle) = task.spawn(Closure::new(closure, Some(slot)), &entrance.erase());
        let task = Some(handle.abort_handle());
        entrance.see_to(Task::Queue(Job { runnable, task }));
        handle
    }

    /// Makes a task of a closure that there is no room for, and ends it.
    #[cold]
    #[track_caller]
    pub(crate) fn refuse<F, T>(
        entrance: &Entrance,
        task: laneway_task::Builder,
        closure: F,
        why: Take,
    ) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (runnable, handle) = task.spawn(Closure::new(closure, None), &entrance.erase());
        match why {
            Take::Full => runnable.reject(),
            Take::Closed | Take::Taken => runnable.cancel(),
        }
        handle
    }

    /// Closes, and waits until every thread has left, but no longer than `limit`; `true` if they all
    /// have. Does not wait on the pool's own threads.
    pub(crate) fn shut_down(&self, limit: Option<Duration>) -> bool {
        // A limit beyond the end of time is none.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        self.close();
        !self.is_own_thread() && self.wait(deadline)
    }

    /// Refuses jobs, cancels those that wait, and sends the threads home.
    pub(crate) fn close(&self) {
        let waiting = self.slots.close();
        let mut state = self.state.lock();
        let jobs = state.close();
        let has_ended = state.has_ended();
        drop(state);
        self.tell(has_ended);
        let mut batch = WakeBatch::new();
        for waker in waiting.filter_map(|waiter| waiter.take_waker()) {
            if batch.is_full() {
                batch.wake_all();
            }
            batch.push(waker);
        }
        batch.wake_all();
        // Nobody waits for their slots any more.
        for job in jobs {
            job.runnable.cancel();
        }
    }

    /// To be called when closed.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state.lock();
        while !state.has_ended() {
            let Some(deadline) = deadline else {
                state = self.ended.wait(state);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (state, _) = self.ended.wait_timeout(state, left);
        }
        true
    }

    /// Waits for the threads of the system, which have left and so end without another wait.
    pub(crate) fn join(&self) {
        let handles = self.state.lock().take_handles();
        for handle in handles {
            // A panic in there was of the code around the work, and has been reported.
            let _ = handle.join();
        }
    }

    pub(crate) fn report(&self) -> Report {
        let busy = self.state.lock().busy_seats();
        let still_running = busy.into_iter().filter_map(|(index, seat)| {
            Some(StillRunning::new(self.thread_name(index), seat.running()?))
        });
        Report::new(still_running.collect())
    }

    /// Whether the calling thread is one of the pool's.
    fn is_own_thread(&self) -> bool {
        let id = thread::current().id();
        self.state.lock().has_thread(id)
    }

    fn thread_name(&self, index: usize) -> String {
        format!("{}-{index}", self.config.thread_name)
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Schedule for Shared {
    /// A task that was queued once gets another ticket when who waits for it is more urgent. Whichever
    /// comes first runs it, and the other does nothing when its turn comes.
    fn schedule(&self, runnable: Runnable, _: Cause) {
        let task = Task::Queue(Job {
            runnable,
            task: None,
        });
        match &self.config.lane {
            // Also at home: it may be so urgent now that it belongs to another lane.
            Some((_, carry)) => carry(Errand::new(self.clone(), task)),
            None => self.perform(task),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Pool");
        if self.is_home()
            && let Some(state) = self.state.try_lock()
        {
            let (threads, resting) = state.threads();
            f.field("threads", &threads)
                .field("resting", &resting)
                .field("queued", &state.queued());
        }
        f.field("accepted", &self.slots.taken())
            .finish_non_exhaustive()
    }
}

/// Has a waiter look again. Swallows a panic of its waker, which is no fault of whose slot it was.
pub(crate) fn wake(waiter: &Waiter) {
    if let Some(waker) = waiter.take_waker() {
        WakeBatch::new().push(waker);
    }
}
