//! What travels between threads.

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

use laneway_deadline::{Deadline, DeadlineWorker, Deadlines};

fn is_send<X: Send>() {}
fn is_sync<X: Sync>() {}
fn is_unpin<X: Unpin>() {}
fn is_unwind_safe<X: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn halves_travel_with_items_that_are_not_shared() {
    is_send::<Deadlines<Cell<u32>>>();
    is_sync::<Deadlines<Cell<u32>>>();
    is_send::<DeadlineWorker<Cell<u32>>>();
    is_unpin::<(Deadlines<u32>, DeadlineWorker<u32>, Deadline)>();
    is_send::<Deadline>();
    is_sync::<Deadline>();
    is_unwind_safe::<Deadline>();
}

#[test]
fn a_deadline_is_small_and_can_be_looked_at() {
    assert_eq!(size_of::<Deadline>(), 8);
    assert_eq!(format!("{:?}", Deadline::from_nanos(7)), "Deadline(7 ns)");
    assert_eq!(format!("{:?}", Deadline::NEVER), "Deadline(never)");
}
