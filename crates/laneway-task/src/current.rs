//! What runs on this thread: the task of this poll, and the worker that polls it.
//!
//! One thread-local, constant and without drop, so that it costs one instruction to reach and
//! outlives every other thread-local. `current_core.rs` stands in without `std`.
//!
//! # Invariants
//!
//! 1. While a lane is the `worker` of this thread, it is alive, and outlives every call that began
//!    since it became so: the contract of [`enter_worker`].
//! 2. `task` points to a task that is alive: it is borrowed by a `with_task` further out on this
//!    thread.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

use laneway_scheduler::Priority;

use crate::PriorityGuard;
use crate::id::{BLOCK, Id, next_block};
use crate::raw::{Header, TaskRef};
use crate::state::Classes;

laneway_loom::thread_local! {
    static CURRENT: Current = Current {
        task: Cell::new(None),
        classes: Cell::new(OUTSIDE),
        worker: Cell::new((ptr::null(), ptr::null())),
        next_id: Cell::new(0),
        thread: Cell::new(0),
    }
}

/// The classes outside of tasks.
const OUTSIDE: Classes = Classes::new(Priority::Normal);

struct Current {
    task: Cell<Option<NonNull<Header>>>,
    /// Of the task, as they were when this poll began or it changed its own.
    classes: Cell<Classes>,
    /// Lane and context of the innermost [`enter_worker`].
    worker: Cell<(*const (), *const ())>,
    /// The next number of this thread's block; at a multiple of [`BLOCK`] the thread needs
    /// another.
    next_id: Cell<u64>,
    /// This thread's own number, 0 before it is asked for.
    thread: Cell<u64>,
}

/// The task that this thread polls, if it polls one.
///
/// Also while a future is dropped because its task ended.
#[inline]
pub fn id() -> Option<Id> {
    let task = read(|current| current.task.get()).flatten()?;
    // SAFETY: alive (2); the reference is its runner's, and stays that.
    let task = ManuallyDrop::new(unsafe { TaskRef::from_raw(task) });
    Some(task.id())
}

/// The priority of the task that this thread polls, as it was spawned with; outside of tasks,
/// [`Priority::Normal`]. It is what a task spawned here inherits.
#[inline]
pub fn priority() -> Priority {
    read(|current| current.classes.get().own()).unwrap_or_default()
}

/// How urgent the task that this thread polls is: by itself, or for a more urgent task that
/// [joins](crate::JoinHandle) it. `None` outside of tasks.
///
/// It is as it was when the poll began, or [was set](set_priority) since: who becomes more urgent
/// for another during a poll is polled again.
#[inline]
pub fn effective_priority() -> Option<Priority> {
    read(|current| {
        let is_task = current.task.get().is_some();
        is_task.then(|| current.classes.get().effective())
    })
    .flatten()
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
    let task = read(|current| current.task.get()).flatten()?;
    // SAFETY: alive (2); the reference is its runner's, and stays that.
    let task = ManuallyDrop::new(unsafe { TaskRef::from_raw(task) });
    Some(PriorityGuard::new(TaskRef::clone(&task), priority))
}

/// Says that this thread is a worker of a lane, until the guard is dropped: to be found by that
/// lane's [`Schedule::schedule`](crate::Schedule::schedule) through [`worker_context`].
///
/// `lane` is what [`ScheduleArc::as_ptr`](crate::ScheduleArc::as_ptr) gives; `context` is the
/// lane's own affair. Only the innermost worker of a thread is found; the guard restores the one
/// before.
///
/// # Safety
///
/// Until the guard is dropped, on this thread and before any guard made earlier on it,
///
/// * the lane is alive: the caller holds a [`ScheduleArc`](crate::ScheduleArc) or
///   [`ScheduleRef`](crate::ScheduleRef) to it, and releases it only after the guard,
/// * `context` is valid for whatever that lane's `schedule` does with it,
/// * the guard is not leaked, and no `schedule` of that lane runs when it is dropped.
pub unsafe fn enter_worker(lane: *const (), context: *const ()) -> WorkerGuard {
    let before = read(|current| current.worker.replace((lane, context)));
    WorkerGuard {
        before: before.unwrap_or((ptr::null(), ptr::null())),
        not_send: PhantomData,
    }
}

/// The context that [`enter_worker`] was given, if this thread is a worker of `lane` right now.
#[inline]
pub fn worker_context(lane: *const ()) -> Option<NonNull<()>> {
    let (entered, context) = read(|current| current.worker.get())?;
    if ptr::eq(entered, lane) {
        NonNull::new(context.cast_mut())
    } else {
        None
    }
}

/// Makes this thread a worker until dropped; from [`enter_worker`].
#[derive(Debug)]
#[must_use = "the thread is a worker only until this is dropped"]
pub struct WorkerGuard {
    before: (*const (), *const ()),
    /// Belongs to the thread whose slot it restores.
    not_send: PhantomData<*const ()>,
}

impl Drop for WorkerGuard {
    fn drop(&mut self) {
        read(|current| current.worker.set(self.before));
    }
}

/// Whether this thread is a worker of `lane`, which then outlives the caller (1).
#[inline]
pub(crate) fn is_worker_of(lane: *const ()) -> bool {
    read(|current| ptr::eq(current.worker.get().0, lane)).unwrap_or(false)
}

/// What whoever polls here gives to what it waits for: no boost, outside of tasks.
#[inline]
pub(crate) fn boost() -> Priority {
    effective_priority().unwrap_or(Priority::Background)
}

/// If this is the task of this poll, what it spawns and joins is of its new class.
pub(crate) fn class_changed(task: &TaskRef) {
    read(|current| {
        if current.task.get() == Some(task.as_raw()) {
            current.classes.set(task.classes());
        }
    });
}

/// Calls `f` while `task` is the running one; then it is the one before again.
#[inline]
pub(crate) fn with_task<R>(task: &TaskRef, classes: Classes, f: impl FnOnce() -> R) -> R {
    let before = read(|current| {
        (
            current.task.replace(Some(task.as_raw())),
            current.classes.replace(classes),
        )
    });
    let _guard = TaskGuard {
        before: before.unwrap_or((None, OUTSIDE)),
    };
    f()
}

struct TaskGuard {
    before: (Option<NonNull<Header>>, Classes),
}

impl Drop for TaskGuard {
    #[inline]
    fn drop(&mut self) {
        read(|current| {
            current.task.set(self.before.0);
            current.classes.set(self.before.1);
        });
    }
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

#[inline]
fn read<T>(f: impl FnOnce(&Current) -> T) -> Option<T> {
    CURRENT.try_with(f).ok()
}
