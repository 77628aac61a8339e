//! `Timers::turn`: what it reports, what it promises, whom it has interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Wake, Waker};
use std::time::Duration;

use laneway_timer::{Sleep, Timers};

use crate::support::{Woken, manual, ms, poll, poll_once};

fn queued(timers: &Timers, duration: Duration) -> Sleep {
    let mut sleep = timers.sleep(duration);
    assert!(poll_once(&mut sleep).is_pending());
    sleep
}

#[test]
fn only_a_deadline_before_the_promised_one_interrupts() {
    let (_clock, timers) = manual();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let _before = queued(&timers, ms(50));
    assert_eq!(interrupted.count(), 0, "nothing was promised yet");

    assert_eq!(timers.turn().next, Some(timers.now() + ms(50)));
    let _later = queued(&timers, ms(51));
    let _same = queued(&timers, ms(50));
    assert_eq!(interrupted.count(), 0);
    let _earlier = queued(&timers, ms(49));
    assert_eq!(interrupted.count(), 1);
    let _not_as_early = queued(&timers, ms(49));
    assert_eq!(interrupted.count(), 1, "the sleeper is on its way");
    let mut moved = queued(&timers, ms(60));
    moved.reset(timers.now() + ms(48));
    assert_eq!(interrupted.count(), 2, "a reset counts");

    assert_eq!(timers.next_deadline(), Some(timers.now() + ms(48)));
    let _first = queued(&timers, ms(47));
    assert_eq!(
        interrupted.count(),
        3,
        "so does the promise of next_deadline"
    );
}

#[test]
fn who_is_awake_is_not_interrupted() {
    let (clock, timers) = manual();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let _turn = timers.turn();
    let first = queued(&timers, ms(1));
    assert_eq!(interrupted.count(), 1);
    clock.advance(ms(1));
    assert_eq!(
        interrupted.count(),
        2,
        "a clock that jumps interrupts everybody"
    );
    assert_eq!(timers.fire(), 1);
    drop(first);
    let _second = queued(&timers, ms(1));
    assert_eq!(interrupted.count(), 2, "fire promises nothing");
    assert_eq!(timers.turn().next, Some(timers.now() + ms(1)));
}

#[test]
fn a_removed_deadline_leaves_the_promise_early() {
    let (_clock, timers) = manual();
    let sleep = queued(&timers, ms(1));
    assert!(timers.turn().next.is_some());
    drop(sleep);
    assert_eq!(timers.turn().next, None);
}

/// A driver that is asleep until a far deadline has no reason to wake before it.
#[test]
fn few_far_deadlines_are_reported_exactly() {
    let (clock, timers) = manual();
    let start = timers.now();
    let day = Duration::from_secs(24 * 60 * 60);
    let sleeps: Vec<_> = (1..=8).map(|n| queued(&timers, n * day)).collect();
    for n in 1..=8 {
        assert_eq!(timers.turn().next, Some(start + n * day));
        clock.advance(day);
        assert_eq!(timers.turn().fired, 1);
    }
    drop(sleeps);
}

/// A waker that waits again at once must not keep the turn from its end.
#[test]
fn a_turn_ends_although_its_wakers_wait_again() {
    struct Again {
        timers: Timers,
        count: AtomicUsize,
    }
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            self.count.fetch_add(1, SeqCst);
            let mut sleep = self.timers.sleep(Duration::from_nanos(1));
            assert!(poll(&mut sleep, &Waker::from(self)).is_pending());
            std::mem::forget(sleep);
        }
    }
    let (clock, timers) = manual();
    let again = Arc::new(Again {
        timers: timers.clone(),
        count: AtomicUsize::new(0),
    });
    again.clone().wake();
    for n in 2..10 {
        clock.advance(Duration::from_nanos(1));
        assert_eq!(timers.turn().fired, 1);
        assert_eq!(again.count.load(SeqCst), n);
    }
    timers.close();
}
