//! Where a task goes when it is woken: a lane, behind one thin counted pointer.
//!
//! # Invariants
//!
//! 1. A [`ScheduleRef`] points to a boxed `Inner<S>` and is one of the references that its `LaneHead`
//!    counts; so the `Inner<S>` is alive and shared while the reference exists.
//! 2. `Inner<S>` begins with a `LaneHead`, whose vtable is that of the same `S`. In a `ScheduleArc<S>`
//!    the `S` is the same, too.
//! 3. `owned` is written once, before the `Inner` is shared, and borrows from its `value`, which is
//!    neither moved nor borrowed mutably until it is dropped with the last count.
//! 4. References that a worker has in store are counted too ([`current::withdraw`]). A store belongs to
//!    a thread that holds a reference of its own for as long as it has the store.
#![allow(unsafe_code)]

use core::fmt;
use core::marker::PhantomData;
use core::mem;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::{self, NonNull};

use alloc::boxed::Box;

#[cfg(feature = "std")]
use laneway_loom::cell::UnsafeCell;
use laneway_loom::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use laneway_scheduler::Cause;

#[cfg(feature = "std")]
use crate::OwnedTasks;
use crate::{Id, Runnable, current};

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
pub struct ScheduleArc<S> {
    lane: ScheduleRef,
    /// As if it were one.
    value: PhantomData<alloc::sync::Arc<S>>,
}

impl<S: Schedule> ScheduleArc<S> {
    /// Makes a lane.
    pub fn new(schedule: S) -> Self {
        let inner = Box::new(Inner {
            head: LaneHead {
                references: AtomicUsize::new(1),
                vtable: &Inner::<S>::VTABLE,
                #[cfg(feature = "std")]
                owned: UnsafeCell::new(None),
                #[cfg(laneway_loom)]
                alive: (UnsafeCell::new(()), laneway_loom::sync::Arc::new(())),
            },
            value: schedule,
        });
        let inner = NonNull::from(Box::leak(inner));
        #[cfg(feature = "std")]
        {
            // SAFETY: new, and not shared yet.
            let inner = unsafe { inner.as_ref() };
            let owned = inner.value.owned().map(NonNull::from);
            // SAFETY: not shared yet (3).
            inner.head.owned.with_mut(|slot| unsafe { *slot = owned });
        }
        Self {
            lane: ScheduleRef(inner.cast()),
            value: PhantomData,
        }
    }
}

impl<S> ScheduleArc<S> {
    /// One more reference, without the type: what tasks are spawned with.
    pub fn erase(&self) -> ScheduleRef {
        self.lane.clone()
    }

    /// The address of the `S`, by which a lane is told from others: within
    /// [`Schedule::schedule`], it is that of `self`.
    pub fn as_ptr(&self) -> *const () {
        ptr::from_ref(&**self).cast()
    }
}

impl<S> Deref for ScheduleArc<S> {
    type Target = S;

    fn deref(&self) -> &S {
        // SAFETY: alive, shared, and an `Inner<S>` (1, 2).
        unsafe { &self.lane.0.cast::<Inner<S>>().as_ref().value }
    }
}

impl<S> Clone for ScheduleArc<S> {
    fn clone(&self) -> Self {
        Self {
            lane: self.lane.clone(),
            value: PhantomData,
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for ScheduleArc<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScheduleArc").field(&**self).finish()
    }
}

/// A lane of any type, counted, in one word.
pub struct ScheduleRef(NonNull<LaneHead>);

// SAFETY: it is to an `Inner<S>` as an `Arc` would be (1), and `S` is `Send` and `Sync`; `owned` is no
// longer written when the first `ScheduleRef` is made (3), and `OwnedTasks` is `Sync`.
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
    pub fn as_ptr(&self) -> *const () {
        let lane = self.0.as_ptr().cast_const();
        lane.wrapping_byte_add(self.head().vtable.value).cast()
    }

    /// The pointer, by which [`current`] tells lanes apart. It owns nothing.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn as_raw(&self) -> NonNull<LaneHead> {
        self.0
    }

    /// Makes `count` references more, for a worker's store.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) fn fill_store(&self, count: usize) {
        self.head().retain(count);
    }

    /// Gives up `count` references of a worker's store.
    ///
    /// # Safety
    ///
    /// They are there (4), and from now on they are not.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) unsafe fn empty_store(&self, count: usize) {
        // SAFETY: the caller's promise.
        unsafe { LaneHead::release(self.0, count) }
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
        let head = unsafe { self.0.as_ref() };
        #[cfg(laneway_loom)]
        head.alive.0.with(|_| ());
        head
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
        if !current::withdraw(self) {
            self.head().retain(1);
        }
        Self(self.0)
    }
}

impl Drop for ScheduleRef {
    #[inline]
    fn drop(&mut self) {
        if !current::deposit(self) {
            // SAFETY: gives up the count of this reference (1), which is not used again.
            unsafe { LaneHead::release(self.0, 1) }
        }
    }
}

impl fmt::Debug for ScheduleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScheduleRef").field(&self.0).finish()
    }
}

/// What every lane begins with.
pub(crate) struct LaneHead {
    references: AtomicUsize,
    vtable: &'static ScheduleVtable,
    #[cfg(feature = "std")]
    owned: UnsafeCell<Option<NonNull<OwnedTasks>>>,
    /// As in a task's header. Loom also finds lanes that are never dropped: its `Arc` is not, either.
    #[cfg(laneway_loom)]
    alive: (UnsafeCell<()>, laneway_loom::sync::Arc<()>),
}

impl LaneHead {
    #[inline]
    fn retain(&self, count: usize) {
        // Ordering: Relaxed: made from a reference, which keeps the lane alive meanwhile.
        let before = self.references.fetch_add(count, Relaxed);
        if before > MAX_REFERENCES {
            crate::panic::abort("laneway: too many references to one lane");
        }
    }

    /// # Safety
    ///
    /// So many references are given up, and not used again.
    #[inline]
    unsafe fn release(lane: NonNull<Self>, count: usize) {
        // SAFETY: alive until the count is given up (1).
        let references = unsafe { &(*lane.as_ptr()).references };
        // Ordering: Release puts the uses of these references before the end of the lane, by whoever
        // turns out to be last.
        if references.fetch_sub(count, Release) == count {
            // Ordering: Acquire, to see the uses of all the others (Release above). Nobody else can
            // reach the lane any more.
            references.load(Acquire);
            // SAFETY: the last reference is gone, and the vtable is that of the same `S` (2).
            unsafe { (lane.as_ref().vtable.free)(lane) }
        }
    }
}

/// More references than any program can hold: a count beyond it can only be a loop of leaks.
const MAX_REFERENCES: usize = usize::MAX / 2;

/// What can be done with a lane of unknown type. Each function needs a pointer to the `Inner<S>`
/// whose vtable it is from, alive; `free` needs the only one.
struct ScheduleVtable {
    schedule: unsafe fn(NonNull<LaneHead>, Runnable, Cause),
    ask_to_yield: unsafe fn(NonNull<LaneHead>, Id),
    free: unsafe fn(NonNull<LaneHead>),
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
        free: Self::free,
        value: mem::offset_of!(Self, value),
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

    unsafe fn free(lane: NonNull<LaneHead>) {
        // SAFETY: boxed by `ScheduleArc::new` (1), and nobody else's any more (the vtable's contract).
        let lane = unsafe { Box::from_raw(lane.cast::<Self>().as_ptr()) };
        #[cfg(laneway_loom)]
        lane.head.alive.0.with_mut(|_| ());
        drop(lane);
    }
}
