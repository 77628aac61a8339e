//! Deadlines near and far, and when the timer is armed.

use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use rustix::time::timerfd_gettime;

use super::{Limit, Timer};

const TOKEN: Token = Token(1);

/// Waits for the timer's event.
fn wait(poll: &mut Poll) {
    let mut events = Events::with_capacity(4);
    while events.is_empty() {
        poll.poll(&mut events, None).unwrap();
    }
    assert!(events.iter().all(|event| event.token() == TOKEN));
}

#[test]
fn never_early_and_armed_as_far_as_it_goes() {
    let mut poll = Poll::new().unwrap();
    let mut timer = Timer::new(poll.registry(), TOKEN).unwrap();
    let start = Instant::now();
    for near in [Duration::ZERO, Duration::from_nanos(1)] {
        assert_eq!(timer.limit(start + near).unwrap(), Limit::Passed);
    }
    for near in [1, 999, 1000, 1500].map(Duration::from_micros) {
        let deadline = Instant::now() + near;
        if timer.limit(deadline).unwrap() == Limit::Wait(None) {
            wait(&mut poll);
            assert!(Instant::now() >= deadline, "{near:?}");
            assert_eq!(timer.fired(), Some(deadline));
        }
        assert_eq!(timer.limit(deadline).unwrap(), Limit::Passed);
    }
    let mut farthest = Duration::from_secs(i64::MAX as u64);
    while start.checked_add(farthest).is_none() {
        farthest /= 2;
    }
    for far in [
        Duration::from_secs(25 * 24 * 3600),
        Duration::from_secs(1 << 40),
        farthest,
    ] {
        let mut timer = Timer::new(Poll::new().unwrap().registry(), TOKEN).unwrap();
        assert_eq!(timer.limit(start + far).unwrap(), Limit::Wait(None));
        let left = timerfd_gettime(&timer.fd).unwrap().it_value.tv_sec;
        let expected = far.as_secs().min(i64::MAX as u64 / 1_000_000_000) as i64;
        assert!(left > expected / 10 * 9, "{far:?}: {left} s");
    }
}

/// Only an earlier deadline arms it again; a later one waits for the earlier to fire.
#[test]
fn armed_only_when_needed() {
    let mut poll = Poll::new().unwrap();
    let mut timer = Timer::new(poll.registry(), TOKEN).unwrap();
    let start = Instant::now();
    let soon = start + Duration::from_millis(30);
    timer.limit(start + Duration::from_secs(10)).unwrap();
    timer.limit(soon).unwrap();
    for later in 1..100 {
        assert_eq!(
            timer.limit(start + Duration::from_secs(later)).unwrap(),
            Limit::Wait(None)
        );
        assert_eq!(timer.armed, Some(soon));
    }
    wait(&mut poll);
    assert_eq!(timer.fired(), Some(soon));
    assert_eq!(timer.armed, None);
    timer.limit(start + Duration::from_secs(10)).unwrap();
    assert_eq!(timer.armed, Some(start + Duration::from_secs(10)));
}

/// A deadline known to be over needs no look at the clock: nothing changes.
#[test]
fn the_past_is_known() {
    let poll = Poll::new().unwrap();
    let mut timer = Timer::new(poll.registry(), TOKEN).unwrap();
    let known = timer.passed;
    assert_eq!(timer.limit(known).unwrap(), Limit::Passed);
    assert_eq!((timer.passed, timer.armed), (known, None));
}
