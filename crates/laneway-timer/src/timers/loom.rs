//! Models of what threads of other lanes do to timers while those of the lane turn them. Every one of
//! them ends: a wake-up that is lost shows as a deadlock.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use laneway_loom::{model, thread};
use laneway_waker::{AtomicWaker, Parker, block_on, lane};

use super::remote::Remote;
use crate::{ManualClock, Sleep, Timers};

mod moves;

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

/// What a driver waits for.
#[derive(Default)]
struct Done {
    is_done: AtomicBool,
    driver: AtomicWaker,
}

impl Done {
    fn new() -> (std::sync::Arc<Self>, Waker) {
        let done = std::sync::Arc::new(Self::default());
        (done.clone(), Waker::from(done))
    }

    /// Drives the timers on this thread until somebody wakes the waker.
    fn drive(&self, timers: &Timers) {
        timers.run_until(poll_fn(|cx| {
            self.driver.register(cx.waker());
            if self.is_done.load(SeqCst) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
    }
}

impl Wake for Done {
    fn wake(self: std::sync::Arc<Self>) {
        self.is_done.store(true, SeqCst);
        self.driver.wake();
    }
}

fn manual() -> (ManualClock, Timers) {
    let clock = ManualClock::new();
    (clock.clone(), Timers::with_clock(clock))
}

fn poll(sleep: &mut Sleep, waker: &Waker) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(waker))
}

fn in_lane_1<R>(f: impl FnOnce() -> R) -> R {
    let _lane = lane::enter(1);
    f()
}

/// A thread of lane 1.
fn other_lane<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> thread::JoinHandle<R> {
    thread::spawn(|| in_lane_1(f))
}

fn pending(timers: &Timers, deadline: Instant, waker: &Waker) -> Sleep {
    let mut sleep = timers.sleep_until(deadline);
    assert!(poll(&mut sleep, waker).is_pending());
    sleep
}

/// The driver computes when to wake and parks; another lane brings an earlier deadline.
#[test]
fn insert_and_park() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        let start = timers.now();
        let _far = pending(&timers, start + 9 * MS, Waker::noop());
        let other = other_lane({
            let timers = timers.clone();
            move || pending(&timers, start + MS, Waker::noop())
        });
        while timers.turn().next != Some(start + MS) {
            parker.park();
        }
        drop(other.join().unwrap());
    });
}

/// As above, with a driver that fires before it asks for the deadline, and two that insert.
#[test]
fn insert_twice_and_park() {
    model(2, || {
        let (_clock, timers) = manual();
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        let start = timers.now();
        let others = [2, 1].map(|n| {
            let timers = timers.clone();
            other_lane(move || pending(&timers, start + n * MS, Waker::noop()))
        });
        loop {
            timers.fire();
            if timers.next_deadline() == Some(start + MS) {
                break;
            }
            parker.park();
        }
        for other in others {
            drop(other.join().unwrap());
        }
    });
}

/// A sleep of this lane is reset by another: its task is woken, and waits for the earlier deadline.
#[test]
fn reset_and_park() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let start = timers.now();
        let (driver, done) = Done::new();
        let parker = Parker::new();
        let waker = Waker::from(parker.unparker());
        let mut sleep = pending(&timers, start + 9 * MS, &waker);
        clock.advance(MS);
        let other = other_lane(move || {
            sleep.reset(start + MS);
            loop {
                parker.park();
                if poll(&mut sleep, &waker).is_ready() {
                    break;
                }
            }
            done.wake();
        });
        driver.drive(&timers);
        other.join().unwrap();
    });
}

/// Another lane waits, while the clock jumps and the driver turns.
#[test]
fn wait_jump_and_turn() {
    model(2, || {
        let (clock, timers) = manual();
        let deadline = timers.now() + MS;
        let (driver, done) = Done::new();
        let other = other_lane({
            let timers = timers.clone();
            move || {
                block_on(timers.sleep_until(deadline));
                done.wake();
            }
        });
        clock.advance(MS);
        driver.drive(&timers);
        other.join().unwrap();
    });
}

/// The driver reads the clock, and another lane has it jump before the driver parks.
#[test]
fn jump_and_park() {
    model(BOUND, || {
        let (clock, timers) = manual();
        let deadline = clock.now() + MS;
        let other = other_lane(move || clock.advance(MS));
        timers.run_until(timers.sleep_until(deadline));
        other.join().unwrap();
    });
}

/// Of two drivers one leaves, while another lane inserts: the one that stays is told.
#[test]
fn a_driver_leaves() {
    model(2, || {
        let (_clock, timers) = manual();
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        let start = timers.now();
        let leaver = thread::spawn({
            let timers = timers.clone();
            move || {
                let mut polls = 0;
                timers.run_until(poll_fn(|cx| {
                    polls += 1;
                    cx.waker().wake_by_ref();
                    if polls > 1 {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                }));
            }
        });
        let other = other_lane({
            let timers = timers.clone();
            move || pending(&timers, start + MS, Waker::noop())
        });
        while timers.turn().next != Some(start + MS) {
            parker.park();
        }
        leaver.join().unwrap();
        drop(other.join().unwrap());
    });
}

/// The timers are closed while another lane begins to wait: it is woken or refused.
#[test]
fn close_and_insert() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let start = timers.now();
        let other = other_lane({
            let timers = timers.clone();
            move || {
                let shared = &timers.shared;
                let remote = Remote::new(shared.timeline.moment(start + MS));
                let is_left = shared.leave_insert(remote.clone());
                (remote, is_left)
            }
        });
        let turner = thread::spawn({
            let timers = timers.clone();
            move || _ = timers.turn()
        });
        timers.close();
        turner.join().unwrap();
        let (remote, is_left) = other.join().unwrap();
        assert!(remote.has_fired() || !is_left);
    });
}

/// A driver has taken the word that another lane has left, and the timers are closed: it is woken.
#[test]
fn close_and_serve() {
    model(BOUND, || {
        let (_clock, timers) = manual();
        let remote = Remote::new(timers.shared.timeline.moment(timers.now() + MS));
        assert!(in_lane_1(|| timers.shared.leave_insert(remote.clone())));
        let turner = thread::spawn({
            let timers = timers.clone();
            move || _ = timers.next_deadline()
        });
        timers.close();
        turner.join().unwrap();
        assert!(remote.has_fired());
    });
}

/// Another lane closes the timers, while one of this lane waits and drives.
#[test]
fn closed_by_another_lane() {
    model(BOUND, || closed_from(1, 0));
}

/// A thread of the main lane closes the timers of another, while one of that lane waits and drives.
#[test]
fn closed_by_the_main_lane() {
    model(BOUND, || closed_from(0, 1));
}

fn closed_from(there: u8, here: u8) {
    let timers = Timers::with_clock(ManualClock::new()).for_lane(here);
    let _lane = lane::enter(here);
    let (done, waker) = Done::new();
    let _sleep = pending(&timers, timers.now() + MS, &waker);
    let other = thread::spawn({
        let timers = timers.clone();
        move || {
            let _lane = lane::enter(there);
            timers.close();
        }
    });
    done.drive(&timers);
    other.join().unwrap();
}
