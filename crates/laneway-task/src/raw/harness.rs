//! Running a task: polls, ends, and what a shutdown does.
//!
//! # Invariants
//!
//! Those of `raw.rs` (R1 to R8 here).
#![allow(unsafe_code)]

use core::mem;
use core::task::{Context, Poll};

use laneway_waker::budget;

use super::{End, TaskRef, Ticket, dealloc, waker};
use crate::current;
#[cfg(feature = "std")]
use crate::owned::Place;
use crate::panic::{is_panicking, swallow};
#[cfg(feature = "std")]
use crate::state::Claim;
use crate::state::{Complete, Outcome, Rest, Start};

/// Polls the future of a ticket's task, or drops it if an abort was asked for. Gives a ticket if the
/// task wants to be queued again.
#[inline]
pub(super) fn run(ticket: Ticket) -> Option<Ticket> {
    let (task, class) = ticket.into_parts();
    match task.state().start(class) {
        Start::Poll => poll(task),
        Start::Cancel => {
            cancel(task, Outcome::Cancelled);
            None
        }
        // SAFETY: the transition set the new ticket's bit, and the reference is its (R2).
        Start::Requeue(class) => Some(unsafe { Ticket::from_raw(task.into_raw(), class) }),
        Start::Stale => None,
    }
}

/// Drops the future of a ticket's task, with an outcome that has no contents, unless the ticket is
/// stale.
pub(super) fn give_up(ticket: Ticket, outcome: Outcome) {
    let (task, class) = ticket.into_parts();
    if task.state().give_up(class) {
        cancel(task, outcome);
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
    let (polled, woken) = waker::with_waker(&task, |waker| {
        let mut cx = Context::from_waker(waker);
        // SAFETY: this thread runs the task and the future lives (R3, R4).
        let poll = || unsafe { (task.header().vtable.poll)(task.0, &mut cx) };
        current::with_task(&task, || budget::with(budget::UNITS, poll))
    });
    match polled {
        Poll::Pending => return rest(task, woken),
        Poll::Ready(End::Outcome(outcome)) => finish(task, outcome),
        Poll::Ready(End::Elsewhere) => refuse(task),
    }
    None
}

/// A poll returned `Pending`; perhaps it has woken its task.
#[inline]
fn rest(task: TaskRef, woken: bool) -> Option<Ticket> {
    if !link(&task) {
        cancel(task, Outcome::Cancelled);
        return None;
    }
    let rest = if woken {
        task.state().rest_woken()
    } else {
        task.state().rest()
    };
    match rest {
        // SAFETY: the ticket's bit is set, and the reference became its (R2).
        Rest::Yielded(class) => Some(unsafe { Ticket::from_raw(task.into_raw(), class) }),
        Rest::Idle => {
            // The transition gave the reference up, and the task may be gone.
            mem::forget(task);
            None
        }
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
    let (outcome, _) = current::with_task(&task, || {
        // SAFETY: this thread runs the task and the future lives (R3, R4).
        unsafe { (task.header().vtable.drop_future)(task.0, outcome) }
    });
    finish(task, outcome);
}

/// Ends the task. The caller runs it, with the reference `task`; the future is gone and the contents
/// of `outcome` are written.
#[inline]
fn finish(task: TaskRef, outcome: Outcome) {
    let listed = unlink(&task);
    let references = if listed.is_some() { 2 } else { 1 };
    match task.state().complete(outcome, references) {
        Complete::Released => {
            // The transition gave the references up, and the task may be gone.
            mem::forget((task, listed));
        }
        Complete::Dealloc => {
            mem::forget(listed);
            // SAFETY: no other reference exists, so no handle does, and the stage has no contents.
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
#[inline]
fn link(task: &TaskRef) -> bool {
    // SAFETY: `place` is the runner's (R3).
    let place = task.header().place.with(|place| unsafe { *place });
    place.is_some() || link_first(task)
}

/// [`link`], the first time.
#[cfg(feature = "std")]
fn link_first(task: &TaskRef) -> bool {
    let Some(owned) = task.lane().owned() else {
        return true;
    };
    // SAFETY: it is the list of the task's lane, and the first time.
    let listed = unsafe { owned.insert(task) };
    let place = &task.header().place;
    // SAFETY: `place` is the runner's (R3).
    place.with_mut(|place| unsafe { *place = listed });
    listed.is_some()
}

/// Takes an ending task off its lane's list; gives the list's reference, if the list gave it up now.
/// The caller runs the task.
#[cfg(feature = "std")]
#[inline]
fn unlink(task: &TaskRef) -> Option<TaskRef> {
    // SAFETY: `place` is the runner's (R3).
    let place = task.header().place.with(|place| unsafe { *place })?;
    unlink_from(task, place)
}

/// [`unlink`], if it was put on the list.
#[cfg(feature = "std")]
fn unlink_from(task: &TaskRef, place: Place) -> Option<TaskRef> {
    // SAFETY: it is the list that the task was put on, and where.
    unsafe { task.lane().owned()?.remove(task, place) }
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
