//! Models of waiting: registering against events, leaving against events, closing.

use std::future::poll_fn;
use std::task::Poll;

use laneway_loom::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use laneway_loom::{model, thread};
use laneway_waker::{WakeBatch, block_on};

use super::Source;
use crate::direction::Directions;
use crate::readiness::Says;
use crate::wait::Wait;

const READY: Says = Says {
    ready: true,
    closed: false,
    error: false,
};
const NOTHING: Says = Says {
    ready: false,
    closed: false,
    error: false,
};

fn readable(source: &Source) {
    source.event(READY, NOTHING, &mut WakeBatch::new());
}

/// Waits as an async method does.
fn wait(source: &Source, directions: Directions) -> bool {
    let mut wait = Wait::new(source, directions);
    block_on(poll_fn(|cx| wait.poll(cx))).is_ok()
}

/// Runs both ways round who waits and who brings the event: loom, which remembers only the last access to
/// a word, explores them differently.
fn either_way(preemptions: usize, wait: fn(&Source), event: fn(&Source)) {
    for (here, there) in [(wait, event), (event, wait)] {
        model(preemptions, move || {
            let source = Arc::new(Source::new(Directions::NONE));
            let other = thread::spawn({
                let source = source.clone();
                move || there(&source)
            });
            here(&source);
            other.join().unwrap();
        });
    }
}

/// The waiter of a `poll_*` method.
#[test]
fn polled() {
    let wait = |source: &Source| {
        block_on(poll_fn(|cx| source.poll_ready(cx, Directions::READ))).unwrap();
    };
    either_way(3, wait, readable);
}

/// The first future that waits.
#[test]
fn solo() {
    either_way(
        3,
        |source| assert!(wait(source, Directions::READ)),
        readable,
    );
}

/// A future that waits for both directions, so in the crowd.
#[test]
fn crowd() {
    either_way(
        3,
        |source| assert!(wait(source, Directions::BOTH)),
        readable,
    );
}

/// One event is for all who wait, wherever they stand.
#[test]
fn all_wake() {
    all_get_ready([Directions::READ, Directions::BOTH]);
}

/// Two futures for the same direction: one gets the place, the other stands in the crowd.
#[test]
fn two_readers() {
    all_get_ready([Directions::READ, Directions::READ]);
}

fn all_get_ready(waiting: [Directions; 2]) {
    model(2, move || {
        let source = Arc::new(Source::new(Directions::NONE));
        let others = waiting.map(|directions| {
            let source = source.clone();
            thread::spawn(move || wait(&source, directions))
        });
        readable(&source);
        for other in others {
            assert!(other.join().unwrap());
        }
    });
}

/// Two that come one after the other into the same place, the first dropped while it waits.
#[test]
fn a_place_changes_hands() {
    model(3, || {
        let source = Arc::new(Source::new(Directions::NONE));
        let event = thread::spawn({
            let source = source.clone();
            move || readable(&source)
        });
        let mut first = Wait::new(&source, Directions::READ);
        let _ = block_on(poll_fn(|cx| Poll::Ready(first.poll(cx))));
        drop(first);
        assert!(wait(&source, Directions::READ));
        event.join().unwrap();
    });
}

/// One who uses up what each event announces gets to the last, though it clears in between.
#[test]
fn clear_and_wait_again() {
    model(3, || {
        let shared = Arc::new((Source::new(Directions::NONE), AtomicU32::new(0)));
        let events = thread::spawn({
            let shared = shared.clone();
            move || {
                for n in 1..=2 {
                    shared.1.store(n, Relaxed);
                    readable(&shared.0);
                }
            }
        });
        let (source, data) = &*shared;
        let mut wait = Wait::new(source, Directions::READ);
        loop {
            let seen = block_on(poll_fn(|cx| wait.poll(cx))).unwrap();
            if data.load(Relaxed) == 2 {
                break;
            }
            source.clear(seen);
        }
        drop(wait);
        events.join().unwrap();
    });
}

/// Closing reaches whoever waits, or is about to.
#[test]
fn shut_down() {
    either_way(
        3,
        |source| assert!(!wait(source, Directions::WRITE)),
        |source| source.shut_down(&mut WakeBatch::new()),
    );
}
