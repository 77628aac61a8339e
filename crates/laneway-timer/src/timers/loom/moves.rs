//! Models of single sleeps: other lanes take them, reset and drop them, while they fire.

use std::task::Waker;

use laneway_loom::sync::Arc;
use laneway_loom::{model, thread};

use super::{BOUND, MS, Woken, in_lane_1, manual, other_lane, pending, poll};

/// One driver has taken word of a sleep, and another word that it is gone: nothing is left, whoever
/// comes first.
#[test]
fn drop_and_two_turns() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let start = timers.now();
        let (woken, waker) = Woken::new();
        let sleep = in_lane_1(|| pending(&timers, start + MS, &waker));
        drop(waker);
        let other = thread::spawn({
            let timers = timers.clone();
            move || {
                in_lane_1(|| drop(sleep));
                let _turn = timers.turn();
            }
        });
        let _turn = timers.turn();
        other.join().unwrap();
        assert_eq!(timers.turn().next, None);
        assert_eq!(woken.count(), 0);
        assert_eq!(Arc::strong_count(&woken.0), 1, "its waker is gone");
    });
}

/// A sleep of this lane goes to a task of another while it fires: that task sees it, or is woken.
#[test]
fn move_away_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let deadline = timers.now() + MS;
        let (woken, waker) = Woken::new();
        let mut sleep = pending(&timers, deadline, Waker::noop());
        clock.advance(MS);
        let other = other_lane(move || {
            let ready = poll(&mut sleep, &waker).is_ready();
            (sleep, ready)
        });
        let _turn = timers.turn();
        let (mut sleep, ready) = other.join().unwrap();
        // What was left after the turn waits for the next.
        let _turn = timers.turn();
        assert!(ready || woken.count() == 1);
        assert!(sleep.is_elapsed());
        assert!(in_lane_1(|| poll(&mut sleep, Waker::noop())).is_ready());
        assert_eq!(timers.next_deadline(), None);
    });
}

/// A sleep of another lane comes to a task of this one while it fires.
#[test]
fn move_back_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let deadline = timers.now() + MS;
        let (woken, waker) = Woken::new();
        let mut sleep = in_lane_1(|| pending(&timers, deadline, Waker::noop()));
        clock.advance(MS);
        let other = thread::spawn(move || {
            let ready = poll(&mut sleep, &waker).is_ready();
            (sleep, ready)
        });
        let _turn = timers.turn();
        let (mut sleep, ready) = other.join().unwrap();
        let _turn = timers.turn();
        assert!(ready || woken.count() == 1);
        assert!(poll(&mut sleep, Waker::noop()).is_ready());
        assert_eq!(timers.next_deadline(), None);
    });
}

/// Another task of another lane polls while the sleep fires.
#[test]
fn change_waker_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let deadline = timers.now() + MS;
        let (woken, waker) = Woken::new();
        let mut sleep = in_lane_1(|| pending(&timers, deadline, Waker::noop()));
        clock.advance(MS);
        let other = other_lane(move || {
            let ready = poll(&mut sleep, &waker).is_ready();
            (sleep, ready)
        });
        assert_eq!(timers.turn().fired, 1);
        let (_sleep, ready) = other.join().unwrap();
        assert!(ready || woken.count() == 1);
    });
}

/// Another lane resets while the sleep fires: it always fires for the new deadline.
#[test]
fn reset_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let start = timers.now();
        let (woken, waker) = Woken::new();
        let mut sleep = in_lane_1(|| pending(&timers, start + MS, &waker));
        clock.advance(MS);
        let other = other_lane(move || {
            sleep.reset(start + 2 * MS);
            sleep
        });
        let fired = timers.turn().fired;
        let mut sleep = other.join().unwrap();
        let early = woken.count();
        assert!(early <= fired);
        if early == 1 {
            // Its task polls because it was woken.
            assert!(in_lane_1(|| poll(&mut sleep, &waker)).is_pending());
        }
        assert_eq!(timers.turn().next, Some(start + 2 * MS));
        clock.advance(MS);
        assert_eq!(timers.turn().fired, 1);
        assert_eq!(woken.count(), early + 1);
        assert!(in_lane_1(|| poll(&mut sleep, &waker)).is_ready());
    });
}
