//! `Parker` with threads and clocks that nobody models.

use std::sync::mpsc;
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use laneway_waker::Parker;

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(2);

#[test]
fn a_token_that_came_first_is_taken_at_once_and_once() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    unparker.unpark();
    unparker.clone().unpark();
    assert!(parker.park_deadline(Instant::now()));
    assert!(!parker.park_deadline(Instant::now()));
}

#[test]
fn a_deadline_is_never_early() {
    let parker = Parker::default();
    let deadline = Instant::now() + SHORT;
    assert!(!parker.park_deadline(deadline));
    assert!(Instant::now() >= deadline);
    // And there is nothing left over of it.
    parker.unparker().unpark();
    parker.park();
    assert!(!parker.park_deadline(Instant::now() + SHORT));
}

#[test]
fn a_sleeper_is_woken_before_its_deadline() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let deadline = Instant::now() + LONG;
    let thread = thread::spawn(move || unparker.unpark());
    assert!(parker.park_deadline(deadline));
    assert!(Instant::now() < deadline);
    thread.join().unwrap();
}

#[test]
fn a_deadline_beyond_all_clocks_is_no_deadline() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let years = Duration::from_secs(100 * 365 * 24 * 3600);
    let thread = thread::spawn(move || unparker.unpark());
    assert!(parker.park_deadline(Instant::now() + years));
    thread.join().unwrap();
}

#[test]
fn a_thousand_times_there_and_back() {
    let (ping, pong) = (Parker::new(), Parker::new());
    let (to_ping, to_pong) = (ping.unparker(), pong.unparker());
    let thread = thread::spawn(move || {
        for _ in 0..1000 {
            assert!(pong.park_deadline(Instant::now() + LONG));
            to_ping.unpark();
        }
    });
    for _ in 0..1000 {
        to_pong.unpark();
        assert!(ping.park_deadline(Instant::now() + LONG));
    }
    thread.join().unwrap();
}

#[test]
fn an_unparker_is_a_waker() {
    let parker = Parker::new();
    let waker = Waker::from(parker.unparker());
    assert!(waker.will_wake(&waker.clone()));
    waker.wake_by_ref();
    assert!(parker.park_deadline(Instant::now()));
    waker.wake();
    assert!(parker.park_deadline(Instant::now()));
}

#[test]
fn an_unparker_may_outlive_its_parker_and_a_parker_may_move() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let (done, is_done) = mpsc::channel();
    let thread = thread::spawn(move || {
        parker.park();
        done.send(()).unwrap();
    });
    unparker.unpark();
    is_done.recv_timeout(LONG).unwrap();
    thread.join().unwrap();
    unparker.unpark();
    assert_eq!(format!("{unparker:?}"), "Unparker { state: notified }");
}

#[test]
fn debug_shows_the_state() {
    let parker = Parker::new();
    assert_eq!(format!("{parker:?}"), "Parker { state: empty }");
}
