//! Sleeps polled, reset and dropped by threads of other lanes than the timers'.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use laneway_timer::{Sleep, Timers};
use laneway_waker::lane;

use crate::support::{Woken, manual, ms, poll, poll_once};

/// What this thread does in `f`, it does as one of lane `n`.
pub(crate) fn as_lane<R>(n: u8, f: impl FnOnce() -> R) -> R {
    let _lane = lane::enter(n);
    f()
}

pub(crate) fn pending(timers: &Timers, n: u8, duration: Duration, waker: &Waker) -> Sleep {
    let mut sleep = timers.sleep(duration);
    assert!(as_lane(n, || poll(&mut sleep, waker)).is_pending());
    sleep
}

#[test]
fn another_lane_waits() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = pending(&timers, 1, ms(2), &waker);
    assert_eq!(timers.turn().next, Some(sleep.deadline()));
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 0);
    assert!(as_lane(1, || poll(&mut sleep, &waker)).is_pending());
    clock.advance(ms(1));
    assert_eq!((timers.turn().fired, woken.count()), (1, 1));
    as_lane(1, || {
        assert!(sleep.is_elapsed());
        assert!(poll(&mut sleep, &waker).is_ready());
        assert!(poll(&mut sleep, &waker).is_ready());
    });
    assert_eq!(timers.next_deadline(), None);
    drop((sleep, waker));
    assert_eq!(Arc::strong_count(&woken), 1);
}

/// One whose deadline has been turned is ready without any word left.
#[test]
fn what_has_elapsed_is_ready_at_once() {
    let (clock, timers) = manual();
    let (start, mut queued) = (timers.now(), pending(&timers, 0, ms(2), Waker::noop()));
    clock.advance(ms(2));
    assert_eq!(timers.turn().fired, 1);
    as_lane(1, || {
        assert!(poll_once(&mut timers.sleep_until(start + ms(1))).is_ready());
        assert!(poll_once(&mut queued).is_ready());
    });
}

#[test]
fn the_waker_goes_when_the_sleep_does() {
    let (_clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let fresh = pending(&timers, 1, ms(1), &waker);
    let served = pending(&timers, 1, ms(1), &waker);
    assert_eq!(timers.turn().next, Some(served.deadline()));
    as_lane(1, || drop((fresh, served)));
    drop(waker);
    assert_eq!(Arc::strong_count(&woken), 1);
    assert_eq!(timers.turn().next, None);
    assert_eq!(woken.count(), 0);
}

/// The entry of a sleep that was polled in its lane, and is dropped in another, goes with the next turn.
#[test]
fn dropped_abroad() {
    let (_clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let sleep = pending(&timers, 0, ms(1), &waker);
    as_lane(1, || drop(sleep));
    drop(waker);
    assert_eq!(Arc::strong_count(&woken), 2);
    assert_eq!(timers.turn().next, None);
    assert_eq!((Arc::strong_count(&woken), woken.count()), (1, 0));
}

#[test]
fn a_reset_keeps_the_waker() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = pending(&timers, 1, ms(5), &waker);
    for (lane, later) in [(1, 7), (0, 3), (1, 4)] {
        as_lane(lane, || sleep.reset(timers.now() + ms(later)));
        assert_eq!(timers.turn().next, Some(sleep.deadline()));
    }
    clock.advance(ms(4));
    assert_eq!((timers.turn().fired, woken.count()), (1, 1));
    // After it has fired there is nobody to wake.
    as_lane(1, || sleep.reset(timers.now() + ms(1)));
    assert_eq!(timers.turn().next, None);
    assert!(as_lane(1, || poll(&mut sleep, &waker)).is_pending());
    assert_eq!(timers.turn().next, Some(sleep.deadline()));
}

/// The waker of a sleep that waits in its lane is out of reach from another: its task is woken.
#[test]
fn a_reset_from_abroad_wakes() {
    let (clock, timers) = manual();
    let (interrupted, interrupt) = Woken::new();
    let (woken, waker) = Woken::new();
    timers.set_interrupt(interrupt);
    let mut sleep = pending(&timers, 0, ms(5), &waker);
    assert_eq!(timers.turn().next, Some(sleep.deadline()));
    as_lane(1, || sleep.reset(timers.now() + ms(9)));
    assert_eq!(interrupted.count(), 1);
    assert_eq!(timers.turn().next, None);
    assert_eq!(woken.count(), 1);
    assert!(poll(&mut sleep, &waker).is_pending());
    clock.advance(ms(9));
    assert_eq!((timers.turn().fired, woken.count()), (1, 2));
}

/// What the turn before a sleep wakes may be a task of the very thread that is about to sleep.
#[test]
fn a_turn_that_wakes_for_others_lets_nobody_sleep() {
    let (_clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = pending(&timers, 0, ms(2), &waker);
    as_lane(1, || sleep.reset(timers.now() + ms(50)));
    let turn = timers.turn();
    assert_eq!((woken.count(), turn.fired), (1, 0));
    assert!(
        turn.sleep_until
            .is_some_and(|until| until <= Instant::now())
    );
    assert!(poll(&mut sleep, &waker).is_pending());
    assert_eq!(timers.turn().sleep_until, None);
    // Nor does the look at the next deadline.
    as_lane(1, || sleep.reset(timers.now() + ms(90)));
    assert_eq!(timers.next_deadline(), Some(timers.now()));
    assert_eq!((woken.count(), timers.next_deadline()), (2, None));
}

/// Refused once by timers that were closed, it is refused again.
#[test]
fn what_is_refused_stays_refused() {
    let (_clock, timers) = manual();
    let mut sleep = pending(&timers, 1, ms(2), Waker::noop());
    as_lane(0, || timers.close());
    for _ in 0..2 {
        assert_closed(|| as_lane(1, || poll_once(&mut sleep).is_ready()));
    }
}

#[test]
fn only_a_deadline_before_the_promised_one_interrupts() {
    let (_clock, timers) = manual();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let noop = Waker::noop();
    let _before = pending(&timers, 1, ms(50), noop);
    assert_eq!(interrupted.count(), 0, "nothing was promised yet");
    assert_eq!(timers.turn().next, Some(timers.now() + ms(50)));
    let _later = pending(&timers, 1, ms(51), noop);
    let _same = pending(&timers, 1, ms(50), noop);
    assert_eq!(interrupted.count(), 0);
    let _earlier = pending(&timers, 1, ms(49), noop);
    assert_eq!(interrupted.count(), 1);
    let _earliest = pending(&timers, 1, ms(1), noop);
    assert_eq!(interrupted.count(), 1, "the sleeper is on its way");
    assert_eq!(timers.fire(), 0);
    let _awake = pending(&timers, 1, Duration::from_nanos(1), noop);
    assert_eq!(interrupted.count(), 1, "who fired will turn");
    assert_eq!(
        timers.next_deadline(),
        Some(timers.now() + Duration::from_nanos(1))
    );
}

/// Sleeps that are given up interrupt nobody, but do not pile up either.
#[test]
fn what_can_wait_waits() {
    let (_clock, timers) = manual();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let (woken, waker) = Woken::new();
    let _first = pending(&timers, 0, ms(10), Waker::noop());
    let _turn = timers.turn();
    let mut most = 0;
    for n in 0..1000 {
        let sleep = pending(&timers, 0, ms(20), &waker);
        as_lane(1, || drop(sleep));
        most = most.max(Arc::strong_count(&woken));
        if interrupted.count() > n / 64 {
            let _turn = timers.turn();
        }
    }
    assert_eq!((interrupted.count(), most), (1000 / 64, 64 + 2));
}

/// Only a thread of their lane turns timers.
#[test]
fn other_lanes_do_not_turn() {
    let (_clock, timers) = manual();
    let lanes = [(0, 1), (1, 0), (2, 1)];
    for (own, other) in lanes {
        let timers = timers.for_lane(own);
        assert_eq!(timers.lane(), own);
        as_lane(own, || assert_eq!(timers.turn().next, None));
        let calls: [&dyn Fn(); 4] = [
            &|| _ = timers.turn(),
            &|| _ = timers.fire(),
            &|| _ = timers.next_deadline(),
            &|| timers.run_until(async {}),
        ];
        for call in calls {
            let panic = catch_unwind(AssertUnwindSafe(|| as_lane(other, call))).unwrap_err();
            let message = panic.downcast_ref::<String>().unwrap();
            assert!(message.contains(&format!("lane {own}")), "{message}");
        }
        as_lane(own, || assert_eq!(timers.turn().next, None));
    }
}

/// An executor is built on one thread and turns on another.
#[test]
fn the_interrupt_is_set_from_another_lane() {
    let timers = manual().1.for_lane(1);
    let (first, waker) = Woken::new();
    timers.set_interrupt(waker);
    let (second, waker) = Woken::new();
    timers.set_interrupt(waker);
    as_lane(1, || assert_eq!(timers.turn().next, None));
    let _sleep = pending(&timers, 0, ms(1), Waker::noop());
    let _sleep = pending(&timers, 1, ms(1), Waker::noop());
    assert_eq!((first.count(), second.count()), (0, 2));
    assert_eq!(Arc::strong_count(&first), 1);
}

#[test]
fn a_jump_is_told_from_any_lane() {
    let (clock, timers) = manual();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let mut sleep = pending(&timers, 0, ms(1), Waker::noop());
    let _turn = timers.turn();
    as_lane(1, || clock.advance(ms(1)));
    assert_eq!(interrupted.count(), 1);
    assert_eq!(timers.turn().fired, 1);
    assert!(poll_once(&mut sleep).is_ready());
}

#[test]
fn closed() {
    for closer in [0, 1] {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut elapsed = timers.sleep(ms(1));
        clock.advance(ms(1));
        let _turn = timers.turn();
        let mut sleeps = [0, 1, 1].map(|lane| pending(&timers, lane, ms(1), &waker));
        as_lane(1, || sleeps[2].reset(timers.now() + ms(2)));
        as_lane(closer, || timers.close());
        assert_eq!(timers.turn().next, None);
        assert_eq!(woken.count(), 3, "all are woken");
        for lane in [0, 1] {
            as_lane(lane, || {
                for sleep in &mut sleeps {
                    assert_closed(|| poll(sleep, &waker).is_ready());
                }
                assert_closed(|| poll(&mut timers.sleep(ms(1)), &waker).is_ready());
                assert!(poll(&mut elapsed, &waker).is_ready());
            });
        }
        as_lane(1, || sleeps[0].reset(timers.now() + ms(9)));
        drop((sleeps, waker));
        assert_eq!(timers.turn().next, None);
        assert_eq!(Arc::strong_count(&woken), 1);
    }
}

fn assert_closed(f: impl FnOnce() -> bool) {
    let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    assert!(
        panic
            .downcast_ref::<&str>()
            .unwrap()
            .contains("Timers::close")
    );
}
