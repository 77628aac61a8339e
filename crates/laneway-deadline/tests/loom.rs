//! What every scheduler promises; in arrival order, if all deadlines are alike.

mod without_deadlines {
    use laneway_deadline::{Deadline, Deadlines};
    use laneway_testkit::Item;

    laneway_testkit::conformance!(Deadlines::by_key(|_: &Item| Deadline::NEVER), in_order);
}

mod with_one_for_all {
    use laneway_deadline::{Deadline, Deadlines};
    use laneway_testkit::Item;

    laneway_testkit::conformance!(
        Deadlines::by_key(|_: &Item| Deadline::from_nanos(1)),
        in_order
    );
}

mod by_class {
    use laneway_deadline::{Deadline, Deadlines};
    use laneway_scheduler::Priority;
    use laneway_testkit::Item;

    fn deadline(item: &Item) -> Deadline {
        Deadline::from_nanos(Priority::Critical as u64 - item.priority() as u64)
    }

    laneway_testkit::conformance!(Deadlines::by_key(deadline), in_order);
}
