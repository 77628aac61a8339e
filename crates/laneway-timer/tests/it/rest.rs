//! Who has woken and fired several rests, and what falls due meanwhile fires together.

use std::time::{Duration, Instant};

use laneway_timer::{Sleep, Timers};

use crate::support::{SetClock, Woken, manual, poll_once};

const TICK: Duration = Duration::from_nanos(1 << 12);

/// How long a rest lasts.
const REST: Duration = Duration::from_nanos(24 << 12);

fn flowing() -> (SetClock, Timers, Instant) {
    let clock = SetClock::new();
    let timers = Timers::with_clock(clock.clone());
    let origin = timers.now();
    (clock, timers, origin)
}

fn queued(timers: &Timers, deadline: Instant) -> Sleep {
    let mut sleep = timers.sleep_until(deadline);
    assert!(poll_once(&mut sleep).is_pending());
    sleep
}

/// Timers of which two have fired, at the instant returned; for the next ones there is a rest.
fn resting() -> (SetClock, Timers, Instant) {
    let (clock, timers, origin) = flowing();
    let at = origin + 1000 * TICK;
    let _first = [queued(&timers, at), queued(&timers, at)];
    assert_eq!(timers.turn().sleep_until, Some(at));
    clock.set(at);
    assert_eq!(timers.fire(), 2);
    (clock, timers, at)
}

#[test]
fn dense_ones_fire_together_and_none_early() {
    let (clock, timers, at) = resting();
    let mut second = queued(&timers, at + 5 * TICK);
    let mut third = queued(&timers, at + 20 * TICK);
    let mut last = queued(&timers, at + 25 * TICK);
    let turn = timers.turn();
    assert_eq!(turn.next, Some(at + 5 * TICK), "the deadline itself");
    assert_eq!(turn.sleep_until, Some(at + REST));
    clock.set(at + REST);
    assert_eq!(timers.fire(), 2);
    assert!(poll_once(&mut second).is_ready() && poll_once(&mut third).is_ready());
    assert!(poll_once(&mut last).is_pending());
    assert_eq!(timers.turn().sleep_until, Some(at + 2 * REST));
}

#[test]
fn a_sparse_one_fires_at_its_instant() {
    let (clock, timers, mut at) = resting();
    for distance in [REST + TICK, 2 * REST, 1000 * TICK, 12345 * TICK] {
        at += distance;
        let _sleep = queued(&timers, at);
        assert_eq!(timers.turn().sleep_until, Some(at));
        clock.set(at - Duration::from_nanos(1));
        assert_eq!(timers.fire(), 0);
        clock.set(at);
        assert_eq!(timers.fire(), 1);
    }
}

/// One that fired alone is followed by no rest: it may be one of a row, each made by the one before.
#[test]
fn a_row_of_short_ones_fires_at_each_instant() {
    let (clock, timers, mut at) = flowing();
    for _ in 0..5 {
        at += TICK;
        let _sleep = queued(&timers, at);
        assert_eq!(timers.turn().sleep_until, Some(at));
        clock.set(at);
        assert_eq!(timers.fire(), 1);
    }
}

/// The next wake-up is not moved by how late this one was, unless that was half a rest.
#[test]
fn rests_follow_each_other_though_the_driver_wakes_late() {
    let (clock, timers, at) = resting();
    let _dense: Vec<_> = (1..200).map(|n| queued(&timers, at + n * TICK)).collect();
    for (late, until) in [(0, 2), (11, 3)] {
        let wake_up = timers.turn().sleep_until.unwrap();
        clock.set(wake_up + late * TICK);
        assert!(timers.fire() > 0);
        assert_eq!(timers.turn().sleep_until, Some(at + until * REST));
    }
    let woken = at + 3 * REST + 12 * TICK;
    clock.set(woken);
    assert!(timers.fire() > 0);
    assert_eq!(timers.turn().sleep_until, Some(woken + REST));
}

/// Who is awake anyway fires what is due, and that makes the rest no longer.
#[test]
fn a_turn_in_a_rest_fires_what_is_due() {
    let (clock, timers, at) = resting();
    let _sleeps = [at + TICK, at + 3 * TICK].map(|deadline| queued(&timers, deadline));
    clock.set(at + 2 * TICK);
    assert_eq!(timers.fire(), 1);
    assert_eq!(timers.turn().sleep_until, Some(at + REST));
}

#[test]
fn no_deadline_in_a_rest_interrupts_it() {
    let (_clock, timers, at) = resting();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let far = at + 1000 * TICK;
    let _far = queued(&timers, far);
    assert_eq!(timers.turn().sleep_until, Some(far));

    let _in_it = queued(&timers, at + 2 * TICK);
    assert_eq!(interrupted.count(), 1, "the driver would sleep beyond it");
    let _earlier = queued(&timers, at + TICK);
    assert_eq!(interrupted.count(), 1, "it is on its way");
    assert_eq!(timers.turn().fired, 0);
    assert_eq!(timers.turn().sleep_until, Some(at + REST));
    let _another = queued(&timers, at + TICK);
    let mut moved = queued(&timers, far);
    moved.reset(at + 2 * TICK);
    assert_eq!(interrupted.count(), 1, "it wakes for them at the end");
}

#[test]
fn a_deadline_after_the_rest_interrupts_who_would_sleep_longer() {
    let (_clock, timers, at) = resting();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    assert_eq!(timers.turn().sleep_until, None);
    let _after = queued(&timers, at + REST + TICK);
    assert_eq!(interrupted.count(), 1);
    assert_eq!(timers.turn().sleep_until, Some(at + REST + TICK));
}

/// What fires nothing is no reason to rest.
#[test]
fn a_turn_in_vain_is_followed_by_no_rest() {
    let (clock, timers, origin) = flowing();
    let gone = queued(&timers, origin + 70 * TICK);
    let _left = queued(&timers, origin + 71 * TICK);
    assert_eq!(timers.turn().sleep_until, Some(origin + 70 * TICK));
    drop(gone);
    clock.set(origin + 70 * TICK);
    let turn = timers.turn();
    assert_eq!(
        (turn.fired, turn.sleep_until),
        (0, Some(origin + 71 * TICK))
    );
}

#[test]
fn there_is_no_rest_on_a_clock_that_jumps() {
    let (clock, timers) = manual();
    let start = clock.now();
    let _sleeps = [1, 2].map(|nanos| queued(&timers, start + Duration::from_nanos(nanos)));
    for _ in 0..2 {
        clock.advance(Duration::from_nanos(1));
        assert_eq!(timers.turn().fired, 1);
    }
}
