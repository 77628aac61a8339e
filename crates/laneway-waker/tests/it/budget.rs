//! The budget: what a poll may do, who grants it, and what comes back.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use laneway_waker::budget::{Unit, YieldFlag};
use laneway_waker::{block_on, budget};

use crate::wakers::{Count, throw};

/// How many units a leaf can spend before it must give way; stops at 1,000.
fn spend_all(cx: &mut Context<'_>) -> u32 {
    let mut spent = 0;
    while spent < 1000
        && let Poll::Ready(unit) = budget::poll_proceed(cx)
    {
        unit.spend();
        spent += 1;
    }
    spent
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn outside_an_executor_there_is_no_limit() {
    assert_eq!(budget::remaining(), None);
    assert_eq!(spend_all(&mut noop()), 1000);
    assert_eq!(budget::remaining(), None);
}

#[test]
fn a_poll_gets_its_units_and_is_then_woken() {
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    for poll in 1..=2 {
        let spent = budget::with(budget::UNITS, || spend_all(&mut cx));
        assert_eq!((spent, count.get()), (budget::UNITS, poll));
    }
}

#[test]
fn a_unit_that_is_not_spent_comes_back() {
    budget::with(1, || {
        for _ in 0..10 {
            let unit = budget::poll_proceed(&mut noop());
            assert_eq!(budget::remaining(), Some(0));
            drop(unit);
            assert_eq!(budget::remaining(), Some(1));
        }
        assert_eq!(spend_all(&mut noop()), 1);
    });
}

#[test]
fn a_unit_that_comes_back_does_not_undo_what_others_spent() {
    budget::with(10, || {
        let outer = budget::poll_proceed(&mut noop());
        assert!(
            budget::poll_proceed(&mut noop())
                .map(budget::Unit::spend)
                .is_ready()
        );
        drop(outer);
        assert_eq!(budget::remaining(), Some(9));
    });
}

#[test]
fn a_unit_of_a_limited_poll_changes_nothing_outside_it() {
    let unit = budget::with(1, || budget::poll_proceed(&mut noop()));
    drop(unit);
    assert_eq!(budget::remaining(), None);
    let unit = budget::poll_proceed(&mut noop());
    budget::with(5, || {
        drop(unit);
        assert_eq!(budget::remaining(), Some(5));
    });
}

#[test]
fn nesting_restores_what_was_there() {
    budget::with(10, || {
        budget::with(3, || assert_eq!(spend_all(&mut noop()), 3));
        budget::unlimited(|| assert_eq!(spend_all(&mut noop()), 1000));
        block_on(async { assert_eq!(budget::remaining(), Some(budget::UNITS)) });
        assert_eq!(budget::remaining(), Some(10));
    });
    assert_eq!(budget::remaining(), None);
}

#[test]
fn a_poll_that_panics_takes_its_units_with_it() {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        budget::with(1, || {
            let _unit = budget::poll_proceed(&mut noop());
            throw("polled");
        })
    }));
    assert!(polled.is_err());
    assert_eq!(budget::remaining(), None);
}

#[test]
fn unconstrained_futures_are_not_limited() {
    budget::with(2, || {
        let mut future = pin!(budget::unconstrained(async { budget::remaining() }));
        assert_eq!(future.as_mut().poll(&mut noop()), Poll::Ready(None));
        assert_eq!(budget::remaining(), Some(2));
    });
}

#[test]
fn yield_if_needed_spends_or_yields() {
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    let pieces = Cell::new(0);
    let mut work = pin!(async {
        while pieces.get() < 4 {
            pieces.set(pieces.get() + 1);
            budget::yield_if_needed().await;
        }
    });
    for (poll, done) in [(1, 3), (2, 4)] {
        let is_ready = budget::with(2, || work.as_mut().poll(&mut cx)).is_ready();
        assert_eq!((is_ready, pieces.get(), count.get()), (poll == 2, done, 1));
    }
}

#[test]
fn a_budget_belongs_to_its_thread() {
    budget::with(1, || {
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(budget::remaining(), None));
        });
        assert_eq!(budget::remaining(), Some(1));
    });
}

/// A future may be polled while a thread's thread-locals are destroyed, by one of them.
#[test]
fn it_works_while_the_thread_ends() {
    struct Last(Cell<Option<std::sync::mpsc::Sender<u32>>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let spent = budget::with(3, || spend_all(&mut noop()));
            self.0.take().unwrap().send(spent).unwrap();
        }
    }
    std::thread_local!(static LAST: Last = const { Last(Cell::new(None)) });

    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || LAST.with(|last| last.0.set(Some(sender))))
        .join()
        .unwrap();
    assert_eq!(receiver.recv(), Ok(3));
}

/// A poll as a worker does it: how many units were spent.
fn poll_like_a_worker(flag: &YieldFlag) -> u32 {
    flag.lower();
    budget::with(budget::UNITS, || spend_all(&mut noop()))
}

#[test]
fn a_raised_flag_ends_the_poll_and_only_that() {
    let (flag, (count, waker)) = (YieldFlag::new(), Count::new());
    let mut cx = Context::from_waker(&waker);
    budget::with_flag(&flag, || {
        budget::with(10, || {
            assert!(budget::poll_proceed(&mut cx).map(Unit::spend).is_ready());
            assert_eq!(budget::remaining(), Some(9));
            thread::scope(|scope| drop(scope.spawn(|| flag.raise())));
            assert_eq!(budget::remaining(), Some(0));
            assert!(budget::poll_proceed(&mut cx).is_pending());
            assert_eq!(count.get(), 1, "the task runs again");
            // It was met by that: but this poll stays over.
            assert!(!flag.is_raised());
            assert!(budget::poll_proceed(&mut cx).is_pending());
        });
        assert_eq!(poll_like_a_worker(&flag), budget::UNITS);
        flag.raise();
        assert_eq!(poll_like_a_worker(&flag), budget::UNITS, "lowered before");
        assert!(!flag.lower());
    });
}

#[test]
fn yield_if_needed_obeys_the_flag() {
    let flag = YieldFlag::new();
    budget::with_flag(&flag, || {
        let mut work = pin!(budget::yield_if_needed());
        flag.raise();
        assert!(budget::with(5, || work.as_mut().poll(&mut noop())).is_pending());
        assert!(budget::with(5, || work.as_mut().poll(&mut noop())).is_ready());
    });
}

#[test]
fn polls_without_a_limit_do_not_obey() {
    let flag = YieldFlag::new();
    budget::with_flag(&flag, || {
        flag.raise();
        assert_eq!(spend_all(&mut noop()), 1000);
        budget::with(5, || {
            assert_eq!(budget::unlimited(|| spend_all(&mut noop())), 1000);
            assert_eq!(budget::unlimited(budget::remaining), None);
            assert_eq!(spend_all(&mut noop()), 0, "it was not met by that");
        });
    });
}

#[test]
fn a_nested_block_on_does_not_obey_and_the_task_does_after_it() {
    let flag = YieldFlag::new();
    budget::with_flag(&flag, || {
        budget::with(5, || {
            flag.raise();
            block_on(async {
                assert_eq!(budget::remaining(), Some(budget::UNITS));
                budget::yield_if_needed().await;
            });
            assert_eq!(spend_all(&mut noop()), 0);
        });
    });
}

/// Whoever polls again at once must get on: the flag is not lowered for him.
#[test]
fn an_executor_inside_a_task_is_cut_once() {
    let flag = YieldFlag::new();
    budget::with_flag(&flag, || {
        budget::with(5, || {
            flag.raise();
            assert_eq!(budget::with(3, || spend_all(&mut noop())), 0);
            assert_eq!(budget::with(3, || spend_all(&mut noop())), 3);
        });
    });
}

#[test]
fn the_innermost_flag_is_obeyed_and_none_after_a_panic() {
    let (outer, inner) = (YieldFlag::default(), YieldFlag::default());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        budget::with_flag(&outer, || {
            outer.raise();
            budget::with_flag(&inner, || {
                assert_eq!(budget::with(3, || spend_all(&mut noop())), 3);
            });
            assert_eq!(budget::with(3, || spend_all(&mut noop())), 0);
            outer.raise();
            throw("worker");
        });
    }));
    assert!(panicked.is_err() && outer.is_raised());
    assert_eq!(budget::with(3, || spend_all(&mut noop())), 3);
}

#[test]
fn a_cut_takes_what_is_left_of_a_limited_poll() {
    budget::with(5, || {
        budget::unlimited(budget::cut);
        assert_eq!(budget::remaining(), Some(5));
        budget::cut();
        assert_eq!(spend_all(&mut noop()), 0);
    });
    budget::cut();
    assert_eq!(budget::remaining(), None);
}
