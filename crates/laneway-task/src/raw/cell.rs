//! The allocation of one task: header, stage, perhaps a tail; and all that knows its type.
//!
//! # Invariants
//!
//! Those of `raw.rs` (R1 to R8 here), and:
//!
//! 1. A task is a `Cell<F, H>`, which begins with its header, so a pointer to one is a pointer to
//!    the other; the vtable in the header is that of the same `F` and `H`.
//! 2. The future is pinned: it is moved into the cell at birth and never again.
#![allow(unsafe_code)]

use core::future::Future;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::Location;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll};

use alloc::alloc::{Layout, alloc, handle_alloc_error};
use alloc::boxed::Box;
use laneway_loom::cell::UnsafeCell;
use laneway_scheduler::Priority;

use super::{End, Header, Joiner, TaskVtable, Ticket};
use crate::Id;
use crate::attributes::Tail;
#[cfg(feature = "std")]
use crate::current;
use crate::panic::{Payload, catch, swallow};
use crate::schedule::ScheduleRef;
use crate::state::{Outcome, State};

/// What a task is born with, but for its future, and perhaps a tail.
pub(crate) struct Birth<'a> {
    pub(crate) lane: &'a ScheduleRef,
    pub(crate) location: &'static Location<'static>,
    pub(crate) priority: Priority,
}

/// Makes a task of a future that any thread may poll and drop.
#[inline]
pub(crate) fn spawn<F>(
    future: F,
    birth: Birth<'_>,
    tail: Option<Tail>,
) -> (Ticket, Joiner<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Cell::spawn(future, Anywhere, birth, tail)
}

/// Makes a task of a future that only this thread may poll and drop.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn spawn_local<F>(
    future: F,
    birth: Birth<'_>,
    tail: Option<Tail>,
) -> (Ticket, Joiner<F::Output>)
where
    F: Future + 'static,
    F::Output: 'static,
{
    Cell::spawn(future, Here(current::thread_number()), birth, tail)
}

/// Which threads may touch a future.
trait Home: 'static {
    /// Whether [`is_here`](Self::is_here) needs to be asked.
    const IS_CHECKED: bool;

    /// Whether this one may.
    fn is_here(&self) -> bool;
}

/// All of them: the future is `Send`.
struct Anywhere;

impl Home for Anywhere {
    const IS_CHECKED: bool = false;

    fn is_here(&self) -> bool {
        true
    }
}

/// The thread of this number. A thread that lost its thread-locals has none, and may not.
#[cfg(feature = "std")]
struct Here(u64);

#[cfg(feature = "std")]
impl Home for Here {
    const IS_CHECKED: bool = true;

    #[inline]
    fn is_here(&self) -> bool {
        current::is_thread(self.0)
    }
}

#[repr(C)]
struct Cell<F: Future, H> {
    header: Header,
    home: H,
    stage: UnsafeCell<Stage<F>>,
}

/// What a task holds: the state word says which, so that it costs no more than the largest.
#[repr(C)]
union Stage<F: Future> {
    future: ManuallyDrop<F>,
    output: ManuallyDrop<F::Output>,
    /// Boxed twice, to be one word: most futures that wait have a word to spare, but not two.
    payload: ManuallyDrop<Box<Payload>>,
}

impl<F: Future + 'static, H: Home> Cell<F, H> {
    const PLAIN: Layout = Layout::new::<Self>();

    const TAILED: (Layout, usize) = match Self::PLAIN.extend(Layout::new::<Tail>()) {
        Ok((layout, offset)) => (layout.pad_to_align(), offset),
        Err(_) => panic!("the future is as large as the address space"),
    };

    const VTABLE: TaskVtable = TaskVtable {
        poll: Self::poll,
        drop_future: Self::drop_future,
        drop_contents: Self::drop_contents,
        take_output: Self::take_output,
        take_payload: Self::take_payload,
        is_here: if H::IS_CHECKED {
            Some(Self::is_here)
        } else {
            None
        },
        plain: Self::PLAIN,
        tailed: Self::TAILED,
    };

    /// Inlined, because where it is called it is known whether there is a tail.
    #[inline]
    fn spawn(
        future: F,
        home: H,
        birth: Birth<'_>,
        tail: Option<Tail>,
    ) -> (Ticket, Joiner<F::Output>) {
        let layout = if tail.is_some() {
            Self::TAILED.0
        } else {
            Self::PLAIN
        };
        // SAFETY: the layout is not empty, a header is in it.
        let Some(cell) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout)
        };
        // Made in its place, not moved there.
        let new = Self {
            header: Header {
                state: State::new(birth.priority),
                vtable: &Self::VTABLE,
                lane: birth.lane.clone(),
                #[cfg(feature = "std")]
                links: UnsafeCell::default(),
                id: Id::next(),
                location: birth.location,
                joiner: UnsafeCell::new(MaybeUninit::uninit()),
                has_tail: tail.is_some(),
                taken: UnsafeCell::new(false),
                #[cfg(feature = "std")]
                place: UnsafeCell::new(None),
                #[cfg(laneway_loom)]
                alive: UnsafeCell::new(()),
            },
            home,
            stage: UnsafeCell::new(Stage {
                future: ManuallyDrop::new(future),
            }),
        };
        // SAFETY: new memory of the right size and alignment, ours alone; where there is a tail, the
        // layout has room for it at that offset.
        unsafe {
            cell.cast::<Self>().write(new);
            if let Some(tail) = tail {
                cell.byte_add(Self::TAILED.1).cast::<Tail>().write(tail);
            }
        }
        // SAFETY: the new state word has the ticket's bit and JOIN_INTEREST, and counts a reference
        // for each; the output's type is `F::Output`.
        unsafe {
            let ticket = Ticket::from_raw(cell.cast(), birth.priority);
            (ticket, Joiner::from_raw(cell.cast()))
        }
    }

    /// Calls `f` with the stage.
    ///
    /// # Safety
    ///
    /// `task` is a `Cell<F, H>` (1), and the stage is the caller's (R3, R4).
    #[inline]
    unsafe fn with_stage<R>(task: NonNull<Header>, f: impl FnOnce(*mut Stage<F>) -> R) -> R {
        // SAFETY: the caller's promise; the reference is to a cell, and ends before the memory.
        unsafe { (*task.cast::<Self>().as_ptr()).stage.with_mut(f) }
    }

    unsafe fn poll(task: NonNull<Header>, cx: &mut Context<'_>) -> Poll<End> {
        // SAFETY: as `is_here`, whose question this is; not asked by way of the vtable.
        if H::IS_CHECKED && !unsafe { Self::is_here(task) } {
            return Poll::Ready(End::Elsewhere);
        }
        let ended = |outcome| Poll::Ready(End::Outcome(outcome));
        let poll = |stage: *mut Stage<F>| {
            // SAFETY: the future is alive, nobody else touches it, and it is pinned (2).
            let polled = catch(|| unsafe { Pin::new_unchecked(&mut *(*stage).future) }.poll(cx));
            let output = match polled {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(output)) => output,
                Err(payload) => {
                    // SAFETY: the future is alive, and after this it is not; then the stage is free.
                    swallow(|| unsafe { ManuallyDrop::drop(&mut (*stage).future) });
                    // SAFETY: as just said.
                    return ended(unsafe { Self::write_payload(stage, payload) });
                }
            };
            // SAFETY: the future is alive, and after this it is not, even if it panics.
            match catch(|| unsafe { ManuallyDrop::drop(&mut (*stage).future) }) {
                // SAFETY: alive; nothing but the word is borrowed.
                Ok(()) if unsafe { &(*task.as_ptr()).state }.is_join_wanted() => {
                    // SAFETY: the future is gone, so the stage is free.
                    unsafe { (*stage).output = ManuallyDrop::new(output) };
                    ended(Outcome::Value)
                }
                Ok(()) => {
                    swallow(|| drop(output));
                    // The stage is empty; why, nobody is left to ask.
                    ended(Outcome::Cancelled)
                }
                Err(payload) => {
                    swallow(|| drop(output));
                    // SAFETY: the future is gone, so the stage is free.
                    ended(unsafe { Self::write_payload(stage, payload) })
                }
            }
        };
        // SAFETY: the runner calls (the vtable's contract), so the stage is its (R3).
        unsafe { Self::with_stage(task, poll) }
    }

    unsafe fn drop_future(task: NonNull<Header>, outcome: Outcome) -> Outcome {
        let drop = |stage: *mut Stage<F>| {
            // SAFETY: the future is alive, nobody else touches it, and it is not used after this.
            match catch(|| unsafe { ManuallyDrop::drop(&mut (*stage).future) }) {
                Ok(()) => outcome,
                // SAFETY: the future is gone, so the stage is free.
                Err(payload) => unsafe { Self::write_payload(stage, payload) },
            }
        };
        // SAFETY: the runner calls (the vtable's contract), so the stage is its (R3).
        unsafe { Self::with_stage(task, drop) }
    }

    unsafe fn drop_contents(task: NonNull<Header>, outcome: Outcome) {
        let drop = |stage: *mut Stage<F>| match outcome {
            // SAFETY: the stage holds the output (R4), which is not used after this.
            Outcome::Value => swallow(|| unsafe { ManuallyDrop::drop(&mut (*stage).output) }),
            // SAFETY: the stage holds the payload (R4), which is not used after this.
            Outcome::Panicked => swallow(|| unsafe { ManuallyDrop::drop(&mut (*stage).payload) }),
            Outcome::Cancelled | Outcome::Rejected => {}
        };
        // SAFETY: the owner of the contents calls (the vtable's contract).
        unsafe { Self::with_stage(task, drop) }
    }

    unsafe fn take_output(task: NonNull<Header>, place: *mut ()) {
        // SAFETY: the owner of the output calls, once, with a place for one (the vtable's contract).
        unsafe {
            Self::with_stage(task, |stage| {
                place
                    .cast::<F::Output>()
                    .write(ManuallyDrop::take(&mut (*stage).output));
            })
        }
    }

    unsafe fn take_payload(task: NonNull<Header>) -> Box<Payload> {
        // SAFETY: the owner of the payload calls, once (the vtable's contract).
        unsafe { Self::with_stage(task, |stage| ManuallyDrop::take(&mut (*stage).payload)) }
    }

    unsafe fn is_here(task: NonNull<Header>) -> bool {
        // SAFETY: `task` is a `Cell<F, H>` (1), alive; `home` never changes.
        unsafe { (*task.cast::<Self>().as_ptr()).home.is_here() }
    }

    /// # Safety
    ///
    /// The stage is the caller's, and empty.
    #[cold]
    unsafe fn write_payload(stage: *mut Stage<F>, payload: Payload) -> Outcome {
        // SAFETY: as the caller promised.
        unsafe { (*stage).payload = ManuallyDrop::new(Box::new(payload)) };
        Outcome::Panicked
    }
}
