//! `Sleep::reset`, in every state of a sleep and at random.

use std::time::Duration;

use crate::support::{Woken, manual, ms, poll, poll_once};

#[test]
fn reset_before_the_first_poll() {
    let (clock, timers) = manual();
    let mut sleep = timers.sleep(ms(1));
    sleep.reset(timers.now() + ms(3));
    assert!(poll_once(&mut sleep).is_pending());
    clock.advance(ms(2));
    assert_eq!(timers.turn().fired, 0);
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
}

#[test]
fn reset_while_pending_keeps_the_waker() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = timers.sleep(ms(5));
    assert!(poll(&mut sleep, &waker).is_pending());
    for later in [7, 3] {
        sleep.reset(timers.now() + ms(later));
        assert_eq!(sleep.deadline(), timers.now() + ms(later));
        assert_eq!(timers.next_deadline(), Some(sleep.deadline()));
    }
    clock.advance(ms(3));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(woken.count(), 1);
    assert!(poll(&mut sleep, &waker).is_ready());
}

#[test]
fn reset_after_it_fired() {
    let (clock, timers) = manual();
    for polled_in_between in [false, true] {
        let (woken, waker) = Woken::new();
        let mut sleep = timers.sleep(ms(1));
        assert!(poll(&mut sleep, &waker).is_pending());
        clock.advance(ms(1));
        assert_eq!(timers.turn().fired, 1);
        if polled_in_between {
            assert!(poll(&mut sleep, &waker).is_ready());
        }
        sleep.reset(timers.now() + ms(1));
        assert!(!sleep.is_elapsed());
        assert!(poll(&mut sleep, &waker).is_pending());
        clock.advance(ms(1));
        assert_eq!(timers.turn().fired, 1);
        assert_eq!(woken.count(), 2);
        assert!(poll(&mut sleep, &waker).is_ready());
    }
}

/// Sleeps of 0 to 3 ms, dropped, reset and waited for at random while they fire.
#[test]
fn many_short_sleeps() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut sleeps = Vec::new();
    let mut fired = 0;
    for _ in 0..50_000 {
        let mut sleep = timers.sleep(Duration::from_nanos(next(3_000_000)));
        let _ = poll(&mut sleep, &waker);
        sleeps.push(sleep);
        match next(8) {
            0..3 => drop(sleeps.swap_remove(next(sleeps.len() as u64) as usize)),
            3 => {
                let index = next(sleeps.len() as u64) as usize;
                let deadline = timers.now() + Duration::from_nanos(next(3_000_000));
                sleeps[index].reset(deadline);
                let _ = poll(&mut sleeps[index], &waker);
            }
            4 => clock.advance(Duration::from_nanos(next(100_000))),
            5 => {
                fired += timers.turn().fired;
                sleeps.retain_mut(|sleep| {
                    let due = sleep.deadline() <= clock.now();
                    let ready = poll(sleep, &waker).is_ready();
                    assert_eq!(ready, due);
                    !ready
                });
            }
            _ => {}
        }
    }
    clock.advance(ms(3));
    fired += timers.turn().fired;
    assert_eq!(woken.count(), fired);
    assert_eq!(timers.next_deadline(), None);
    assert!(
        sleeps
            .iter_mut()
            .all(|sleep| poll(sleep, &waker).is_ready())
    );
}
