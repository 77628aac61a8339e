//! Models of what threads do to the same timers at once. Every one of them ends: a wake-up that is
//! lost shows as a deadlock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use laneway_loom::{model, thread};
use laneway_timer::{Clock, ManualClock, Sleep, Timers};
use laneway_waker::Parker;

const MS: Duration = Duration::from_millis(1);

/// How often a thread may be preempted.
const BOUND: usize = 3;

#[derive(Clone)]
struct Woken(Arc<AtomicUsize>);

impl Woken {
    fn new() -> (Self, Waker) {
        let woken = Self(Arc::new(AtomicUsize::new(0)));
        (woken.clone(), Waker::from(std::sync::Arc::new(woken)))
    }

    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A clock that is moved by hand, and does not say so.
#[derive(Clone)]
struct Flowing(ManualClock);

impl Clock for Flowing {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

fn manual() -> (ManualClock, Timers) {
    let clock = ManualClock::new();
    (clock.clone(), Timers::with_clock(clock))
}

fn poll(sleep: &mut Sleep, waker: &Waker) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(waker))
}

fn queued(timers: &Timers, duration: Duration) -> Sleep {
    let mut sleep = timers.sleep(duration);
    assert!(poll(&mut sleep, Waker::noop()).is_pending());
    sleep
}

/// The driver computes when to wake and parks; somebody brings an earlier deadline.
#[test]
fn insert_earlier_and_park() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        let _far = queued(&timers, 9 * MS);
        let start = timers.now();
        let inserter = thread::spawn({
            let timers = timers.clone();
            move || queued(&timers, MS)
        });
        while timers.turn().next != Some(start + MS) {
            parker.park();
        }
        drop(inserter.join().unwrap());
    });
}

/// A driver that rests goes to sleep for long; somebody brings a deadline that is to fire at the end
/// of the rest.
#[test]
fn insert_in_a_rest_and_park() {
    model(BOUND, || {
        let clock = Flowing(ManualClock::new());
        let timers = Timers::with_clock(clock.clone());
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        let first = queued(&timers, MS);
        clock.0.advance(2 * MS);
        assert_eq!(timers.fire(), 1);
        drop(first);
        let inserter = thread::spawn({
            let timers = timers.clone();
            move || queued(&timers, Duration::from_nanos(1))
        });
        let rest_end = timers.now() + MS / 5;
        while timers
            .turn()
            .sleep_until
            .is_none_or(|until| until > rest_end)
        {
            parker.park();
        }
        drop(inserter.join().unwrap());
    });
}

/// As above, by a reset, and by a driver that fires before it asks for the deadline.
#[test]
fn reset_earlier_and_park() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        let mut sleep = queued(&timers, 9 * MS);
        let start = timers.now();
        let resetter = thread::spawn(move || {
            sleep.reset(start + MS);
            sleep
        });
        loop {
            timers.fire();
            if timers.next_deadline() == Some(start + MS) {
                break;
            }
            parker.park();
        }
        drop(resetter.join().unwrap());
    });
}

/// The driver reads the clock, and it jumps before the driver parks.
#[test]
fn jump_and_park() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let deadline = clock.now() + MS;
        let jumper = thread::spawn(move || clock.advance(MS));
        timers.run_until(timers.sleep_until(deadline));
        jumper.join().unwrap();
    });
}

/// Two drivers; the one that is told leaves first.
#[test]
fn two_drivers() {
    model(2, || {
        let (clock, timers) = manual();
        let start = timers.now();
        let other = thread::spawn({
            let timers = timers.clone();
            move || timers.run_until(timers.sleep_until(start + MS))
        });
        clock.advance(MS);
        timers.run_until(timers.sleep_until(start + MS));
        other.join().unwrap();
    });
}

/// A sleep is dropped while it fires: woken or not, its entry and its waker are gone.
#[test]
fn drop_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut sleep = timers.sleep(MS);
        assert!(poll(&mut sleep, &waker).is_pending());
        drop(waker);
        clock.advance(MS);
        let dropper = thread::spawn(move || drop(sleep));
        let fired = timers.turn().fired;
        dropper.join().unwrap();
        assert_eq!(woken.count(), fired);
        assert_eq!(timers.next_deadline(), None);
    });
}

/// One sleep is dropped, its neighbour in the same slot is put there, and the slot fires.
#[test]
fn cancel_insert_and_fire() {
    model(2, || {
        let (clock, timers) = manual();
        let (cancelled, cancelled_waker) = Woken::new();
        let (kept, kept_waker) = Woken::new();
        let start = timers.now();
        let mut first = timers.sleep_until(start + MS);
        assert!(poll(&mut first, &cancelled_waker).is_pending());
        clock.advance(MS);
        let canceller = thread::spawn(move || drop(first));
        let inserter = thread::spawn({
            let timers = timers.clone();
            move || {
                let mut second = timers.sleep_until(start + MS);
                let ready = poll(&mut second, &kept_waker).is_ready();
                (second, ready)
            }
        });
        let mut fired = timers.turn().fired;
        canceller.join().unwrap();
        let (_second, ready) = inserter.join().unwrap();
        fired += timers.turn().fired;
        assert_eq!(cancelled.count() + kept.count(), fired);
        assert!(ready || kept.count() == 1);
        assert_eq!(timers.next_deadline(), None);
    });
}

/// A sleep moves while it fires: it fires for the old deadline or not, and always for the new one.
#[test]
fn reset_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut sleep = timers.sleep(MS);
        let later = timers.now() + 2 * MS;
        assert!(poll(&mut sleep, &waker).is_pending());
        clock.advance(MS);
        let resetter = thread::spawn(move || {
            sleep.reset(later);
            sleep
        });
        let fired = timers.turn().fired;
        let mut sleep = resetter.join().unwrap();
        assert_eq!(woken.count(), fired);
        if fired == 1 {
            // Its task polls because it was woken.
            assert!(poll(&mut sleep, &waker).is_pending());
        }
        clock.advance(MS);
        assert_eq!(timers.turn().fired, 1);
        assert_eq!(woken.count(), fired + 1);
        assert!(poll(&mut sleep, &waker).is_ready());
    });
}

/// Another task polls while the sleep fires: it sees that, or is woken.
#[test]
fn change_waker_and_fire() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let (first, first_waker) = Woken::new();
        let (second, second_waker) = Woken::new();
        let mut sleep = timers.sleep(MS);
        assert!(poll(&mut sleep, &first_waker).is_pending());
        clock.advance(MS);
        let poller = thread::spawn(move || {
            let ready = poll(&mut sleep, &second_waker).is_ready();
            (sleep, ready)
        });
        let fired = timers.turn().fired;
        let (_sleep, ready) = poller.join().unwrap();
        assert_eq!(first.count() + second.count(), fired);
        assert!(ready || second.count() == 1);
        assert_eq!(timers.next_deadline(), None);
    });
}

/// Two threads turn at once: everything fires, once.
#[test]
fn two_turns() {
    model(2, || {
        let (clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut sleeps = [timers.sleep(MS), timers.sleep(2 * MS)];
        for sleep in &mut sleeps {
            assert!(poll(sleep, &waker).is_pending());
        }
        clock.advance(2 * MS);
        let other = thread::spawn({
            let timers = timers.clone();
            move || timers.turn().fired
        });
        let fired = timers.turn().fired;
        assert_eq!(fired + other.join().unwrap(), 2);
        assert_eq!(woken.count(), 2);
    });
}

/// The timers are closed while somebody waits: it is woken.
#[test]
fn close_and_wait() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let (woken, waker) = Woken::new();
        let mut sleep = timers.sleep(MS);
        assert!(poll(&mut sleep, &waker).is_pending());
        let other = thread::spawn({
            let timers = timers.clone();
            move || _ = timers.turn()
        });
        timers.close();
        other.join().unwrap();
        assert_eq!(woken.count(), 1);
        drop(sleep);
    });
}

/// Who sees the new time of a clock sees what was done before it came.
#[test]
fn the_time_brings_the_news() {
    model(BOUND, || {
        let clock = ManualClock::new();
        let before = clock.now();
        let news = Arc::new(AtomicUsize::new(0));
        let other = thread::spawn({
            let (clock, news) = (clock.clone(), news.clone());
            move || {
                if clock.now() > before {
                    assert_eq!(news.load(Relaxed), 1);
                }
            }
        });
        news.store(1, Relaxed);
        clock.advance(MS);
        other.join().unwrap();
    });
}
