//! `Timeout`: which of the two comes first.

use std::future::{pending, poll_fn, ready};
use std::io;
use std::task::Poll;
use std::time::Duration;

use laneway_timer::{Elapsed, Timers};
use laneway_waker::budget;

use crate::support::{Woken, manual, ms, poll, poll_once};

#[test]
fn a_future_that_is_ready_at_once_is_never_too_late() {
    let (clock, timers) = manual();
    let past = timers.now();
    clock.advance(ms(1));
    assert_eq!(
        poll_once(&mut timers.timeout(Duration::ZERO, ready(1))),
        Poll::Ready(Ok(1))
    );
    assert_eq!(
        poll_once(&mut timers.timeout_at(past, ready(2))),
        Poll::Ready(Ok(2))
    );
    assert_eq!(
        poll_once(&mut timers.timeout(Duration::MAX, ready(3))),
        Poll::Ready(Ok(3))
    );
}

#[test]
fn a_future_that_is_not_ready_is_given_up_at_the_deadline() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut timeout = timers.timeout(ms(10), pending::<()>());
    assert_eq!(timeout.deadline(), timers.now() + ms(10));
    assert!(poll(&mut timeout, &waker).is_pending());
    clock.advance(ms(9));
    assert_eq!(timers.turn().fired, 0);
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(woken.count(), 1);
    assert!(matches!(
        poll(&mut timeout, &waker),
        Poll::Ready(Err(Elapsed { .. }))
    ));
}

#[test]
fn no_time_at_all() {
    let (clock, timers) = manual();
    let past = timers.now();
    clock.advance(ms(1));
    assert!(poll_once(&mut timers.timeout(Duration::ZERO, pending::<()>())).is_ready());
    assert!(poll_once(&mut timers.timeout_at(past, pending::<()>())).is_ready());
}

#[test]
fn a_future_that_is_ready_in_time_leaves_nothing_in_the_wheel() {
    let (_clock, timers) = manual();
    let mut polls = 0;
    let mut timeout = timers.timeout(
        ms(10),
        poll_fn(move |_| {
            polls += 1;
            if polls == 2 {
                Poll::Ready(polls)
            } else {
                Poll::Pending
            }
        }),
    );
    assert!(poll_once(&mut timeout).is_pending());
    assert!(timers.next_deadline().is_some());
    assert_eq!(poll_once(&mut timeout), Poll::Ready(Ok(2)));
    drop(timeout);
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn the_future_can_be_reached_and_taken_back() {
    let (_clock, timers) = manual();
    let mut timeout = timers.timeout(ms(1), ready(5));
    let _: &std::future::Ready<i32> = timeout.get_ref();
    assert_eq!(poll_once(timeout.get_mut()), Poll::Ready(5));
    let mut timeout = Box::pin(timers.timeout(ms(1), ready(6)));
    assert_eq!(
        poll_once(&mut timeout.as_mut().get_pin_mut()),
        Poll::Ready(6)
    );
    let mut future = timers.timeout(ms(1), ready(7)).into_inner();
    assert_eq!(poll_once(&mut future), Poll::Ready(7));
}

#[test]
fn elapsed_is_an_error_of_kind_timed_out() {
    let (_clock, timers) = manual();
    let Poll::Ready(Err(elapsed)) = poll_once(&mut timers.timeout(Duration::ZERO, pending::<()>()))
    else {
        panic!("it is over")
    };
    assert_eq!(elapsed.to_string(), "the deadline has elapsed");
    assert_eq!(io::Error::from(elapsed).kind(), io::ErrorKind::TimedOut);
}

/// An always ready source, read in a loop: each poll ends only because the budget is spent.
async fn always_ready(timers: &Timers) {
    loop {
        timers.sleep(Duration::ZERO).await;
    }
}

#[test]
fn a_future_that_spends_its_budget_in_each_poll_is_ended_in_time() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut timeout = Box::pin(timers.timeout(ms(10), always_ready(&timers)));
    for n in 1..10 {
        clock.advance(ms(1));
        let _turn = timers.turn();
        assert!(budget::with(budget::UNITS, || poll(&mut timeout, &waker)).is_pending());
        assert_eq!(woken.count(), n, "out of budget, so it has woken itself");
    }
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert!(budget::with(budget::UNITS, || poll(&mut timeout, &waker)).is_ready());
}

#[test]
fn ends_are_paid_for() {
    let (clock, timers) = manual();
    let past = timers.now();
    clock.advance(ms(1));
    let mut ended = 0;
    let mut task = Box::pin(async {
        loop {
            let _ = timers.timeout_at(past, pending::<()>()).await;
            ended += 1;
        }
    });
    assert!(budget::with(10, || poll_once(&mut task)).is_pending());
    drop(task);
    assert_eq!(ended, 10);
}
