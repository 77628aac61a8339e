//! Planted bugs: each is found, and named.

use std::panic::{UnwindSafe, catch_unwind};

use laneway_testkit::property;

use crate::toy::{Bug, Toy};

/// What `check` says of a toy with this bug; nothing of one without.
fn complaint(bug: Bug, check: fn(Bug)) -> String {
    check(Bug::None);
    complaint_of(|| check(bug))
}

/// What a check says that must fail.
pub(crate) fn complaint_of(check: impl FnOnce() + UnwindSafe) -> String {
    let panic = catch_unwind(check).expect_err("a planted bug was not found");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

#[track_caller]
fn assert_says(bug: Bug, check: fn(Bug), expected: &str) {
    let complaint = complaint(bug, check);
    assert!(complaint.contains(expected), "{bug:?}: {complaint}");
}

fn every_item_comes_out_once(bug: Bug) {
    property::every_item_comes_out_once(|| Toy::new(bug));
}

#[test]
fn is_idle_that_forgets_queues() {
    assert_says(
        Bug::ForgetsOwnQueues,
        every_item_comes_out_once,
        "it says it is idle",
    );
}

#[test]
fn a_close_that_does_not() {
    assert_says(
        Bug::NeverCloses,
        every_item_comes_out_once,
        "though it is closed",
    );
}

#[test]
fn a_drain_that_leaves_something() {
    assert_says(
        Bug::LosesTheLast,
        every_item_comes_out_once,
        "never came out",
    );
}

#[test]
fn programs_are_shrunk() {
    let complaint = complaint(Bug::ForgetsOwnQueues, every_item_comes_out_once);
    let steps = complaint.split("steps: [").nth(1).expect("it names them");
    assert!(steps.trim_start().starts_with("Push {"), "{complaint}");
    assert_eq!(
        steps.matches('{').count(),
        1,
        "one push is enough: {complaint}"
    );
}

#[test]
fn selfishness() {
    let check = |bug| property::nobody_starves(|| Toy::new(bug), property::default_bypass);
    assert_says(Bug::ServesItselfFirst, check, "waits for");
    assert_says(Bug::YieldsInFront, check, "waits for");
}

#[test]
fn a_yield_that_does_not() {
    let check = |bug| property::a_yield_goes_behind(|| Toy::new(bug));
    assert_says(Bug::YieldsInFront, check, "ran again after 0");
}

#[test]
fn another_order() {
    let check = |bug| property::a_producers_items_stay_in_order(|| Toy::new(bug));
    assert_says(Bug::Stack, check, " came after ");
}

#[test]
fn moods() {
    let check = |bug| property::same_calls_same_picks(|| Toy::new(bug));
    assert_says(Bug::Moody, check, "the second");
}

#[test]
fn threads_are_content_with_a_good_one() {
    property::threads_lose_nothing(|| Toy::new(Bug::None));
}
