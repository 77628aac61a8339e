//! Deadlines near and far.

use std::time::{Duration, Instant};

use mio::{Poll, Token};

use super::{LONGEST, Limit, Timer};

#[test]
fn never_too_short() {
    let poll = Poll::new().unwrap();
    let mut timer = Timer::new(poll.registry(), Token(1)).unwrap();
    let start = Instant::now();
    for near in [Duration::ZERO, Duration::from_nanos(1)] {
        assert_eq!(timer.limit(start + near).unwrap(), Limit::Passed);
    }
    for far in [60, 25 * 24 * 3600, 1 << 40].map(Duration::from_secs) {
        let deadline = Instant::now() + far;
        let Limit::Wait(Some(wait)) = timer.limit(deadline).unwrap() else {
            panic!("{far:?} is not over");
        };
        assert!(wait <= LONGEST);
        assert!(wait == LONGEST || Instant::now() + wait >= deadline);
    }
    assert_eq!(timer.fired(), None);
}
