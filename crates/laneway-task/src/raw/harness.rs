//! Running a task: polls, ends, and what a shutdown does.
//!
//! # Invariants
//!
//! Those of `raw.rs` (R1 to R8 here).
#![allow(unsafe_code)]

use core::mem::{self, ManuallyDrop};
use core::ptr::NonNull;
use core::task::Context;

use laneway_scheduler::Cause;
use laneway_waker::budget;

use super::{Header, Step, TaskRef, dealloc, waker};
use crate::current;
use crate::panic::{is_panicking, swallow};
#[cfg(feature = "std")]
use crate::state::Claim;
use crate::state::{Complete, Outcome, Rest, Start};

/// The permission to poll a task once: what a [`Runnable`](crate::Runnable) is made of.
pub(crate) struct Ticket(ManuallyDrop<TaskRef>);

impl Ticket {
    /// # Safety
    ///
    /// `QUEUED` is set and no other ticket exists (R2); the reference is counted, not owned.
    pub(super) unsafe fn from_raw(task: NonNull<Header>) -> Self {
        // SAFETY: as the caller promised.
        Self(ManuallyDrop::new(unsafe { TaskRef::from_raw(task) }))
    }

    pub(crate) fn task(&self) -> &TaskRef {
        &self.0
    }

    /// Polls the future, or drops it if an abort was asked for. Gives the ticket back if the task
    /// was woken meanwhile.
    #[inline]
    pub(crate) fn run(self) -> Option<Ticket> {
        let task = self.into_task();
        match task.state().start() {
            Start::Poll => poll(task),
            Start::Cancel => {
                cancel(task, Outcome::Cancelled);
                None
            }
            Start::Nothing => None,
        }
    }

    /// Drops the future, with an outcome that has no contents.
    pub(crate) fn cancel(self, outcome: Outcome) {
        let task = self.into_task();
        match task.state().start() {
            Start::Poll | Start::Cancel => cancel(task, outcome),
            Start::Nothing => {}
        }
    }

    /// Gives the ticket to the lane.
    #[inline]
    pub(crate) fn schedule(self, cause: Cause) {
        let task = self.0.0;
        // The lane may drop or run the ticket at once, and with it the last task that keeps the
        // lane alive. A worker of the lane keeps it alive too (`enter_worker`).
        // SAFETY: the ticket is not given up yet (R1).
        let is_held = current::is_worker_of(unsafe { task.as_ref() }.lane.as_ptr());
        let _keep = if is_held {
            None
        } else {
            Some(TaskRef::clone(&self.0))
        };
        // SAFETY: the lane's pointer is in memory that `_keep` or, until the lane has read it, the
        // ticket keeps; a copy of it counts for nothing, so it is not dropped; the lane itself is
        // kept as just said.
        let lane = ManuallyDrop::new(unsafe { (&raw const (*task.as_ptr()).lane).read() });
        lane.schedule(self.into(), cause);
    }

    fn into_task(self) -> TaskRef {
        // SAFETY: the ticket is not dropped, so its reference is ours (R1).
        unsafe { TaskRef::from_raw(ManuallyDrop::new(self).0.0) }
    }
}

impl Drop for Ticket {
    /// A ticket that nobody runs cancels its task.
    fn drop(&mut self) {
        // SAFETY: the reference is not used again; it goes to the ticket that is (R2).
        unsafe { Ticket::from_raw(self.0.0) }.cancel(Outcome::Cancelled);
    }
}

/// Ends a task that its lane's list gave up, whoever holds its ticket. `task` is the list's reference.
#[cfg(feature = "std")]
pub(crate) fn shut_down(task: TaskRef) {
    match task.state().claim() {
        Claim::Cancel => cancel(task, Outcome::Cancelled),
        Claim::Nothing => {}
    }
}

/// Polls the future. The caller has begun to run the task, with the reference `task`.
#[inline]
fn poll(task: TaskRef) -> Option<Ticket> {
    if !is_here(&task) {
        refuse(task);
        return None;
    }
    let step = waker::with_waker(&task, |waker| {
        let _current = current::enter_task(task.id(), task.priority());
        let mut cx = Context::from_waker(waker);
        // SAFETY: this thread runs the task and the future lives (R3, R4).
        budget::with(budget::UNITS, || unsafe {
            (task.header().vtable.poll)(task.0, &mut cx)
        })
    });
    if let Step::Ended(outcome) = step {
        finish(task, outcome);
        return None;
    }
    if !link(&task) {
        cancel(task, Outcome::Cancelled);
        return None;
    }
    match task.state().rest() {
        Rest::Idle => {
            // The transition gave the reference up, and the task may be gone.
            mem::forget(task);
            None
        }
        // SAFETY: QUEUED is set, and the reference became the ticket's (R2).
        Rest::Yielded => Some(unsafe { Ticket::from_raw(task.into_raw()) }),
        Rest::Cancel => {
            cancel(task, Outcome::Cancelled);
            None
        }
    }
}

/// Drops the future and ends the task. The caller runs it, with the reference `task`.
fn cancel(task: TaskRef, outcome: Outcome) {
    if !is_here(&task) {
        return refuse(task);
    }
    let outcome = {
        let _current = current::enter_task(task.id(), task.priority());
        // SAFETY: this thread runs the task and the future lives (R3, R4).
        unsafe { (task.header().vtable.drop_future)(task.0, outcome) }
    };
    finish(task, outcome);
}

/// Ends the task. The caller runs it, with the reference `task`; the future is gone and the contents
/// of `outcome` are written.
#[inline]
fn finish(task: TaskRef, mut outcome: Outcome) {
    if outcome.has_contents() && !task.state().is_join_wanted() {
        // SAFETY: no handle exists, nor ever will: the contents are this thread's (R4).
        unsafe { (task.header().vtable.drop_contents)(task.0, outcome) };
        // The stage is empty now; why, nobody is left to ask.
        outcome = Outcome::Cancelled;
    }
    let listed = unlink(&task);
    match task
        .state()
        .complete(outcome, 1 + u64::from(listed.is_some()))
    {
        Complete::Released => {
            // The transition gave the references up, and the task may be gone.
            mem::forget((task, listed));
        }
        Complete::Dealloc => {
            mem::forget(listed);
            // SAFETY: no other reference exists, so no handle does, and the contents of the stage
            // were dropped above, if there were any.
            unsafe { dealloc(task.into_raw()) }
        }
        Complete::WakeJoiner => {
            // SAFETY: COMPLETE was set while JOIN_WAKER was: the slot holds a waker, which moves out
            // of it here and nowhere else (R5, J5).
            let waker = task
                .header()
                .joiner
                .with(|slot| unsafe { (*slot).assume_init_read() });
            swallow(|| waker.wake());
        }
        Complete::DropOutput => {
            // SAFETY: the handle went before COMPLETE was set: the contents are this thread's (R4).
            unsafe { (task.header().vtable.drop_contents)(task.0, outcome) };
        }
    }
}

/// Puts a waiting task on its lane's list, unless it is there. `false` if the list is closed. The
/// caller runs the task.
#[cfg(feature = "std")]
fn link(task: &TaskRef) -> bool {
    // SAFETY: `linked` is the runner's (R3), here and below.
    if task.header().linked.with(|linked| unsafe { *linked }) {
        return true;
    }
    let Some(owned) = task.lane().owned() else {
        return true;
    };
    // SAFETY: it is the list of the task's lane, and the first time.
    let is_open = unsafe { owned.insert(task) };
    // SAFETY: as above.
    task.header()
        .linked
        .with_mut(|linked| unsafe { *linked = is_open });
    is_open
}

/// Takes an ending task off its lane's list; gives the list's reference, if a shutdown did not take
/// it before. The caller runs the task.
#[cfg(feature = "std")]
fn unlink(task: &TaskRef) -> Option<TaskRef> {
    // SAFETY: `linked` is the runner's (R3).
    if !task.header().linked.with(|linked| unsafe { *linked }) {
        return None;
    }
    // SAFETY: it is the list that the task was put on.
    unsafe { task.lane().owned()?.remove(task) }
}

/// Without `std` there are no locks, and no lists.
#[cfg(not(feature = "std"))]
fn link(_task: &TaskRef) -> bool {
    true
}

#[cfg(not(feature = "std"))]
fn unlink(_task: &TaskRef) -> Option<TaskRef> {
    None
}

/// Whether this thread may touch the future.
#[inline]
fn is_here(task: &TaskRef) -> bool {
    // SAFETY: the vtable is the task's own.
    task.header()
        .vtable
        .is_here
        .is_none_or(|is_here| unsafe { is_here(task.0) })
}

/// Ends a local task that is being run on a wrong thread, which may not drop its future: it leaks,
/// and its memory with it, since what is pinned may not vanish before its drop.
///
/// # Panics
///
/// Always, unless this thread is unwinding.
#[cold]
fn refuse(task: TaskRef) {
    mem::forget(task.clone());
    finish(task, Outcome::Cancelled);
    if !is_panicking() {
        panic!("laneway: a local task was run or dropped on another thread than its own");
    }
}
