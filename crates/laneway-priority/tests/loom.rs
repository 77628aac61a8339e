//! What every scheduler promises, whatever the classes of its items.

mod as_they_come {
    use laneway_priority::Priorities;
    use laneway_testkit::Item;

    laneway_testkit::conformance!(Priorities::by_key(Item::priority), in_order, by_class);
}

mod all_critical {
    use laneway_priority::Priorities;
    use laneway_scheduler::Priority;
    use laneway_testkit::Item;

    laneway_testkit::conformance!(Priorities::by_key(|_: &Item| Priority::Critical));
}

mod jobs {
    //! `Background` items that go on where they were.

    use std::num::NonZeroUsize;

    use laneway_loom::{model, thread};
    use laneway_priority::Priorities;
    use laneway_scheduler::{Cause, Priority, Scheduler, Worker};
    use laneway_testkit::StepClock;

    /// The one that yields is taken by a thief or goes on, and so is the other.
    #[test]
    fn a_job_that_goes_on_against_a_thief() {
        model(3, || {
            let priorities = Priorities::by_key(|_: &u32| Priority::Background);
            let mut workers = priorities.workers(NonZeroUsize::new(2).unwrap());
            for item in 0..2 {
                let _ = workers[0].push(item, Cause::Spawned);
            }
            let mut thief = workers.remove(1);
            let thief = thread::spawn(move || {
                let clock = StepClock::new();
                let mut found: Vec<u32> = thief.search(&clock).into_iter().collect();
                found.extend(thief.pop(&clock));
                found
            });
            let (worker, clock) = (&mut workers[0], StepClock::new());
            let running = worker.pop(&clock).expect("a thief takes one of two");
            let _ = worker.push(running, Cause::Yielded);
            worker.ran(&clock);
            let mut items: Vec<u32> = std::iter::from_fn(|| worker.pop(&clock)).collect();
            items.extend(thief.join().unwrap());
            worker.drain(&mut |item| items.push(item));
            items.sort_unstable();
            assert_eq!(items, [0, 1]);
        });
    }
}
