//! The permission to poll a task once, in one word.
//!
//! # Invariants
//!
//! Those of `raw.rs` (R1 to R8 here), and:
//!
//! 1. The address in a [`Ticket`] is that of a task, whose alignment leaves the lowest bits free, plus
//!    the number of a class.
#![allow(unsafe_code)]

use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use laneway_scheduler::{Cause, Priority};

use super::{Header, TaskRef, harness};
use crate::attributes::Tail;
use crate::current;
use crate::state::{Outcome, class};

/// The bits of the address that hold the class.
const CLASS: usize = 0b11;
const _: () = assert!(align_of::<Header>() > CLASS);

/// The permission to poll a task once: what a [`Runnable`](crate::Runnable) is made of.
///
/// It is worth nothing, *stale*, if another ticket of the task was used in its place.
pub(crate) struct Ticket(NonNull<Header>);

// SAFETY: it is a `TaskRef` and a number (1), and a `TaskRef` is both.
unsafe impl Send for Ticket {}
// SAFETY: as above.
unsafe impl Sync for Ticket {}

impl UnwindSafe for Ticket {}
impl RefUnwindSafe for Ticket {}

impl Ticket {
    /// # Safety
    ///
    /// The bit of the class is set and no other ticket of it exists (R2); the reference is counted,
    /// not owned.
    #[inline]
    pub(super) unsafe fn from_raw(task: NonNull<Header>, class: Priority) -> Self {
        let tagged = task.as_ptr().map_addr(|address| address | class as usize);
        // SAFETY: not null before, so not null with bits set.
        Self(unsafe { NonNull::new_unchecked(tagged) })
    }

    /// The class in whose queue it belongs. Reads nothing of the task.
    #[inline]
    pub(crate) fn class(&self) -> Priority {
        class((self.0.addr().get() & CLASS) as u8)
    }

    pub(crate) fn task(&self) -> impl Deref<Target = TaskRef> {
        // SAFETY: the ticket's reference (R2), which stays its own.
        ManuallyDrop::new(unsafe { TaskRef::from_raw(self.pointer()) })
    }

    pub(crate) fn tail(&self) -> Option<&Tail> {
        // SAFETY: alive for as long as this ticket is (R2).
        unsafe { super::tail(self.pointer()) }
    }

    /// Polls the future, or drops it if an abort was asked for. Gives a ticket if the task was woken
    /// meanwhile, or is less urgent than this one.
    #[inline]
    pub(crate) fn run(self) -> Option<Ticket> {
        harness::run(self)
    }

    /// Drops the future, with an outcome that has no contents, unless this ticket is stale.
    pub(crate) fn cancel(self, outcome: Outcome) {
        harness::give_up(self, outcome);
    }

    /// Gives the ticket to the lane.
    #[inline]
    pub(crate) fn schedule(self, cause: Cause) {
        let task = self.pointer();
        // The lane may drop or run the ticket at once, and with it the last task that keeps the
        // lane alive. A worker of the lane keeps it alive too (`enter_worker`).
        // SAFETY: the ticket is not given up yet (R1).
        let is_held = current::is_worker_of(unsafe { &task.as_ref().lane });
        let _keep = if is_held {
            None
        } else {
            Some(TaskRef::clone(&self.task()))
        };
        // SAFETY: the lane's pointer is in memory that `_keep` or, until the lane has read it, the
        // ticket keeps; a copy of it counts for nothing, so it is not dropped; the lane itself is
        // kept as just said.
        let lane = ManuallyDrop::new(unsafe { (&raw const (*task.as_ptr()).lane).read() });
        lane.schedule(self.into(), cause);
    }

    /// The reference, and the class whose bit goes with it.
    #[inline]
    pub(super) fn into_parts(self) -> (TaskRef, Priority) {
        let ticket = ManuallyDrop::new(self);
        // SAFETY: the ticket is not dropped, so its reference is ours (R2).
        let task = unsafe { TaskRef::from_raw(ticket.pointer()) };
        (task, ticket.class())
    }

    #[inline]
    fn pointer(&self) -> NonNull<Header> {
        let task = self.0.as_ptr().map_addr(|address| address & !CLASS);
        // SAFETY: the address of a task (1), which is not null.
        unsafe { NonNull::new_unchecked(task) }
    }
}

impl Drop for Ticket {
    /// A ticket that nobody runs cancels its task.
    fn drop(&mut self) {
        // SAFETY: bit and reference go to the ticket that is used here, and not again by this (R2).
        unsafe { Ticket::from_raw(self.pointer(), self.class()) }.cancel(Outcome::Cancelled);
    }
}
