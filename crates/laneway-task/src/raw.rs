//! The task cell: all that touches a task's memory.
//!
//! Outside of this room there are only [`TaskRef`], [`Ticket`] and [`Joiner`], which are safe.
//!
//! # Invariants
//!
//! 1. A [`TaskRef`] is one of the references that the state word counts. While one exists, the
//!    allocation does. Its pointer may be used for the whole allocation, and for no more `&Header`
//!    than a function needs.
//! 2. A [`Ticket`] of a class owns one of these references, and that class's ticket bit: at most one
//!    exists of each class, and nobody else clears the bit.
//! 3. Who sets `RUNNING` by a transition *runs* the task, holding a `TaskRef`, until it clears the
//!    bit by another. It alone touches the stage, `place` and, once, the end of the task.
//! 4. The stage holds the future until the runner drops it, then what the outcome says (`Value`: the
//!    output, `Panicked`: the payload, else nothing). Once `COMPLETE` is set, its contents belong to
//!    the joiner if `JOIN_INTEREST` was set then, else to the completer.
//! 5. The joiner's slot: the numbered rules J1 to J5 in `state.md`.
//! 6. `links` belong to the lock of the list's shard.
//! 7. All other fields of the header never change.
//! 8. A future whose vtable has `is_here` is touched only on the thread of which that says yes.
#![allow(unsafe_code)]

mod cell;
mod harness;
mod join;
#[cfg(all(test, feature = "std", target_pointer_width = "64", not(laneway_loom)))]
mod tests;
mod ticket;
mod waker;

use core::fmt;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::{Location, RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use core::task::{Context, Poll, Waker};

use alloc::alloc::Layout;
use alloc::boxed::Box;
use laneway_loom::cell::UnsafeCell;
use laneway_scheduler::Cause;
#[cfg(feature = "std")]
use laneway_scheduler::Priority;

use crate::Id;
use crate::attributes::Tail;
#[cfg(feature = "std")]
use crate::owned::{Links, Place};
use crate::panic::Payload;
use crate::schedule::ScheduleRef;
use crate::state::{Abort, Boost, Classes, Dropped, Outcome, State};

#[cfg(feature = "std")]
pub(crate) use cell::spawn_local;
pub(crate) use cell::{Birth, spawn};
#[cfg(feature = "std")]
pub(crate) use harness::shut_down;
pub(crate) use join::Joiner;
pub(crate) use ticket::Ticket;

/// What every task begins with; its size is pinned by a test.
#[repr(C)]
pub(crate) struct Header {
    state: State,
    vtable: &'static TaskVtable,
    lane: ScheduleRef,
    #[cfg(feature = "std")]
    links: UnsafeCell<Links>,
    id: Id,
    location: &'static Location<'static>,
    joiner: UnsafeCell<MaybeUninit<Waker>>,
    has_tail: bool,
    /// The output was taken; the joiner's alone.
    taken: UnsafeCell<bool>,
    /// Where the task was put on its lane's list, once it was; the runner's (3).
    #[cfg(feature = "std")]
    place: UnsafeCell<Option<Place>>,
    /// Read by every use of the header and written when it is freed: so loom sees whether every use
    /// happens before the end.
    #[cfg(laneway_loom)]
    alive: UnsafeCell<()>,
}

#[cfg(feature = "std")]
impl Header {
    /// The fields that belong to the list of the task's lane.
    ///
    /// # Safety
    ///
    /// The task is alive for as long as they are used.
    pub(crate) unsafe fn links<'a>(task: NonNull<Self>) -> &'a UnsafeCell<Links> {
        // SAFETY: alive, as the caller promised; nothing else of the header is borrowed.
        unsafe { &(*task.as_ptr()).links }
    }
}

/// Why a task will not be polled again.
enum End {
    /// The future is gone, the contents are written.
    Outcome(Outcome),
    /// Nothing was done: this is not the thread that may touch the future (8).
    Elsewhere,
}

/// What can be done with a task of unknown type. Each function needs a pointer as in invariant 1, to
/// a task whose vtable it is from.
struct TaskVtable {
    /// Polls the future; on its end drops it and writes the contents. For the runner, while the
    /// future lives. Never unwinds.
    poll: unsafe fn(NonNull<Header>, &mut Context<'_>) -> Poll<End>,
    /// Drops the future. For the runner, while it lives. Gives the outcome: the one passed, or
    /// `Panicked` with the payload written. Never unwinds.
    drop_future: unsafe fn(NonNull<Header>, Outcome) -> Outcome,
    /// Drops the contents of an outcome. For their owner (4). Never unwinds.
    drop_contents: unsafe fn(NonNull<Header>, Outcome),
    /// Moves the output to a place for one. For its owner (4).
    take_output: unsafe fn(NonNull<Header>, *mut ()),
    /// Moves the payload out. For its owner (4).
    take_payload: unsafe fn(NonNull<Header>) -> Box<Payload>,
    /// Whether this is the thread that may touch the future (8); none if any may. While it lives.
    is_here: Option<unsafe fn(NonNull<Header>) -> bool>,
    /// Of a task without a tail.
    plain: Layout,
    /// Of a task with one, and where the tail is in it.
    tailed: (Layout, usize),
}

/// One reference to a task.
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: it reaches the state word (atomic), fields that never change and are `Sync` (7), and drops
// nothing of the future's but where the lane runs it: what threads may do with stage and slot is
// ruled by invariants 3 to 6, not by this type.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

// A panic of a user's code is caught before it could leave a task half changed.
impl UnwindSafe for TaskRef {}
impl RefUnwindSafe for TaskRef {}

impl TaskRef {
    /// # Safety
    ///
    /// A reference that is counted and not owned by another `TaskRef`.
    pub(crate) unsafe fn from_raw(task: NonNull<Header>) -> Self {
        Self(task)
    }

    /// The pointer, which owns the reference from here on.
    pub(crate) fn into_raw(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0
    }

    /// The pointer, which owns nothing.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn as_raw(&self) -> NonNull<Header> {
        self.0
    }

    #[inline]
    pub(crate) fn id(&self) -> Id {
        self.header().id
    }

    /// How urgent the task is now.
    #[inline]
    pub(crate) fn classes(&self) -> Classes {
        self.state().classes()
    }

    /// Makes the task as urgent as that by itself; gives what it was.
    #[cfg(feature = "std")]
    pub(crate) fn set_priority(&self, own: Priority) -> Priority {
        let (before, boost) = self.state().set_own(own);
        self.urge(boost);
        before
    }

    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.header().location
    }

    pub(crate) fn tail(&self) -> Option<&Tail> {
        // SAFETY: alive for as long as this reference is (1).
        unsafe { tail(self.0) }
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state().outcome().is_some()
    }

    pub(crate) fn abort(&self) {
        match self.state().abort() {
            Abort::Nothing => {}
            Abort::Schedule(class) => {
                // SAFETY: the transition set the ticket's bit and made a reference for it (2).
                let ticket = unsafe { Ticket::from_raw(self.0, class) };
                // This reference keeps the lane alive during the call.
                self.lane().schedule(ticket.into(), Cause::Woken);
            }
        }
    }

    /// Does what a change of the task's class asks for.
    fn urge(&self, boost: Boost) {
        match boost {
            Boost::Nothing => {}
            Boost::Schedule(class) => {
                // SAFETY: the transition set the ticket's bit and made a reference for it (2).
                let ticket = unsafe { Ticket::from_raw(self.0, class) };
                // This reference keeps the lane alive during the call, here and below.
                self.lane().schedule(ticket.into(), Cause::Boosted);
            }
            Boost::Preempt => self.lane().ask_to_yield(self.id()),
        }
    }

    fn state(&self) -> &State {
        #[cfg(laneway_loom)]
        self.header();
        // No more than the word is borrowed: a transition that gives this reference up may end with
        // the header freed by another thread.
        // SAFETY: alive (1).
        unsafe { &(*self.0.as_ptr()).state }
    }

    fn lane(&self) -> &ScheduleRef {
        &self.header().lane
    }

    fn header(&self) -> &Header {
        // SAFETY: alive (1); all that changes in it is in cells.
        let header = unsafe { self.0.as_ref() };
        #[cfg(laneway_loom)]
        header.alive.with(|_| ());
        header
    }
}

impl Clone for TaskRef {
    #[inline]
    fn clone(&self) -> Self {
        self.state().add_reference();
        Self(self.0)
    }
}

impl Drop for TaskRef {
    #[inline]
    fn drop(&mut self) {
        match self.state().drop_reference() {
            Dropped::Kept => {}
            // SAFETY: the last reference is gone, and the task complete.
            Dropped::Dealloc => unsafe { dealloc(self.0) },
            Dropped::Orphaned(class) => {
                // SAFETY: the transition set the ticket's bit, and the reference is its (2).
                unsafe { Ticket::from_raw(self.0, class) }.schedule(Cause::Woken);
            }
        }
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id())
            .field("name", &self.tail().and_then(|tail| tail.name.as_deref()))
            .field("priority", &self.classes().own())
            .field("state", self.state())
            .field("location", &format_args!("{}", self.location()))
            .finish()
    }
}

/// What a task was named, and its attributes.
///
/// # Safety
///
/// The task is alive for as long as they are used.
unsafe fn tail<'a>(task: NonNull<Header>) -> Option<&'a Tail> {
    // SAFETY: alive, as the caller promised; all that changes in it is in cells.
    let header = unsafe { task.as_ref() };
    if !header.has_tail {
        return None;
    }
    let (_, offset) = header.vtable.tailed;
    // SAFETY: with `has_tail` the allocation has a tail there, written at birth and never again (7).
    Some(unsafe { task.byte_add(offset).cast::<Tail>().as_ref() })
}

/// Frees a task.
///
/// # Safety
///
/// No reference exists, the task is complete and its contents are taken or dropped.
#[cold]
unsafe fn dealloc(task: NonNull<Header>) {
    // SAFETY: nobody else can reach it any more, so everything in it may be moved out. Of the header,
    // only the lane has a drop: the completer took the joiner's waker, or the joiner did (5).
    unsafe {
        let header = task.as_ref();
        let vtable = header.vtable;
        #[cfg(laneway_loom)]
        header.alive.with_mut(|_| ());
        let layout = if header.has_tail {
            let (layout, offset) = vtable.tailed;
            task.byte_add(offset).cast::<Tail>().drop_in_place();
            layout
        } else {
            vtable.plain
        };
        let lane = (&raw const (*task.as_ptr()).lane).read();
        alloc::alloc::dealloc(task.as_ptr().cast(), layout);
        // Last, since it may be the end of the lane, and that is the user's code.
        drop(lane);
    }
}
