//! What travels between threads.

use std::cell::Cell;

use laneway_priority::{Priorities, PriorityWorker, Shares};
use laneway_scheduler::Priority;

fn is_send<X: Send>() {}
fn is_sync<X: Sync>() {}
fn is_unpin<X: Unpin>() {}

#[test]
fn halves_travel_with_items_that_are_not_shared() {
    is_send::<Priorities<Cell<u32>>>();
    is_sync::<Priorities<Cell<u32>>>();
    is_send::<PriorityWorker<Cell<u32>>>();
    is_unpin::<(Priorities<u32>, PriorityWorker<u32>, Shares)>();
    is_send::<Shares>();
    is_sync::<Shares>();
}

#[test]
fn the_type_can_be_named_and_the_key_a_function() {
    fn class(_: &u32) -> Priority {
        Priority::Batch
    }
    let _: Priorities<u32> = Priorities::by_key(class);
}

#[test]
#[should_panic = "less than 50 percent"]
fn shares_leave_something_for_the_most_urgent() {
    let _ = Shares::default().with(Priority::Normal, 45);
}

#[test]
#[should_panic = "Critical gets what the others leave"]
fn the_most_urgent_has_no_share() {
    let _ = Shares::default().with(Priority::Critical, 1);
}
