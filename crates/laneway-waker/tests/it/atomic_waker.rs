//! `AtomicWaker` in order, and with wakers that panic or come back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;

use laneway_waker::AtomicWaker;

use crate::wakers::{Count, Hooks, throw, uncloneable};

static STATIC: AtomicWaker = AtomicWaker::new();

#[test]
fn wakes_what_is_registered_once() {
    let (count, waker) = Count::new();
    let slot = AtomicWaker::default();
    slot.wake();
    slot.register(&waker);
    assert_eq!(count.get(), 0);
    slot.wake();
    assert_eq!(count.get(), 1);
    slot.wake();
    assert_eq!(count.get(), 1);
}

#[test]
fn works_in_a_static() {
    let (count, waker) = Count::new();
    STATIC.register(&waker);
    STATIC.wake();
    assert_eq!(count.get(), 1);
}

#[test]
fn the_last_one_registered_is_woken() {
    let (first, first_waker) = Count::new();
    let (second, second_waker) = Count::new();
    let slot = AtomicWaker::new();
    slot.register(&first_waker);
    slot.register(&second_waker);
    slot.wake();
    assert_eq!((first.get(), second.get()), (0, 1));
}

#[test]
fn the_same_waker_is_cloned_once() {
    let (count, waker) = Count::new();
    let slot = AtomicWaker::new();
    slot.register(&waker);
    let references = Arc::strong_count(&count);
    slot.register(&waker);
    slot.register(&waker.clone());
    assert_eq!(Arc::strong_count(&count), references);
}

#[test]
fn dropped_and_taken_wakers_are_let_go() {
    let (count, waker) = Count::new();
    let slot = AtomicWaker::new();
    slot.register(&waker);
    assert!(slot.take().unwrap().will_wake(&waker));
    assert!(slot.take().is_none());
    slot.register(&waker);
    drop((slot, waker));
    assert_eq!((Arc::strong_count(&count), count.get()), (1, 0));
}

/// After each of its calls has panicked, it still stores and wakes.
fn assert_usable(slot: &AtomicWaker) {
    let (count, waker) = Count::new();
    slot.register(&waker);
    slot.wake();
    assert_eq!(count.get(), 1);
}

#[test]
fn a_clone_that_panics_leaves_the_waker_before() {
    let (count, waker) = Count::new();
    let slot = AtomicWaker::new();
    // Into an empty slot, and in place of another.
    assert!(catch_unwind(|| slot.register(&uncloneable())).is_err());
    slot.register(&waker);
    assert!(catch_unwind(|| slot.register(&uncloneable())).is_err());
    slot.wake();
    assert_eq!(count.get(), 1);
    assert_usable(&slot);
}

#[test]
fn a_wake_that_panics_leaves_it_usable() {
    let slot = AtomicWaker::new();
    slot.register(&Hooks::waker(|| throw("woken"), || {}));
    assert!(catch_unwind(|| slot.wake()).is_err());
    assert_usable(&slot);
}

#[test]
fn a_drop_that_panics_leaves_it_usable() {
    let slot = AtomicWaker::new();
    slot.register(&Hooks::waker(|| {}, || throw("dropped")));
    let (count, waker) = Count::new();
    // The displaced one panics; the new one is stored all the same.
    assert!(catch_unwind(AssertUnwindSafe(|| slot.register(&waker))).is_err());
    slot.wake();
    assert_eq!(count.get(), 1);
    assert_usable(&slot);
}

#[test]
fn a_waker_may_come_back_when_it_is_woken_and_dropped() {
    let slot = Arc::new(AtomicWaker::new());
    let (count, waker) = Count::new();
    let again = {
        let (slot, waker) = (slot.clone(), waker.clone());
        move || slot.register(&waker)
    };
    slot.register(&Hooks::waker(again.clone(), || {}));
    slot.wake();
    slot.wake();
    assert_eq!(count.get(), 1);

    // Displaced by `noop`, the old one is dropped and puts `waker` in the place of that.
    slot.register(&Hooks::waker(|| {}, again));
    slot.register(Waker::noop());
    slot.wake();
    assert_eq!(count.get(), 2);
}

#[test]
fn debug_shows_the_state() {
    let slot = AtomicWaker::new();
    assert_eq!(format!("{slot:?}"), "AtomicWaker { state: empty, .. }");
    slot.register(Waker::noop());
    assert_eq!(format!("{slot:?}"), "AtomicWaker { state: stored, .. }");
}
