//! That lanes share no lock: everything a thread of another lane may do, while the lock is held.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use laneway_waker::lane;

use crate::{ManualClock, Sleep, Timers};

const MS: Duration = Duration::from_millis(1);

/// Nothing here takes longer, unless it waits for the lock.
const PATIENCE: Duration = Duration::from_secs(10);

fn poll(sleep: &mut Sleep) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `f` on a thread of `lane`, while this one holds the lock, and has `timers` turned after it.
fn while_locked(timers: &Timers, lane: u8, f: impl FnOnce() + Send + 'static) {
    let guard = timers.shared.lock();
    let (done, wait) = mpsc::channel();
    let other = thread::spawn(move || {
        let _lane = lane::enter(lane);
        f();
        done.send(()).unwrap();
    });
    wait.recv_timeout(PATIENCE)
        .expect("it does not wait for the lock");
    drop(guard);
    other.join().unwrap();
}

#[test]
fn no_other_lane_waits_for_the_lock() {
    let clock = ManualClock::new();
    let timers = Timers::with_clock(clock.clone());
    let start = clock.now();
    let mut moved: Vec<Sleep> = (0..3).map(|_| timers.sleep(MS)).collect();
    assert!(moved.iter_mut().all(|sleep| poll(sleep).is_pending()));
    timers.set_interrupt(Waker::noop().clone());
    assert_eq!(timers.turn().next, Some(start + MS));
    let theirs = timers.clone();
    while_locked(&timers, 1, move || {
        let mut fresh = theirs.sleep(MS);
        assert!(poll(&mut fresh).is_pending());
        assert!(poll(&mut fresh).is_pending());
        fresh.reset(start + 2 * MS);
        assert!(!fresh.is_elapsed());
        drop(fresh);
        drop(moved.pop());
        assert!(poll(&mut moved[0]).is_pending());
        moved[1].reset(start);
        drop(moved);
        for _ in 0..200 {
            assert!(poll(&mut theirs.sleep(MS)).is_pending());
        }
        let mut interval = theirs.interval(MS);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(interval.poll_tick(&mut cx).is_ready());
        assert!(interval.poll_tick(&mut cx).is_pending());
        theirs.set_interrupt(Waker::noop().clone());
        clock.advance(MS);
        assert!(format!("{theirs:?}").contains("locked"));
    });
    assert_eq!(timers.turn().fired, 0, "all have gone");
    assert_eq!(timers.next_deadline(), None);
}

/// Whoever closes them: nobody of their lane may be left to do it.
#[test]
fn any_lane_empties_the_wheel_at_the_end() {
    for closer in [0, 1, 2] {
        let timers = Timers::new().for_lane(2);
        let mut sleep = timers.sleep(MS);
        let pending = |lane| {
            let _lane = lane::enter(lane);
            timers.shared.lock().wheel.len()
        };
        let own = lane::enter(2);
        assert!(poll(&mut sleep).is_pending());
        drop(own);
        assert_eq!(pending(2), 1);
        let _lane = lane::enter(closer);
        timers.close();
        assert_eq!(pending(2), 0);
    }
}

/// A driver that leaves takes its bell along.
#[test]
fn bells_do_not_pile_up() {
    let timers = Timers::new();
    for _ in 0..100 {
        timers.run_until(timers.sleep(Duration::from_nanos(1)));
    }
    assert!(timers.shared.bells.take().count() <= 1);
}
