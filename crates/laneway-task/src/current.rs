//! What runs on this thread: the task of this poll, and the worker that polls it.
//!
//! One thread-local, constant and without drop, so that it costs one instruction to reach and
//! outlives every other thread-local. `current_core.rs` stands in without `std`.
//!
//! # Invariants
//!
//! 1. While this thread is a worker of a lane, a [`WorkerGuard`] holds a reference to the lane. It is not
//!    dropped within a call of that lane's: the contract of [`enter_worker`].
//! 2. `task`, without its mark, is null or points to a task that is alive: it is borrowed by a
//!    `with_task` further out on this thread.
//! 3. `store` is a number of references to the worker's lane that are counted, and that nobody has.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::{self, NonNull};

use laneway_scheduler::Priority;

use crate::PriorityGuard;
use crate::id::{BLOCK, Id, next_block};
use crate::raw::{Header, TaskRef};
use crate::schedule::{LaneHead, ScheduleArc, ScheduleRef};

laneway_loom::thread_local! {
    static CURRENT: Current = Current {
        task: Cell::new(ptr::null_mut()),
        worker: Cell::new(OUTSIDE),
        store: Cell::new(0),
        next_id: Cell::new(0),
        thread: Cell::new(0),
    }
}

/// In the address of `task`, whose alignment leaves it free: the task has woken itself.
const WOKEN: usize = 1;
const _: () = assert!(align_of::<Header>() > WOKEN);

struct Current {
    /// The task of this poll, and the mark of [`note_wake`]. In one word, so that a poll has no more
    /// than that to put back.
    task: Cell<*mut Header>,
    /// The innermost [`enter_worker`].
    worker: Cell<Worker>,
    /// For clones of that lane's references to come from and to go to: else all workers would change
    /// one counter with each task.
    store: Cell<usize>,
    /// The next number of this thread's block; at a multiple of [`BLOCK`] the thread needs
    /// another.
    next_id: Cell<u64>,
    /// This thread's own number, 0 before it is asked for.
    thread: Cell<u64>,
}

/// What a worker is a worker of.
#[derive(Debug, Clone, Copy)]
struct Worker {
    /// As [`ScheduleRef::as_raw`] has it.
    lane: *const LaneHead,
    /// As [`ScheduleArc::as_ptr`] has it.
    schedule: *const (),
    context: *const (),
}

const OUTSIDE: Worker = Worker {
    lane: ptr::null(),
    schedule: ptr::null(),
    context: ptr::null(),
};

/// So many references are made at a time; a store with twice as many gives so many up. With that the
/// counter that workers share is changed for one task in 64, and a worker costs no more to end.
#[cfg(not(laneway_loom))]
const BATCH: usize = 64;

#[cfg(laneway_loom)]
const BATCH: usize = 2;

/// The task that this thread polls, if it polls one.
///
/// Also while a future is dropped because its task ended.
#[inline]
pub fn id() -> Option<Id> {
    Some(task()?.id())
}

/// The priority of the task that this thread polls, as it was spawned with; outside of tasks,
/// [`Priority::Normal`]. It is what a task spawned here inherits.
#[inline]
pub fn priority() -> Priority {
    task().map_or(Priority::Normal, |task| task.classes().own())
}

/// How urgent the task that this thread polls is now: by itself, or for a more urgent task that
/// [joins](crate::JoinHandle) it. `None` outside of tasks.
///
/// Who becomes more urgent for another during a poll is polled again.
#[inline]
pub fn effective_priority() -> Option<Priority> {
    Some(task()?.classes().effective())
}

/// Makes the task that this thread polls as urgent as that by itself, until the guard is dropped: then
/// it is what it was. `None` outside of tasks.
///
/// What the task spawns and joins from now on is of the new class, and so are the runnables that its
/// lane gets; the poll that is under way goes on where it is, so a task that becomes less urgent may
/// want to [yield](laneway_waker::yield_now). A boost by a more urgent task that joins this one stays.
///
/// ```
/// # use laneway_scheduler::Priority;
/// # use laneway_task::{Runnable, ScheduleArc, current, spawn};
/// # use laneway_waker::yield_now;
/// # let lane = ScheduleArc::new(|_: Runnable| unreachable!()).erase();
/// let (runnable, handle) = spawn(async {
///     // … answer the request, then count what is left to count:
///     let _guard = current::set_priority(Priority::Background);
///     yield_now().await;
/// }, &lane);
///
/// let again = runnable.run_once().unwrap();
/// assert_eq!(again.priority(), Priority::Background);
/// # again.run();
/// ```
pub fn set_priority(priority: Priority) -> Option<PriorityGuard> {
    Some(PriorityGuard::new(TaskRef::clone(&*task()?), priority))
}

/// Says that this thread is a worker of a lane, until the guard is dropped: to be found by that
/// lane's [`Schedule::schedule`](crate::Schedule::schedule) through [`worker_context`].
///
/// `context` is the lane's own affair. Only the innermost worker of a thread is found; the guard
/// restores the one before.
///
/// # Safety
///
/// Until the guard is dropped, on this thread and before any guard made earlier on it,
///
/// * `context` is valid for whatever that lane's `schedule` does with it,
/// * the guard is not leaked, and no `schedule` of that lane runs when it is dropped.
pub unsafe fn enter_worker<S>(lane: &ScheduleArc<S>, context: *const ()) -> WorkerGuard {
    let reference = lane.erase();
    let worker = Worker {
        lane: reference.as_raw().as_ptr(),
        schedule: lane.as_ptr(),
        context,
    };
    let enter = |current: &Current| (current.worker.replace(worker), current.store.take());
    WorkerGuard {
        before: read(enter).unwrap_or((OUTSIDE, 0)),
        lane: reference,
        not_send: PhantomData,
    }
}

/// The context that [`enter_worker`] was given, if this thread is a worker of `lane` right now: as
/// [`ScheduleArc::as_ptr`] gives it.
#[inline]
pub fn worker_context(lane: *const ()) -> Option<NonNull<()>> {
    let worker = read(|current| current.worker.get())?;
    if ptr::eq(worker.schedule, lane) {
        NonNull::new(worker.context.cast_mut())
    } else {
        None
    }
}

/// Makes this thread a worker until dropped; from [`enter_worker`].
#[derive(Debug)]
#[must_use = "the thread is a worker only until this is dropped"]
pub struct WorkerGuard {
    before: (Worker, usize),
    lane: ScheduleRef,
    /// Belongs to the thread whose slot it restores.
    not_send: PhantomData<*const ()>,
}

impl Drop for WorkerGuard {
    fn drop(&mut self) {
        let (worker, store) = self.before;
        let leave = |current: &Current| {
            current.worker.set(worker);
            current.store.replace(store)
        };
        let left = read(leave).unwrap_or(0);
        // SAFETY: what was in the store, which is another now (3).
        unsafe { self.lane.empty_store(left) };
        // `lane` goes last, since that may be the end of it, and so the user's code.
    }
}

/// A clone of `lane` is to be made: whether the reference comes from this worker's store.
#[inline]
pub(crate) fn withdraw(lane: &ScheduleRef) -> bool {
    let withdraw = |current: &Current| {
        let is_worker = ptr::eq(current.worker.get().lane, lane.as_raw().as_ptr());
        if is_worker {
            let store = current.store.get();
            if store == 0 {
                lane.fill_store(BATCH);
                current.store.set(BATCH);
            }
            current.store.set(current.store.get() - 1);
        }
        is_worker
    };
    read(withdraw).unwrap_or(false)
}

/// `lane` is dropped: whether the reference goes to this worker's store.
#[inline]
pub(crate) fn deposit(lane: &ScheduleRef) -> bool {
    let deposit = |current: &Current| {
        let is_worker = ptr::eq(current.worker.get().lane, lane.as_raw().as_ptr());
        if is_worker {
            let store = current.store.get() + 1;
            current.store.set(store);
            if store == 2 * BATCH {
                current.store.set(BATCH);
                // SAFETY: just taken from the store (3).
                unsafe { lane.empty_store(BATCH) };
            }
        }
        is_worker
    };
    read(deposit).unwrap_or(false)
}

/// Whether this thread is a worker of `lane`, which then outlives the caller (1).
#[inline]
pub(crate) fn is_worker_of(lane: &ScheduleRef) -> bool {
    read(|current| ptr::eq(current.worker.get().lane, lane.as_raw().as_ptr())).unwrap_or(false)
}

/// What whoever polls here gives to what it waits for: no boost, outside of tasks.
#[inline]
pub(crate) fn boost() -> Priority {
    effective_priority().unwrap_or(Priority::Background)
}

/// Calls `f` while `task` is the running one; then it is the one before again. Tells whether `task`
/// has woken itself meanwhile.
#[inline]
pub(crate) fn with_task<R>(task: &TaskRef, f: impl FnOnce() -> R) -> (R, bool) {
    let before = read(|current| current.task.replace(task.as_raw().as_ptr()));
    let _guard = TaskGuard {
        before: before.unwrap_or(ptr::null_mut()),
    };
    let result = f();
    let woken = read(|current| current.task.get().addr() & WOKEN != 0).unwrap_or(false);
    (result, woken)
}

/// If `task` is the running one, notes that it was woken, and says so: its runner will see that, and
/// no one else needs to.
#[inline]
pub(crate) fn note_wake(task: NonNull<Header>) -> bool {
    let note = |current: &Current| {
        let running = current.task.get();
        let is_running = running.addr() & !WOKEN == task.addr().get();
        if is_running {
            current
                .task
                .set(running.map_addr(|address| address | WOKEN));
        }
        is_running
    };
    read(note).unwrap_or(false)
}

struct TaskGuard {
    before: *mut Header,
}

impl Drop for TaskGuard {
    #[inline]
    fn drop(&mut self) {
        read(|current| current.task.set(self.before));
    }
}

/// The task of this poll; not for longer than that.
#[inline]
fn task() -> Option<impl Deref<Target = TaskRef>> {
    let task = read(|current| current.task.get())?;
    let task = NonNull::new(task.map_addr(|address| address & !WOKEN))?;
    // SAFETY: alive (2); the reference is its runner's, and stays that.
    Some(ManuallyDrop::new(unsafe { TaskRef::from_raw(task) }))
}

/// A number for a task; whoever has no thread-local any more wastes a block.
#[inline]
pub(crate) fn next_id() -> u64 {
    read(|current| {
        let mut id = current.next_id.get();
        if id % BLOCK == 0 {
            id = next_block();
        }
        current.next_id.set(id + 1);
        id
    })
    .unwrap_or_else(next_block)
}

/// This thread's own number, which no other thread of the process ever has; 0 if its thread-locals
/// are gone.
#[inline]
pub(crate) fn thread_number() -> u64 {
    read(|current| {
        if current.thread.get() == 0 {
            current.thread.set(next_id());
        }
        current.thread.get()
    })
    .unwrap_or(0)
}

/// Whether this is the thread with that [number](thread_number), which is not 0.
#[inline]
pub(crate) fn is_thread(number: u64) -> bool {
    // A thread that has no number has 0 here, too.
    read(|current| number != 0 && current.thread.get() == number).unwrap_or(false)
}

#[inline]
fn read<T>(f: impl FnOnce(&Current) -> T) -> Option<T> {
    CURRENT.try_with(f).ok()
}
