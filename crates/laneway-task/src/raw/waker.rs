//! Wakers of tasks: a reference behind a vtable.
//!
//! # Invariants
//!
//! Those of `raw.rs` (R1 to R8 here), and:
//!
//! 1. The data of a waker with [`VTABLE`] is a task's pointer, and the waker owns one reference,
//!    except for the one that [`with_waker`] lends, which outlives no reference.
#![allow(unsafe_code)]

use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::task::{RawWaker, RawWakerVTable, Waker};

use laneway_scheduler::Cause;

use super::{Header, TaskRef, Ticket};
use crate::current;
use crate::state::Wake;

/// Not generic and not inlined: `Waker::will_wake` compares its address, so there must be one.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// Calls `f` with a waker of the task, which costs no reference.
#[inline]
pub(super) fn with_waker<R>(task: &TaskRef, f: impl FnOnce(&Waker) -> R) -> R {
    let data = task.0.as_ptr().cast_const().cast();
    // SAFETY: the vtable's functions ask for a task's pointer and a reference; the latter is
    // `task`'s, which outlives the waker, and is never dropped through it (1).
    let waker = ManuallyDrop::new(unsafe { Waker::new(data, &VTABLE) });
    f(&waker)
}

/// The pointer in a waker of ours.
///
/// # Safety
///
/// `data` is that of a waker with [`VTABLE`].
unsafe fn task(data: *const ()) -> NonNull<Header> {
    // SAFETY: it came from a `NonNull` (1).
    unsafe { NonNull::new_unchecked(data.cast_mut().cast()) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker holds a reference (1), which stays its own.
    let held = ManuallyDrop::new(unsafe { TaskRef::from_raw(task(data)) });
    core::mem::forget(TaskRef::clone(&held));
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker holds a reference (1), which is ours now.
    let held = unsafe { TaskRef::from_raw(task(data)) };
    match held.state().wake_by_value() {
        Wake::Drop => {}
        // The transition gave the reference up, and the task may be gone.
        Wake::Nothing => core::mem::forget(held),
        Wake::Schedule(class) => {
            // SAFETY: the transition set the ticket's bit; the reference becomes its (R2).
            unsafe { Ticket::from_raw(held.into_raw(), class) }.schedule(Cause::Woken);
        }
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the data of a waker with this vtable.
    let task = unsafe { task(data) };
    if current::note_wake(task) {
        return;
    }
    // SAFETY: the waker holds a reference (1), which stays its own.
    let held = ManuallyDrop::new(unsafe { TaskRef::from_raw(task) });
    match held.state().wake_by_ref() {
        Wake::Nothing | Wake::Drop => {}
        Wake::Schedule(class) => {
            // SAFETY: the transition set the ticket's bit and made a reference for it (R2).
            let ticket = unsafe { Ticket::from_raw(held.0, class) };
            // The waker's reference keeps the lane alive during the call.
            held.lane().schedule(ticket.into(), Cause::Woken);
        }
    }
}

unsafe fn drop(data: *const ()) {
    // SAFETY: the waker holds a reference (1), which goes with it.
    core::mem::drop(unsafe { TaskRef::from_raw(task(data)) });
}
