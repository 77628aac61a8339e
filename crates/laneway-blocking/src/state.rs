//! What the lock of a pool guards: the queue, and what each thread is doing. Nothing in here waits,
//! wakes, starts a thread or runs anybody's code; it says what is to be done once the lock is free.
//!
//! # Threads
//!
//! ```text
//!             Start                        job            queue is empty
//!   (none) ─────────▶ Coming ───────────────────▶ Busy ──────────────────▶ Resting
//!                      ▲ ▲ │ others go on          ▲ │ ▲                     │ │
//!                      │ │ ▼                       │ └─┘ next job            │ │
//!                      │ Watching ─────────────────┘                        │ │ keep-alive
//!                      │        tick: they are stuck            Wake        │ ▼ is over
//!                      └────────────────────────────────────────────────────┘ (none)
//! ```
//!
//! A thread that is *Coming* was called (it is being started, or woken from its rest) and has not
//! looked at the queue yet. When it looks, it asks whether the busy threads are *stuck*:
//!
//! * Since it was called, they took at most one job each. Had they taken more, then jobs take less
//!   time than calling a thread does, and it would only be in the way.
//! * Most of them are inside their closures. Were they not, then they wait for the pool's lock or
//!   for a processor, and another thread would make that worse: the machine is overloaded.
//!
//! If they are not stuck, it goes *Watching*, and looks again every [`TICK`](crate::shared::TICK).
//! So tiny jobs are run by few threads, however many there are, and jobs that block get a thread
//! each, the first after a tick at the latest and the others as fast as threads can be called.
//!
//! A job is *ready* if its class leaves enough threads to those above: see [`classes`](crate::classes).
//! One that is not will be when another job of its class or below has ended.
//!
//! # Invariants
//!
//! 1. `idle` holds exactly the threads that are Resting, the latest last; `alive` counts all but
//!    those that Left.
//! 2. At most one thread is Coming or Watching, and `spare` says which: at most one wake-up is under
//!    way, whatever the number of jobs.
//! 3. While there are ready jobs, there is a spare thread, or every thread is Busy, and there are as
//!    many as the limit allows. In either case somebody will look at the queue again: a busy thread
//!    after its job, a spare one when it comes or ticks. Jobs that are not ready become so by the end
//!    of a job, and then the thread that ran it looks; or because the limit is raised, and then the
//!    thread that came looks. So no job is forgotten.
//! 4. Once closed there are no jobs and nobody is called; Resting and Watching threads have been
//!    notified.
//! 5. A thread that Left while open, and whose handle is stored, has no entry any more. Entries
//!    without a handle belong to whoever is starting the thread.

use std::mem;

use laneway_loom::{
    sync::Arc,
    thread::{JoinHandle, ThreadId},
};
use laneway_scheduler::Priority;

use crate::{classes::Classes, limit::Limit, seat::Seat};

pub(crate) use duty::{Call, Missing, Step};

mod duty;
#[cfg(all(test, not(laneway_loom)))]
mod tests;

/// How many busy threads are asked whether they are inside their closures.
const SAMPLE: usize = 16;

#[derive(Debug)]
pub(crate) struct State<J> {
    queue: Classes<J>,
    threads: Vec<Option<Thread>>,
    idle: Vec<usize>,
    spare: Option<usize>,
    alive: usize,
    /// How many jobs were taken so far, and how many had been when the spare thread was called.
    taken: u64,
    taken_at_call: u64,
    limit: Limit,
    is_closed: bool,
}

#[derive(Debug)]
struct Thread {
    role: Role,
    /// The class of the job, of a busy thread.
    running: Option<Priority>,
    seat: Arc<Seat>,
    /// Known from when the thread came.
    id: Option<ThreadId>,
    /// Known from when whoever started the thread has locked again.
    handle: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Coming,
    Watching,
    Resting,
    Busy,
    Left,
}

impl<J> State<J> {
    pub(crate) fn new(max_threads: usize) -> Self {
        Self {
            queue: Classes::new(),
            threads: Vec::new(),
            idle: Vec::new(),
            spare: None,
            alive: 0,
            taken: 0,
            taken_at_call: 0,
            limit: Limit::new(max_threads),
            is_closed: false,
        }
    }

    /// Queues a job of this class; gives it back if the pool is closed.
    pub(crate) fn push(&mut self, job: J, class: Priority) -> Result<Call, J> {
        if self.is_closed {
            return Err(job);
        }
        self.queue.push(job, class);
        match self.spare {
            // Nobody would look before the tick.
            Some(spare) if self.role(spare) == Role::Watching && self.busy() == 0 => {
                Ok(self.call(spare))
            }
            _ => Ok(self.call_spare()),
        }
    }

    /// The thread that was started is there.
    pub(crate) fn arrived(&mut self, index: usize, id: ThreadId) -> Step<J> {
        self.limit.granted();
        self.thread(index).id = Some(id);
        self.look(index)
    }

    /// A busy thread has run its job.
    pub(crate) fn finished(&mut self, index: usize) -> Step<J> {
        self.end_job(index);
        self.next(index)
    }

    /// A thread's wait is over: because it was notified, or because its time was.
    pub(crate) fn woken(&mut self, index: usize, timed_out: bool) -> Step<J> {
        match self.role(index) {
            Role::Coming | Role::Watching => self.look(index),
            Role::Resting if timed_out || self.is_closed => self.leave(index),
            Role::Resting => Step::Rest,
            role @ (Role::Busy | Role::Left) => unreachable!("a {role:?} thread does not wait"),
        }
    }

    /// The thread was started, and this is its handle. Says whether it was
    /// [the last to wait for](Self::has_ended).
    pub(crate) fn started(&mut self, index: usize, handle: JoinHandle<()>) -> bool {
        self.thread(index).handle = Some(handle);
        if self.role(index) == Role::Left && !self.is_closed {
            // It came and went already.
            self.threads[index] = None;
        }
        self.has_ended()
    }

    /// The thread could not be started.
    pub(crate) fn refused(&mut self, index: usize) -> Missing<J> {
        self.threads[index] = None;
        self.alive -= 1;
        self.spare = None;
        self.go_without()
    }

    /// The thread is about to end without having been told to: the code around its work failed.
    pub(crate) fn lost(&mut self, index: usize) -> Missing<J> {
        let Step::<J>::Leave = self.leave(index) else {
            unreachable!("that is what it returns")
        };
        self.go_without()
    }

    /// Refuses jobs from now on, and gives those that waited. Notifies whoever waits; busy threads
    /// leave after their job.
    pub(crate) fn close(&mut self) -> impl Iterator<Item = J> + use<J> {
        self.is_closed = true;
        for thread in self.threads.iter().flatten() {
            if matches!(thread.role, Role::Resting | Role::Watching) {
                thread.seat.notify();
            }
        }
        self.queue.take()
    }

    /// Whether every thread has left, for good.
    pub(crate) fn has_ended(&self) -> bool {
        let mut threads = self.threads.iter().flatten();
        self.is_closed && threads.all(|thread| thread.role == Role::Left && thread.handle.is_some())
    }

    /// The handles of the threads that left since the pool was closed.
    pub(crate) fn take_handles(&mut self) -> Vec<JoinHandle<()>> {
        let threads = mem::take(&mut self.threads);
        threads
            .into_iter()
            .flatten()
            .filter_map(|thread| thread.handle)
            .collect()
    }

    /// The seats of the busy threads, with their indices.
    pub(crate) fn busy_seats(&self) -> Vec<(usize, Arc<Seat>)> {
        let threads = self.threads.iter().enumerate();
        threads
            .filter_map(|(index, thread)| Some((index, thread.as_ref()?)))
            .filter(|(_, thread)| thread.role == Role::Busy)
            .map(|(index, thread)| (index, thread.seat.clone()))
            .collect()
    }

    /// Whether the thread of this id is one of the pool's.
    pub(crate) fn has_thread(&self, id: ThreadId) -> bool {
        self.threads
            .iter()
            .flatten()
            .any(|thread| thread.id == Some(id))
    }

    pub(crate) fn seat(&mut self, index: usize) -> Arc<Seat> {
        self.thread(index).seat.clone()
    }

    /// How many threads there are, and how many of them rest.
    pub(crate) fn threads(&self) -> (usize, usize) {
        (self.alive, self.idle.len())
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The spare thread looks: is it needed?
    fn look(&mut self, index: usize) -> Step<J> {
        if self.is_ready() && self.busy() > 0 && !self.are_stuck() {
            self.taken_at_call = self.taken;
            self.thread(index).role = Role::Watching;
            return Step::Watch;
        }
        self.spare = None;
        self.next(index)
    }

    /// Whether the busy threads do not get on with the queue.
    fn are_stuck(&self) -> bool {
        if self.taken - self.taken_at_call > self.busy() as u64 {
            return false;
        }
        // A few tell enough, and the lock is held; not always the same.
        let (before, after) = self
            .threads
            .split_at(self.taken as usize % self.threads.len());
        let busy = after
            .iter()
            .chain(before)
            .flatten()
            .filter(|thread| thread.role == Role::Busy);
        let (inside, outside) = busy.take(SAMPLE).fold((0, 0), |(inside, outside), thread| {
            match thread.seat.is_inside() {
                true => (inside + 1, outside),
                false => (inside, outside + 1),
            }
        });
        inside > outside
    }

    /// The next step of a thread that is neither spare nor idle.
    fn next(&mut self, index: usize) -> Step<J> {
        if self.is_closed {
            return self.leave(index);
        }
        match self.queue.pop(self.limit.now()) {
            Some((job, class)) => {
                self.taken += 1;
                let thread = self.thread(index);
                thread.role = Role::Busy;
                thread.running = Some(class);
                Step::Run(job, self.call_spare())
            }
            None => {
                self.thread(index).role = Role::Resting;
                self.idle.push(index);
                Step::Rest
            }
        }
    }

    fn leave(&mut self, index: usize) -> Step<J> {
        // The longest idle are the first to leave, so it is found at once.
        if let Some(at) = self.idle.iter().position(|idle| *idle == index) {
            self.idle.remove(at);
        }
        if self.spare == Some(index) {
            self.spare = None;
        }
        self.end_job(index);
        self.alive -= 1;
        let is_closed = self.is_closed;
        let thread = self.thread(index);
        thread.role = Role::Left;
        if thread.handle.is_some() && !is_closed {
            self.threads[index] = None;
        }
        Step::Leave
    }

    /// The job of a busy thread is over.
    fn end_job(&mut self, index: usize) {
        if let Some(class) = self.thread(index).running.take() {
            self.queue.end(class);
        }
    }

    /// Sees to invariant 3 when jobs were added or a thread became busy.
    fn call_spare(&mut self) -> Call {
        if self.spare.is_some() {
            return Call::Nobody;
        }
        if self.is_ready() {
            // The latest to rest has the warmest caches, and the others get to leave.
            if let Some(index) = self.idle.pop() {
                return self.call(index);
            }
        } else if !self.queue.is_ready(self.limit.max()) {
            return Call::Nobody;
        }
        // If only the system's refusal keeps jobs from being ready, it is asked again too.
        if !self.limit.allows_another(self.alive) {
            return Call::Nobody;
        }
        self.alive += 1;
        let index = self
            .threads
            .iter()
            .position(Option::is_none)
            .unwrap_or_else(|| {
                self.threads.push(None);
                self.threads.len() - 1
            });
        let seat = Arc::new(Seat::new());
        self.threads[index] = Some(Thread {
            role: Role::Coming,
            running: None,
            seat,
            id: None,
            handle: None,
        });
        self.spare = Some(index);
        self.taken_at_call = self.taken;
        Call::Start(index)
    }

    /// Calls a thread that waits.
    fn call(&mut self, index: usize) -> Call {
        self.spare = Some(index);
        self.taken_at_call = self.taken;
        let thread = self.thread(index);
        thread.role = Role::Coming;
        Call::Wake(thread.seat.clone())
    }

    /// Sees to invariant 3 when a thread does not come.
    fn go_without(&mut self) -> Missing<J> {
        self.limit.refused(self.alive);
        if self.alive == 0 {
            return Missing {
                stranded: self.queue.take().collect(),
                call: Call::Nobody,
            };
        }
        Missing {
            stranded: Vec::new(),
            call: self.call_spare(),
        }
    }

    /// Whether a job may run now.
    fn is_ready(&self) -> bool {
        self.queue.is_ready(self.limit.now())
    }

    fn busy(&self) -> usize {
        self.alive - self.idle.len() - usize::from(self.spare.is_some())
    }

    fn role(&self, index: usize) -> Role {
        self.threads[index]
            .as_ref()
            .map_or(Role::Left, |thread| thread.role)
    }

    fn thread(&mut self, index: usize) -> &mut Thread {
        self.threads[index]
            .as_mut()
            .expect("a thread has an entry until it leaves")
    }
}
