//! What the owner, the handles, the permits and the threads of a pool share.
//!
//! There are two locks, one for [`Slots`] and one for [`State`]. Nobody holds both, and nobody holds
//! either while closures, wakers or drops of the user's run.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::task::Waker;
use std::time::{Duration, Instant};

use laneway_loom::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};
use laneway_task::{JoinHandle, Runnable, ScheduleArc, ScheduleRef};
use laneway_waker::WakeBatch;

use crate::{
    job::Closure,
    report::{Report, StillRunning},
    seat::Job,
    slots::{Slots, Take},
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

/// What a pool is built with.
pub(crate) struct Config {
    pub(crate) max_threads: usize,
    pub(crate) queue_limit: usize,
    pub(crate) keep_alive: Duration,
    pub(crate) thread_name: String,
    pub(crate) around: Box<AroundThread>,
    pub(crate) start_thread: Box<StartThread>,
}

/// Counted: a clone is the same pool.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Parts>);

/// Private but for its name, which `Deref` needs.
pub(crate) struct Parts {
    slots: Mutex<Slots>,
    /// Slots of jobs that ended while somebody else had the lock. Goes down under the lock only.
    owed: AtomicUsize,
    state: Mutex<State<Job>>,
    /// Notified when [`State::has_ended`] becomes true.
    ended: Condvar,
    lane: ScheduleRef,
    config: Config,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        let capacity = config.max_threads.saturating_add(config.queue_limit);
        // Jobs go to the queue by `submit` and end in their only poll: nobody else has a ticket.
        let lane = ScheduleArc::new(|nobodys: Runnable| drop(nobodys)).erase();
        Self(Arc::new(Parts {
            slots: Mutex::new(Slots::new(capacity)),
            owed: AtomicUsize::new(0),
            state: Mutex::new(State::new(config.max_threads)),
            ended: Condvar::new(),
            lane,
            config,
        }))
    }

    pub(crate) fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock()
    }

    /// Takes a slot, if there is one.
    pub(crate) fn take_slot(&self) -> Take {
        let mut slots = self.slots();
        let take = slots.take();
        // Ordering: Relaxed: a job that was seen to end has added its slot before, and who counted
        // it since had this lock.
        if take != Take::Full || self.owed.load(Relaxed) == 0 {
            return take;
        }
        drop(slots);
        self.settle();
        self.slots().take()
    }

    /// Gives back what is owed. Whoever ran or dropped a job does this, so that nobody waits for a
    /// slot that is.
    pub(crate) fn settle(&self) {
        loop {
            let mut slots = self.slots();
            // Ordering: Relaxed: what this thread owes it sees, and the others settle too. The count
            // stands for nothing but itself.
            let owed = self.owed.load(Relaxed);
            if owed == 0 {
                return;
            }
            // Ordering: Relaxed: as above.
            self.owed.fetch_sub(1, Relaxed);
            let next = slots.give_back();
            drop(slots);
            wake(next);
        }
    }

    /// Whether [`settle`](Self::settle) has something to do.
    pub(crate) fn is_owing(&self) -> bool {
        // Ordering: Relaxed: as in `settle`.
        self.owed.load(Relaxed) > 0
    }

    /// Makes a task of a closure, and queues it. The slot is given back when the closure has ended.
    #[track_caller]
    pub(crate) fn submit<F, T>(
        &self,
        task: laneway_task::Builder,
        closure: F,
        slot: JobSlot,
    ) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (runnable, handle) = task.spawn(Closure::new(closure, Some(slot)), &self.lane);
        let job = Job {
            runnable,
            task: handle.abort_handle(),
        };
        let queued = self.state.lock().push(job);
        match queued {
            Ok(call) => self.act(call),
            Err(job) => {
                job.runnable.cancel();
                self.settle();
            }
        }
        handle
    }

    /// Makes a task of a closure that there is no room for, and ends it.
    #[cold]
    #[track_caller]
    pub(crate) fn refuse<F, T>(
        &self,
        task: laneway_task::Builder,
        closure: F,
        why: Take,
    ) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (runnable, handle) = task.spawn(Closure::new(closure, None), &self.lane);
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
        let waiting = self.slots.lock().close();
        let mut state = self.state.lock();
        let jobs = state.close();
        let has_ended = state.has_ended();
        drop(state);
        self.tell(has_ended);
        let mut batch = WakeBatch::new();
        for waker in waiting {
            if batch.is_full() {
                batch.wake_all();
            }
            batch.push(waker);
        }
        batch.wake_all();
        for job in jobs {
            job.runnable.cancel();
        }
        self.settle();
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

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Pool");
        if let Some(state) = self.state.try_lock() {
            let (threads, resting) = state.threads();
            f.field("threads", &threads)
                .field("resting", &resting)
                .field("queued", &state.queued());
        }
        if let Some(slots) = self.slots.try_lock() {
            f.field("accepted", &slots.taken());
        }
        f.finish_non_exhaustive()
    }
}

/// The right of one job to be in the pool, from before it is queued until it has ended.
#[derive(Debug)]
pub(crate) struct Slot(Option<Shared>);

impl Slot {
    /// For a slot that [was taken](Take::Taken).
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Some(shared))
    }

    /// The pool, and the slot as one of a job of it.
    pub(crate) fn into_job(mut self) -> (Shared, JobSlot) {
        let shared = self
            .0
            .take()
            .expect("it is there until this or the drop takes it");
        (shared.clone(), JobSlot::new(shared))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            let next = shared.slots().give_back();
            wake(next);
        }
    }
}

/// The slot of a job. It is given back in the job's end: before the result can be seen, so that
/// whoever has awaited a job finds its room free; and without waiting for the lock, so that a thread
/// that is seen inside a closure is held up by that closure and not by the pool. Whoever runs or
/// drops the job [settles](Shared::settle) afterwards.
#[derive(Debug)]
pub(crate) struct JobSlot(Shared);

impl JobSlot {
    /// For a slot that [was taken](Take::Taken).
    pub(crate) fn new(shared: Shared) -> Self {
        Self(shared)
    }
}

impl Drop for JobSlot {
    fn drop(&mut self) {
        match self.0.slots.try_lock() {
            Some(mut slots) => {
                let next = slots.give_back();
                drop(slots);
                wake(next);
            }
            None => {
                // Ordering: Relaxed: as in `settle`.
                self.0.owed.fetch_add(1, Relaxed);
            }
        }
    }
}

/// Wakes, if there is somebody to wake. Swallows a panic of the waker, which is no fault of whose
/// slot it was.
fn wake(next: Option<Waker>) {
    if let Some(waker) = next {
        WakeBatch::new().push(waker);
    }
}
