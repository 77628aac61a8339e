//! The macro: one test for each promise.

/// Makes a test for each promise of a scheduler. The expression makes a new scheduler; it is
/// evaluated often.
///
/// In the ordinary world these are the [property](crate::property) tests and the
/// [models](crate::model), each run once; under `--cfg laneway_loom` the models alone, in every order of
/// steps. Use it once in a module, best in `tests/loom.rs`.
///
/// Not every scheduler makes these promises, so they are named:
///
/// * `in_order`: the items of one producer are picked in the order in which they went in.
/// * `by_class`: the most urgent class goes first, a worker tells of something more urgent, and every class
///   has its turn.
///
/// ```ignore
/// laneway_testkit::conformance!(MyScheduler::new());
/// laneway_testkit::conformance!(MyScheduler::new(), in_order, by_class);
/// ```
#[cfg(not(laneway_loom))]
#[macro_export]
macro_rules! conformance {
    ($make:expr $(, $promise:ident)*) => {
        $crate::__models! { $make }
        $crate::__properties! { $make }
        $($crate::__promise! { $promise, $make })*
    };
}

/// Makes a test for each promise of a scheduler.
#[cfg(laneway_loom)]
#[macro_export]
macro_rules! conformance {
    ($make:expr $(, $promise:ident)*) => {
        $crate::__models! { $make }
    };
}

#[cfg(not(laneway_loom))]
#[doc(hidden)]
#[macro_export]
macro_rules! __promise {
    (in_order, $make:expr) => {
        #[test]
        fn a_producers_items_stay_in_order() {
            $crate::property::a_producers_items_stay_in_order(|| $make);
        }
    };
    (by_class, $make:expr) => {
        #[test]
        fn the_most_urgent_goes_first() {
            $crate::property::the_most_urgent_goes_first(|| $make);
        }

        #[test]
        fn something_more_urgent_is_told() {
            $crate::property::something_more_urgent_is_told(|| $make);
        }

        #[test]
        fn every_class_has_its_turn() {
            $crate::property::every_class_has_its_turn(|| $make, $crate::property::default_wait);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __models {
    ($make:expr) => {
        #[test]
        fn an_inject_is_seen_before_sleep() {
            $crate::model::an_inject_is_seen_before_sleep(|| $make);
        }

        #[test]
        fn a_push_is_seen_before_sleep() {
            $crate::model::a_push_is_seen_before_sleep(|| $make);
        }

        #[test]
        fn an_overflow_is_seen_before_sleep() {
            $crate::model::an_overflow_is_seen_before_sleep(|| $make);
        }

        #[test]
        fn a_pop_hides_nothing() {
            $crate::model::a_pop_hides_nothing(|| $make);
        }

        #[test]
        fn a_search_is_followed_up() {
            $crate::model::a_search_is_followed_up(|| $make);
        }

        #[test]
        fn a_theft_is_followed_up() {
            $crate::model::a_theft_is_followed_up(|| $make);
        }

        #[test]
        fn a_thief_and_its_victim() {
            $crate::model::a_thief_and_its_victim(|| $make);
        }

        #[test]
        fn two_thieves() {
            $crate::model::two_thieves(|| $make);
        }

        #[test]
        fn two_who_search_while_a_third_injects() {
            $crate::model::two_who_search_while_a_third_injects(|| $make);
        }

        #[test]
        fn a_close_loses_nothing() {
            $crate::model::a_close_loses_nothing(|| $make);
        }
    };
}

#[cfg(not(laneway_loom))]
#[doc(hidden)]
#[macro_export]
macro_rules! __properties {
    ($make:expr) => {
        #[test]
        fn every_item_comes_out_once() {
            $crate::property::every_item_comes_out_once(|| $make);
        }

        #[test]
        fn same_calls_same_picks() {
            $crate::property::same_calls_same_picks(|| $make);
        }

        #[test]
        fn nobody_starves() {
            $crate::property::nobody_starves(|| $make, $crate::property::default_bypass);
        }

        #[test]
        fn a_yield_goes_behind() {
            $crate::property::a_yield_goes_behind(|| $make);
        }

        #[test]
        fn threads_lose_nothing() {
            $crate::property::threads_lose_nothing(|| $make);
        }
    };
}
