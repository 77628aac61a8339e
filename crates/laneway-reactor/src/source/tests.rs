//! A source's two directions, and its places.

use laneway_waker::WakeBatch;

use super::{Snapshot, Source};
use crate::direction::{Direction, Directions};
use crate::readiness::Says;

const READY: Says = Says {
    ready: true,
    closed: false,
    error: false,
};
const NOTHING: Says = Says {
    ready: false,
    ..READY
};

fn seen(source: &Source, directions: Directions) -> Option<Snapshot> {
    match source.check(directions) {
        std::task::Poll::Ready(seen) => Some(seen.unwrap()),
        std::task::Poll::Pending => None,
    }
}

/// Events of one direction do not keep the other from being cleared.
#[test]
fn directions_are_cleared_apart() {
    let source = Source::new(Directions::NONE);
    let mut batch = WakeBatch::new();
    source.event(READY, NOTHING, &mut batch);
    for _ in 0..1000 {
        let read = seen(&source, Directions::READ).unwrap();
        source.event(NOTHING, READY, &mut batch);
        source.clear(read);
        assert!(seen(&source, Directions::READ).is_none());
        assert!(seen(&source, Directions::WRITE).is_some());
        source.event(READY, NOTHING, &mut batch);
    }
    // Who asked about both clears both, and each only if nothing came since.
    let both = seen(&source, Directions::BOTH).unwrap();
    source.event(NOTHING, READY, &mut batch);
    source.clear(both);
    assert!(seen(&source, Directions::READ).is_none());
    assert!(seen(&source, Directions::WRITE).is_some());
}

/// What is known from the start needs no event.
#[test]
fn known_from_the_start() {
    let source = Source::new(Directions::WRITE);
    assert!(seen(&source, Directions::READ).is_none());
    let write = seen(&source, Directions::WRITE).unwrap();
    source.clear_ready(write);
    assert!(seen(&source, Directions::BOTH).is_none());
}

/// A place has one owner at a time.
#[test]
fn solo() {
    let source = Source::new(Directions::NONE);
    let place = &source.side(Direction::Read).solo;
    assert!(place.claim());
    assert!(!place.claim());
    assert!(source.side(Direction::Write).solo.claim());
    place.leave();
    assert!(place.claim());
}
