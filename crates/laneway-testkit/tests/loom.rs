//! The models: a good scheduler passes them all; under loom, planted bugs are found.

mod toy;

use toy::{Bug, Toy};

laneway_testkit::conformance!(Toy::new(Bug::None), in_order);

/// Seen only in one order of steps: the sleeper looks while items are in neither queue.
#[cfg(laneway_loom)]
#[test]
#[should_panic = "nobody will tell of it"]
fn a_gap_between_queues_is_found() {
    laneway_testkit::model::a_pop_hides_nothing(|| Toy::new(Bug::Gap));
}

#[cfg(laneway_loom)]
#[test]
#[should_panic = "everybody else sleeps"]
fn a_queue_nobody_looks_at_before_sleep_is_found() {
    laneway_testkit::model::a_push_is_seen_before_sleep(|| Toy::new(Bug::ForgetsOwnQueues));
}

#[cfg(laneway_loom)]
#[test]
#[should_panic = "everybody else sleeps"]
fn a_push_that_tells_nobody_is_found() {
    laneway_testkit::model::a_push_is_seen_before_sleep(|| Toy::new(Bug::TellsNobody));
}
