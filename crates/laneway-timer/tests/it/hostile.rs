//! Wakers that panic, re-enter, or live in a thread that is going away.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::Duration;

use laneway_timer::{Interval, Sleep, Timers};

use crate::support::{Woken, manual, ms, poll, poll_once};

/// Runs a closure when woken and when dropped.
struct Hook {
    on_wake: Box<dyn Fn() + Send + Sync>,
    on_drop: Box<dyn Fn() + Send + Sync>,
}

impl Hook {
    fn waker(
        on_wake: impl Fn() + Send + Sync + 'static,
        on_drop: impl Fn() + Send + Sync + 'static,
    ) -> Waker {
        Waker::from(Arc::new(Self {
            on_wake: Box::new(on_wake),
            on_drop: Box::new(on_drop),
        }))
    }
}

impl Wake for Hook {
    fn wake(self: Arc<Self>) {
        (self.on_wake)();
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        (self.on_drop)();
    }
}

/// A waker whose clone panics.
fn unclonable() -> Waker {
    const VTABLE: RawWakerVTable = RawWakerVTable::new(
        |_| panic!("clone"),
        |_| panic!("wake"),
        |_| panic!("wake"),
        |_| {},
    );
    // SAFETY: the functions ignore the pointer.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) }
}

#[test]
fn a_waker_that_panics_when_cloned_changes_nothing() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = timers.sleep(ms(1));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut sleep, &unclonable()))).is_err());
    assert_eq!(timers.next_deadline(), None);

    assert!(poll(&mut sleep, &waker).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut sleep, &unclonable()))).is_err());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(woken.count(), 1);
    assert!(poll(&mut sleep, &waker).is_ready());
}

#[test]
fn a_waker_that_panics_when_woken_keeps_nobody_asleep() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleeps: Vec<Sleep> = (0..200).map(|_| timers.sleep(ms(1))).collect();
    for (n, sleep) in sleeps.iter_mut().enumerate() {
        let waker = match n % 3 {
            0 => Hook::waker(|| panic!("wake"), || {}),
            _ => waker.clone(),
        };
        assert!(poll(sleep, &waker).is_pending());
    }
    clock.advance(ms(1));
    // Whether the panic passes through is the batch's decision; that all are woken is ours.
    let mut turns = 0;
    while woken.count() < 133 {
        let _ = catch_unwind(AssertUnwindSafe(|| timers.turn()));
        turns += 1;
        assert!(turns < 200);
    }
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn a_waker_that_panics_when_dropped_leaves_the_state_usable() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &Hook::waker(|| {}, || panic!("drop"))).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut sleep, &waker))).is_err());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(
        woken.count(),
        1,
        "the new waker was in place before the old one was dropped"
    );

    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &Hook::waker(|| {}, || panic!("drop"))).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(sleep))).is_err());
    assert_eq!(timers.next_deadline(), None);
}

/// Dropped, replaced and woken wakers all call back into the timers they are stored in.
#[test]
fn wakers_may_use_the_timers_they_come_from() {
    let (clock, timers) = manual();
    let calls = Arc::new(AtomicUsize::new(0));
    let busy = || {
        let (timers, calls) = (timers.clone(), calls.clone());
        move || {
            calls.fetch_add(1, SeqCst);
            let mut sleep = timers.sleep(ms(1));
            assert!(poll_once(&mut sleep).is_pending());
            sleep.reset(timers.now() + ms(2));
            assert!(poll(&mut sleep, &Woken::new().1).is_pending());
            drop(sleep);
            let _ = timers.turn();
            let _ = timers.next_deadline();
        }
    };
    let waker = || Hook::waker(busy(), busy());

    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &waker()).is_pending());
    assert!(poll(&mut sleep, &waker()).is_pending());
    assert_eq!(calls.load(SeqCst), 1, "replaced");
    drop(sleep);
    assert_eq!(calls.load(SeqCst), 2, "dropped");

    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &waker()).is_pending());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(calls.load(SeqCst), 4, "woken and dropped");

    let mut sleep = timers.sleep(ms(1));
    assert!(poll(&mut sleep, &waker()).is_pending());
    let mut other = timers.sleep(ms(1));
    assert!(poll(&mut other, &waker()).is_pending());
    clock.advance(ms(1));
    assert_eq!(timers.turn().fired, 2);
    timers.set_interrupt(waker());
    timers.set_interrupt(Waker::noop().clone());
}

/// A waker whose `wake` drops the very sleep that it was registered by, and its neighbours.
#[test]
fn wakers_may_drop_the_sleeps_that_fire() {
    let (clock, timers) = manual();
    let sleeps = Arc::new(Mutex::new(Vec::<Sleep>::new()));
    for _ in 0..100 {
        let mut sleep = timers.sleep(ms(1));
        let waker = Hook::waker(
            {
                let sleeps = sleeps.clone();
                move || drop(std::mem::take(&mut *sleeps.lock().unwrap()))
            },
            || {},
        );
        assert!(poll(&mut sleep, &waker).is_pending());
        sleeps.lock().unwrap().push(sleep);
    }
    clock.advance(ms(1));
    let fired = timers.turn().fired;
    assert!((1..=100).contains(&fired));
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn an_interrupt_that_panics_is_passed_on_and_all_drivers_are_interrupted() {
    let (_clock, timers) = manual();
    timers.set_interrupt(Hook::waker(|| panic!("interrupt"), || {}));
    let _turn = timers.turn();
    let mut sleep = timers.sleep(ms(1));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut sleep))).is_err());
    assert_eq!(
        timers.next_deadline(),
        Some(sleep.deadline()),
        "it is in the wheel all the same"
    );
    drop(sleep);
    assert_eq!(timers.next_deadline(), None);
}

thread_local! {
    static LATE: RefCell<Vec<Box<dyn Last>>> = const { RefCell::new(Vec::new()) };
}

/// Something that is used for the last time while its thread's locals go away.
trait Last {
    fn used(&mut self);
}

impl Last for Sleep {
    fn used(&mut self) {
        assert!(poll_once(self).is_pending());
    }
}

impl Last for Interval {
    fn used(&mut self) {
        let mut cx = std::task::Context::from_waker(Waker::noop());
        assert!(self.poll_tick(&mut cx).is_ready());
    }
}

impl Last for Timers {
    fn used(&mut self) {
        self.run_until(self.sleep(Duration::from_nanos(1)));
    }
}

struct Late(Box<dyn Last>);

impl Last for Late {
    fn used(&mut self) {}
}

impl Drop for Late {
    fn drop(&mut self) {
        self.0.used();
    }
}

/// Thread-locals are dropped in an order nobody should rely on: use ours before and after, or not.
#[test]
fn all_may_live_in_a_thread_local() {
    for ours_first in [false, true] {
        let made = |timers: &Timers| -> Vec<Box<dyn Last>> {
            vec![
                Box::new(timers.sleep(ms(1))),
                Box::new(timers.interval(ms(1))),
                Box::new(timers.clone()),
            ]
        };
        thread::spawn(move || {
            let timers = Timers::new();
            if ours_first {
                timers.run_until(timers.sleep(Duration::ZERO));
            }
            LATE.with_borrow_mut(|late| {
                late.extend(made(&timers));
                for last in made(&timers) {
                    late.push(Box::new(Late(last)));
                }
            });
            if !ours_first {
                timers.run_until(timers.sleep(Duration::ZERO));
            }
        })
        .join()
        .unwrap();
    }
}
