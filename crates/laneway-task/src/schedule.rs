//! Where a task goes when it is woken: a lane, behind one thin counted pointer.
//!
//! # Invariants
//!
//! 1. A [`ScheduleRef`] made from a `ScheduleArc<S>` is the pointer of an `Arc<Inner<S>>`, turned
//!    raw, and owns one of its counts; so the `Inner<S>` is alive and shared while the reference
//!    exists.
//! 2. `Inner<S>` begins with a `LaneHead`, whose vtable is that of the same `S`.
//! 3. `owned` is written once, before the `Inner` is shared, and borrows from its `value`, which is
//!    neither moved nor borrowed mutably until it is dropped with the last count.
#![allow(unsafe_code)]

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

#[cfg(not(feature = "std"))]
use alloc::sync::Arc;
#[cfg(feature = "std")]
use laneway_loom::sync::Arc;

#[cfg(feature = "std")]
use laneway_loom::cell::UnsafeCell;
use laneway_scheduler::Cause;

#[cfg(feature = "std")]
use crate::OwnedTasks;
use crate::{Id, Runnable};

/// Takes tasks that became ready.
///
/// A closure `Fn(Runnable)` is one, if it may be shared between threads.
///
/// A task holds a reference to its lane. So a lane that keeps runnables keeps itself, until it drops
/// them: an executor drains its queues in the end, and from then on drops what it is given.
pub trait Schedule: Send + Sync + 'static {
    /// Sees to it that `runnable` runs soon; never runs it here.
    ///
    /// It is called by whoever wakes the task, on any thread, inside any code, so it should be
    /// short and must not take a lock that may be held around a wake. Dropping the runnable is
    /// allowed and cancels the task; `self` outlives the call even then. If it panics, so does
    /// the wake.
    fn schedule(&self, runnable: Runnable, cause: Cause);

    /// The task `id`, which runs, became more urgent: let its poll end soon.
    ///
    /// It is polled again in any case, and the lane then gets it with its new class; until then,
    /// what it waits for is not more urgent. Called on any thread, and the task may be done by now.
    /// A lane that does nothing waits for the poll to end by itself.
    fn ask_to_yield(&self, id: Id) {
        let _ = id;
    }

    /// The list of this lane's waiting tasks, if it keeps one. Asked once, when the lane is made.
    #[cfg(feature = "std")]
    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}

impl<F> Schedule for F
where
    F: Fn(Runnable) + Send + Sync + 'static,
{
    fn schedule(&self, runnable: Runnable, _cause: Cause) {
        self(runnable);
    }
}

/// A lane whose type is known, counted: dereferences to the `S` it was made from.
pub struct ScheduleArc<S>(Arc<Inner<S>>);

impl<S: Schedule> ScheduleArc<S> {
    /// Makes a lane.
    pub fn new(schedule: S) -> Self {
        let inner = Arc::new(Inner {
            head: LaneHead {
                vtable: &Inner::<S>::VTABLE,
                #[cfg(feature = "std")]
                owned: UnsafeCell::new(None),
            },
            value: schedule,
        });
        #[cfg(feature = "std")]
        {
            let owned = inner.value.owned().map(NonNull::from);
            // SAFETY: not shared yet (3).
            inner.head.owned.with_mut(|slot| unsafe { *slot = owned });
        }
        Self(inner)
    }

    /// One more reference, without the type: what tasks are spawned with.
    pub fn erase(&self) -> ScheduleRef {
        let inner = Arc::into_raw(self.0.clone()).cast_mut();
        // SAFETY: an `Arc`'s pointer is never null.
        ScheduleRef(unsafe { NonNull::new_unchecked(inner) }.cast())
    }
}

impl<S> ScheduleArc<S> {
    /// The address of the `S`, by which a lane is told from others: within
    /// [`Schedule::schedule`], it is that of `self`.
    pub fn as_ptr(&self) -> *const () {
        (&raw const self.0.value).cast()
    }
}

impl<S> Deref for ScheduleArc<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0.value
    }
}

impl<S> Clone for ScheduleArc<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for ScheduleArc<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScheduleArc").field(&self.0.value).finish()
    }
}

/// A lane of any type, counted, in one word.
pub struct ScheduleRef(NonNull<LaneHead>);

// SAFETY: it is an `Arc<Inner<S>>` (1), and `S` is `Send` and `Sync`; `owned` is no longer written
// when the first `ScheduleRef` is made (3), and `OwnedTasks` is `Sync`.
unsafe impl Send for ScheduleRef {}
// SAFETY: as above.
unsafe impl Sync for ScheduleRef {}

// What a panic in `schedule` leaves behind is that lane's own affair, as it is with a thread's.
impl UnwindSafe for ScheduleRef {}
impl RefUnwindSafe for ScheduleRef {}

impl ScheduleRef {
    /// Gives the lane a runnable.
    #[inline]
    pub fn schedule(&self, runnable: Runnable, cause: Cause) {
        // SAFETY: the pointer is the vtable's own, and alive (1, 2).
        unsafe { (self.head().vtable.schedule)(self.0, runnable, cause) }
    }

    /// Says to the lane that a running task became more urgent.
    pub(crate) fn ask_to_yield(&self, id: Id) {
        // SAFETY: the pointer is the vtable's own, and alive (1, 2).
        unsafe { (self.head().vtable.ask_to_yield)(self.0, id) }
    }

    /// The address of the `S` inside, as [`ScheduleArc::as_ptr`] gives it.
    #[inline]
    pub fn as_ptr(&self) -> *const () {
        self.0
            .as_ptr()
            .wrapping_byte_add(self.head().vtable.value)
            .cast()
    }

    /// The list of the lane's waiting tasks.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn owned(&self) -> Option<&OwnedTasks> {
        // SAFETY: written before this reference was made, and borrowed from a value that lives
        // while this reference does (3).
        self.head()
            .owned
            .with(|owned| unsafe { (*owned).map(|owned| owned.as_ref()) })
    }

    #[inline]
    fn head(&self) -> &LaneHead {
        // SAFETY: alive, shared, and begins with a head (1, 2).
        unsafe { self.0.as_ref() }
    }
}

impl<S: Schedule> From<ScheduleArc<S>> for ScheduleRef {
    fn from(lane: ScheduleArc<S>) -> Self {
        lane.erase()
    }
}

impl Clone for ScheduleRef {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the pointer is the vtable's own, and alive (1, 2).
        unsafe { (self.head().vtable.retain)(self.0) };
        Self(self.0)
    }
}

impl Drop for ScheduleRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: gives up the count of this reference (1), which is not used again.
        unsafe { (self.head().vtable.release)(self.0) }
    }
}

impl fmt::Debug for ScheduleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScheduleRef").field(&self.as_ptr()).finish()
    }
}

/// What every lane begins with.
struct LaneHead {
    vtable: &'static ScheduleVtable,
    #[cfg(feature = "std")]
    owned: UnsafeCell<Option<NonNull<OwnedTasks>>>,
}

/// What can be done with a lane of unknown type. Each function needs a pointer to the `Inner<S>`
/// whose vtable it is from, alive; `release` also needs a count that it may give up.
struct ScheduleVtable {
    schedule: unsafe fn(NonNull<LaneHead>, Runnable, Cause),
    ask_to_yield: unsafe fn(NonNull<LaneHead>, Id),
    retain: unsafe fn(NonNull<LaneHead>),
    release: unsafe fn(NonNull<LaneHead>),
    /// Where in `Inner<S>` the `S` is, in bytes.
    value: usize,
}

#[repr(C)]
struct Inner<S> {
    head: LaneHead,
    value: S,
}

// SAFETY: the pointer in `head` leads to a shared `OwnedTasks`, which is `Sync`, and is written only
// before the `Inner` is shared (3).
unsafe impl<S: Send> Send for Inner<S> {}
// SAFETY: as above.
unsafe impl<S: Sync> Sync for Inner<S> {}

impl<S: Schedule> Inner<S> {
    const VTABLE: ScheduleVtable = ScheduleVtable {
        schedule: Self::schedule,
        ask_to_yield: Self::ask_to_yield,
        retain: Self::retain,
        release: Self::release,
        value: core::mem::offset_of!(Self, value),
    };

    unsafe fn schedule(lane: NonNull<LaneHead>, runnable: Runnable, cause: Cause) {
        // SAFETY: `lane` is an `Inner<S>`, alive until this returns (the vtable's contract).
        let inner = unsafe { lane.cast::<Self>().as_ref() };
        inner.value.schedule(runnable, cause);
    }

    unsafe fn ask_to_yield(lane: NonNull<LaneHead>, id: Id) {
        // SAFETY: `lane` is an `Inner<S>`, alive until this returns (the vtable's contract).
        let inner = unsafe { lane.cast::<Self>().as_ref() };
        inner.value.ask_to_yield(id);
    }

    unsafe fn retain(lane: NonNull<LaneHead>) {
        // SAFETY: an `Arc` turned raw (1), one count of which is the caller's and stays so.
        let lane = unsafe { Arc::from_raw(lane.cast::<Self>().as_ptr().cast_const()) };
        let lane = ManuallyDrop::new(lane);
        core::mem::forget(Arc::clone(&lane));
    }

    unsafe fn release(lane: NonNull<LaneHead>) {
        // SAFETY: an `Arc` turned raw (1), one count of which the caller gives up.
        drop(unsafe { Arc::from_raw(lane.cast::<Self>().as_ptr().cast_const()) });
    }
}
