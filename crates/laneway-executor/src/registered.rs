//! Whose thread is this? The one room of this crate with unsafe code.
//!
//! A wake must find the queue of the thread it happens on. `laneway_task::current` keeps two opaque
//! pointers a thread: a lane, and what the thread owns of it. This file turns the second back into
//! what it was.
//!
//! # Invariants
//!
//! 1. Only [`enter`] registers, and it registers an `L::Own` under the address of an `L`, which is
//!    what `ScheduleArc::as_ptr` gives. It borrows the lane meanwhile, so the address belongs to no
//!    other.
//! 2. `enter` borrows the `L::Own` for as long as it is registered, and the registration is undone
//!    before `enter` returns, also by a panic; so what is registered is alive and does not move.
//! 3. The registration is per thread, and a reference to the `L::Own` never leaves [`with`]; so it is
//!    used by one thread, and need not be `Sync`.
#![allow(unsafe_code)]

use laneway_task::{Schedule, ScheduleArc, current};

/// A lane, and what a thread that serves it has of its own.
pub(crate) trait Lane: Schedule + Sized {
    /// The thread's own half.
    type Own;
}

/// Runs `f` on a thread that is registered as serving `lane` with `own`.
pub(crate) fn enter<L: Lane, R>(lane: &ScheduleArc<L>, own: &L::Own, f: impl FnOnce() -> R) -> R {
    let own: *const L::Own = own;
    // SAFETY: by invariants 1 and 2 `own` is what `with` takes it for; the guard is a local variable,
    // dropped after `f`.
    let _registered = unsafe { current::enter_worker(lane, own.cast()) };
    f()
}

/// Calls `f` with this thread's own half of `lane`, if the thread serves it.
#[inline]
pub(crate) fn with<L: Lane, R>(lane: &L, f: impl FnOnce(Option<&L::Own>) -> R) -> R {
    let lane: *const L = lane;
    let own = current::worker_context(lane.cast());
    // SAFETY: by invariant 1 this is an `L::Own`, by 2 it is alive, by 3 no other thread uses it
    // and shared references are all there are.
    f(own.map(|own| unsafe { own.cast::<L::Own>().as_ref() }))
}
