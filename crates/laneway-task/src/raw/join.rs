//! The side of the task that waits for its output.
//!
//! # Invariants
//!
//! Those of `raw.rs` (R1 to R8 here), J1 to J5 of `state.md`, and:
//!
//! 1. A task has at most one [`Joiner`]; while it exists and the task is not complete,
//!    `JOIN_INTEREST` is set. Its `T` is the type of the task's output.
//! 2. `taken` says whether the contents of a complete task have been moved out.
#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use core::task::{Poll, Waker};

use laneway_scheduler::Priority;

use super::{Header, TaskRef, dealloc};
use crate::JoinError;
use crate::panic::swallow;
use crate::state::{Boost, Completed, Detach, Outcome};

/// What a [`JoinHandle`](crate::JoinHandle) is made of.
pub(crate) struct Joiner<T> {
    /// Dropped unless `detach` gave it up.
    task: ManuallyDrop<TaskRef>,
    output: PhantomData<T>,
}

// SAFETY: besides what `TaskRef` allows, it takes and drops a `T`, through `&mut` only.
unsafe impl<T: Send> Send for Joiner<T> {}
// SAFETY: as above; nothing reaches the `T` through a shared reference.
unsafe impl<T: Send> Sync for Joiner<T> {}

// It holds no `T` that a panic could have left half changed: the task does, and is done with it.
impl<T> UnwindSafe for Joiner<T> {}
impl<T> RefUnwindSafe for Joiner<T> {}

impl<T> Joiner<T> {
    /// # Safety
    ///
    /// No other joiner exists, `JOIN_INTEREST` is set, the output is a `T` (1); the reference is
    /// counted, not owned.
    pub(super) unsafe fn from_raw(task: NonNull<Header>) -> Self {
        // SAFETY: as the caller promised.
        let task = unsafe { TaskRef::from_raw(task) };
        Self {
            task: ManuallyDrop::new(task),
            output: PhantomData,
        }
    }

    pub(crate) fn task(&self) -> &TaskRef {
        &self.task
    }

    /// Takes the result of a task that has ended, or leaves a waker for its end, and says that a task
    /// of `class` waits for it; [`Background`](Priority::Background) if none does.
    ///
    /// # Panics
    ///
    /// If the result was taken before; if a waker does.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        waker: &Waker,
        class: impl FnOnce() -> Priority,
    ) -> Poll<Result<T, JoinError>> {
        let mut outcome = self.task.state().outcome();
        if outcome.is_none() {
            self.wait(waker, class());
            outcome = self.task.state().outcome();
        }
        match outcome {
            Some(outcome) => Poll::Ready(self.take(outcome)),
            None => Poll::Pending,
        }
    }

    /// A task of `class` waits now; [`Background`](Priority::Background) if none does any more.
    pub(crate) fn boost(&mut self, class: Priority) {
        let boost = self.task.state().boost(class);
        self.task.urge(boost);
    }

    /// Sees to it that the slot holds `waker` and the word `class`, or the task is complete.
    fn wait(&mut self, waker: &Waker, class: Priority) {
        let state = self.task.state();
        let slot = &self.task.header().joiner;
        let joined = state.joiner();
        if let Some(joined) = joined {
            // SAFETY: the slot holds a waker, which nobody overwrites (J3); if it was just taken to
            // be woken, comparing what is left of it reads two addresses and follows neither.
            if slot.with(|slot| unsafe { (*slot).assume_init_ref().will_wake(waker) }) {
                if joined != class {
                    self.boost(class);
                }
                return;
            }
        }
        // A panic here leaves everything as it was.
        let new = waker.clone();
        let old = if joined.is_none() {
            None
        } else if state.clear_joiner().is_ok() {
            // SAFETY: the slot is the joiner's again (J4), and its waker moves out of it.
            Some(slot.with(|slot| unsafe { (*slot).assume_init_read() }))
        } else {
            return;
        };
        // SAFETY: the slot is the joiner's, and empty (J1).
        slot.with_mut(|slot| unsafe { (*slot).write(new) });
        let boost = state.set_joiner(class).unwrap_or_else(|Completed| {
            // SAFETY: the slot stayed the joiner's (J2); the waker moves out again.
            let new = slot.with(|slot| unsafe { (*slot).assume_init_read() });
            swallow(|| drop(new));
            Boost::Nothing
        });
        // The user's code, so when all is in order again.
        swallow(|| drop(old));
        self.task.urge(boost);
    }

    /// Takes the result. The task is complete, with `outcome`.
    #[inline]
    fn take(&mut self, outcome: Outcome) -> Result<T, JoinError> {
        let header = self.task.header();
        // SAFETY: `taken` is the joiner's alone (2).
        let was_taken = header
            .taken
            .with_mut(|taken| unsafe { taken.replace(true) });
        assert!(
            !was_taken,
            "a JoinHandle was polled after it gave its result"
        );
        let id = header.id;
        match outcome {
            Outcome::Value => {
                let mut output = MaybeUninit::<T>::uninit();
                // SAFETY: the output is the joiner's (R4), a `T` (1), and was not taken (2).
                unsafe {
                    (header.vtable.take_output)(self.task.0, output.as_mut_ptr().cast());
                    Ok(output.assume_init())
                }
            }
            Outcome::Panicked => {
                // SAFETY: the payload is the joiner's (R4) and was not taken (2).
                let payload = unsafe { (header.vtable.take_payload)(self.task.0) };
                Err(JoinError::panicked(id, *payload))
            }
            Outcome::Cancelled => Err(JoinError::cancelled(id)),
            Outcome::Rejected => Err(JoinError::rejected(id)),
        }
    }

    /// Drops the contents of a complete task, unless they were taken.
    fn drop_contents(&mut self) {
        let header = self.task.header();
        // SAFETY: `taken` is the joiner's alone (2).
        let was_taken = header.taken.with(|taken| unsafe { *taken });
        if !was_taken && let Some(outcome) = self.task.state().outcome() {
            // SAFETY: the contents are the joiner's (R4), and still there (2).
            unsafe { (header.vtable.drop_contents)(self.task.0, outcome) };
        }
    }
}

impl<T> Drop for Joiner<T> {
    /// Never panics: what the drop of an unwanted output or waker does is nobody's to handle.
    #[inline]
    fn drop(&mut self) {
        match self.task.state().detach() {
            // The transition gave the reference up, and the task may be gone.
            Detach::Released => return,
            Detach::DropReference => {}
            Detach::DropWaker => {
                let slot = &self.task.header().joiner;
                // SAFETY: the slot is the joiner's again (J4), and its waker moves out.
                let waker = slot.with(|slot| unsafe { (*slot).assume_init_read() });
                swallow(|| drop(waker));
            }
            Detach::DropOutput => self.drop_contents(),
            Detach::DropOutputAndDealloc => {
                self.drop_contents();
                // SAFETY: there is no other reference, nor can there be, the task is complete, and
                // its contents were dropped or taken before.
                return unsafe { dealloc(self.task.0) };
            }
        }
        // SAFETY: not given up above, and not used again.
        unsafe { ManuallyDrop::drop(&mut self.task) }
    }
}
