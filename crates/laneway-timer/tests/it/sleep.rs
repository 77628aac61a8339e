//! `Sleep`, polled by hand under a clock that is moved by hand.

use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use laneway_timer::Timers;
use laneway_waker::budget;

use crate::support::{Woken, manual, ms, poll, poll_once};

/// Any duration: pending a nanosecond before its end, ready at it.
#[test]
fn durations_are_exact_under_a_manual_clock() {
    let day = 24 * 60 * 60;
    for duration in [
        Duration::from_nanos(1),
        Duration::from_micros(999),
        ms(1),
        Duration::from_micros(1500),
        Duration::from_secs(25 * day),
        Duration::from_secs(100 * 365 * day),
    ] {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut sleep = timers.sleep(duration);
        assert!(poll(&mut sleep, &waker).is_pending());
        let turn = timers.turn();
        assert_eq!((turn.fired, turn.next), (0, Some(timers.now() + duration)));
        assert_eq!(turn.sleep_until, None);

        clock.advance(duration - Duration::from_nanos(1));
        assert_eq!(timers.turn().fired, 0);
        assert!(poll(&mut sleep, &waker).is_pending());
        assert!(!sleep.is_elapsed());

        clock.advance(Duration::from_nanos(1));
        assert_eq!(timers.turn().fired, 1, "{duration:?}");
        assert_eq!(woken.count(), 1);
        assert!(sleep.is_elapsed());
        assert!(poll(&mut sleep, &waker).is_ready());
        assert!(poll(&mut sleep, &waker).is_ready(), "and so it stays");
        assert_eq!(timers.turn().next, None);
    }
}

#[test]
fn durations_past_the_end_of_time_are_never_over() {
    for duration in [
        Duration::MAX,
        Duration::from_secs(u64::MAX / 10),
        Duration::from_nanos(u64::MAX),
    ] {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut sleep = timers.sleep(duration);
        assert!(sleep.deadline() > timers.now());
        assert!(poll(&mut sleep, &waker).is_pending());
        let turn = timers.turn();
        assert_eq!((turn.fired, turn.next), (0, None));
        clock.advance(Duration::from_secs(200 * 365 * 24 * 60 * 60));
        assert_eq!(timers.turn().fired, 0);

        // The waker is still there: an ordinary deadline may follow.
        sleep.reset(timers.now());
        assert_eq!(timers.turn().fired, 1);
        assert_eq!(woken.count(), 1);
        assert!(poll(&mut sleep, &waker).is_ready());
    }
}

#[test]
fn a_zero_sleep_is_over() {
    let (_clock, timers) = manual();
    let mut sleep = timers.sleep(Duration::ZERO);
    assert!(sleep.is_elapsed());
    assert!(poll_once(&mut sleep).is_ready());
    assert_eq!(sleep.deadline(), timers.now());
}

/// A clock that stands still must not be waited for.
#[test]
fn a_deadline_at_the_very_present_fires() {
    let (clock, timers) = manual();
    clock.advance(Duration::from_nanos(12_345));
    let mut sleep = timers.sleep_until(timers.now());
    assert!(
        poll_once(&mut sleep).is_pending(),
        "nobody has looked at the clock yet"
    );
    assert_eq!(timers.turn().fired, 1);
    assert!(poll_once(&mut sleep).is_ready());
    assert!(
        poll_once(&mut timers.sleep_until(timers.now())).is_ready(),
        "turned before"
    );
}

#[test]
fn a_deadline_in_the_past_has_elapsed() {
    let (clock, timers) = manual();
    let before = timers.now();
    clock.advance(ms(5));
    let mut sleep = timers.sleep_until(before);
    assert!(sleep.is_elapsed());
    assert!(poll_once(&mut sleep).is_ready());
    assert_eq!(sleep.deadline(), before);
    if let Some(long_ago) = before.checked_sub(Duration::from_secs(60)) {
        let mut sleep = timers.sleep_until(long_ago);
        assert!(poll_once(&mut sleep).is_ready());
        assert_eq!(sleep.deadline(), long_ago);
    }
}

#[test]
fn it_enters_the_wheel_when_polled_and_leaves_it_when_dropped() {
    let (_clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = timers.sleep(ms(1));
    assert_eq!(timers.next_deadline(), None);
    assert!(poll(&mut sleep, &waker).is_pending());
    assert_eq!(timers.next_deadline(), Some(timers.now() + ms(1)));
    drop(sleep);
    assert_eq!(timers.next_deadline(), None);
    drop(waker);
    assert_eq!(
        std::sync::Arc::strong_count(&woken),
        1,
        "no waker stays behind"
    );
    assert_eq!(woken.count(), 0);
}

#[test]
fn the_last_task_that_polled_is_woken() {
    let (clock, timers) = manual();
    let (first, first_waker) = Woken::new();
    let (last, last_waker) = Woken::new();
    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &first_waker).is_pending());
    assert!(poll(&mut sleep, &last_waker).is_pending());
    assert!(poll(&mut sleep, &last_waker).is_pending());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!((first.count(), last.count()), (0, 1));
}

#[test]
fn a_forgotten_sleep_still_wakes_its_task() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &waker).is_pending());
    std::mem::forget(sleep);
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(woken.count(), 1);
}

/// A sleep whose deadline cannot come must not keep its task from the next one.
#[test]
fn one_task_sleeps_for_ever_and_then_for_a_while() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut forever = timers.sleep(Duration::MAX);
    assert!(poll(&mut forever, &waker).is_pending());
    drop(forever);
    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &waker).is_pending());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(woken.count(), 1);
}

#[test]
fn closing_wakes_what_is_pending_and_forbids_to_wait() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut done = timers.sleep(ms(1));
    assert!(poll(&mut done, &waker).is_pending());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    let mut pending: Vec<_> = (0..100)
        .map(|n| timers.sleep(Duration::from_secs(n + 1)))
        .collect();
    for sleep in &mut pending {
        assert!(poll(sleep, &waker).is_pending());
    }

    timers.close();
    timers.close();
    assert_eq!(woken.count(), 101);
    assert!(
        poll(&mut done, &waker).is_ready(),
        "its deadline had elapsed"
    );
    assert!(poll_once(&mut timers.sleep(Duration::ZERO)).is_ready());
    for mut sleep in pending {
        assert!(!sleep.is_elapsed());
        assert_panics(|| poll(&mut sleep, &waker));
    }
    assert_panics(|| poll(&mut timers.sleep(ms(1)), &waker));
    let turn = timers.turn();
    assert_eq!((turn.fired, turn.next), (0, None));
    drop(waker);
    assert_eq!(std::sync::Arc::strong_count(&woken), 1);
}

fn assert_panics(f: impl FnOnce() -> Poll<()>) {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_err();
    assert!(
        panic
            .downcast_ref::<&str>()
            .unwrap()
            .contains("Timers::close")
    );
}

/// Under the system's clock, with no driver at all: whoever turns late enough fires.
#[test]
fn never_early_under_the_systems_clock() {
    let timers = Timers::new();
    let mut sleep = timers.sleep(Duration::from_micros(200));
    let deadline = sleep.deadline();
    assert!(poll(&mut sleep, Waker::noop()).is_pending());
    let limit = Instant::now() + Duration::from_secs(10);
    while timers.turn().fired == 0 {
        assert!(Instant::now() < limit, "it never fires");
        std::hint::spin_loop();
    }
    assert!(Instant::now() >= deadline);
    assert!(poll_once(&mut sleep).is_ready());
}

#[test]
fn waiting_is_free_and_waking_costs_a_unit() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    budget::with(2, || {
        let mut sleep = timers.sleep(ms(1));
        for _ in 0..5 {
            assert!(poll(&mut sleep, &waker).is_pending());
        }
        assert_eq!(woken.count(), 0, "nothing was spent");
        clock.advance(ms(1));
        assert_eq!(timers.turn().fired, 1);
        assert!(poll(&mut sleep, &waker).is_ready());
        assert!(poll(&mut sleep, &waker).is_ready());
        assert!(poll(&mut sleep, &waker).is_pending(), "the budget is spent");
        assert_eq!(
            woken.count(),
            2,
            "so the task has been woken to go on later"
        );
    });
    // A driver polls without a limit, wherever it is called from.
    budget::with(1, || {
        timers.run_until(async {
            for _ in 0..5 {
                timers.sleep(Duration::ZERO).await;
            }
        });
        assert_eq!(budget::remaining(), Some(1));
    });
}
