//! Sleeps that go from lane to lane: at random, on several threads, and with wakers that misbehave.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::executor::block_on;
use laneway_timer::{Sleep, Timers};
use laneway_waker::lane;

use crate::lanes::{as_lane, pending};
use crate::support::{Woken, manual, ms, poll};

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sleeps that change sides at random between polls, resets, jumps and turns: each is ready when it is
/// due and not before, and its task is always woken for that.
#[test]
fn sleeps_that_change_sides() {
    let (clock, timers) = manual();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    struct Task {
        sleep: Sleep,
        woken: Arc<Woken>,
        /// How often it had been woken when it last began to wait.
        waits: Option<usize>,
    }
    let mut tasks = Vec::new();
    for step in 0..100_000 {
        let lane = next(2) as u8;
        let index = next(16) as usize;
        let duration = Duration::from_nanos(next(50));
        match next(8) {
            0 => {
                tasks.truncate(index);
                let sleep = timers.sleep(duration);
                let (woken, waits) = (Woken::new().0, None);
                tasks.push(Task {
                    sleep,
                    woken,
                    waits,
                });
            }
            1 if index < tasks.len() => as_lane(lane, || drop(tasks.swap_remove(index))),
            2 => clock.advance(duration),
            3 => {
                let _turn = timers.turn();
                let now = timers.now();
                for task in &tasks {
                    let is_due = task.sleep.deadline() <= now;
                    assert_eq!(task.sleep.is_elapsed(), is_due, "step {step}");
                    if let Some(count) = task.waits {
                        assert!(!is_due || task.woken.count() > count, "step {step}");
                    }
                }
            }
            action => {
                let Some(task) = tasks.get_mut(index) else {
                    continue;
                };
                if action == 4 {
                    as_lane(lane, || task.sleep.reset(timers.now() + duration));
                    continue;
                }
                // Now and then another task takes over.
                if action == 5 {
                    (task.woken, task.waits) = (Woken::new().0, None);
                }
                let waker = Waker::from(task.woken.clone());
                let count = task.woken.count();
                let is_due = task.sleep.deadline() <= timers.now();
                let poll = as_lane(lane, || poll(&mut task.sleep, &waker));
                assert!(poll.is_pending() || is_due, "step {step}: early");
                task.waits = poll.is_pending().then_some(count);
            }
        }
    }
    drop(tasks);
    assert_eq!(timers.turn().next, None);
}

#[test]
fn threads_of_two_lanes_under_the_systems_clock() {
    let timers = Timers::new().for_lane(1);
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = thread::spawn({
        let timers = timers.clone();
        move || as_lane(1, || timers.run_until(stopped))
    });
    let (done, wait) = mpsc::channel();
    for n in 0..4 {
        let (timers, done) = (timers.clone(), done.clone());
        thread::spawn(move || {
            for round in 0..50 {
                let sleep = timers.sleep(Duration::from_micros(100 * (n + 1)));
                let deadline = sleep.deadline();
                as_lane((n as u8 + round) % 3, || block_on(sleep));
                assert!(Instant::now() >= deadline);
            }
            done.send(()).unwrap();
        });
    }
    for _ in 0..4 {
        wait.recv_timeout(PATIENCE).expect("nobody sleeps for ever");
    }
    stop.send(()).unwrap();
    driver.join().unwrap().unwrap();
}

/// A waker that uses the timers when it is woken and when it is dropped.
struct Busy(Timers, Arc<AtomicUsize>);

impl Busy {
    fn act(&self) {
        self.1.fetch_add(1, SeqCst);
        for lane in [0, 1] {
            let mut sleep = pending(&self.0, lane, ms(1), Waker::noop());
            as_lane(1 - lane, || sleep.reset(self.0.now() + ms(2)));
        }
        if lane::current() == self.0.lane() {
            let _turn = self.0.turn();
        }
    }
}

impl Wake for Busy {
    fn wake(self: Arc<Self>) {
        self.act();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.act();
    }
}

#[test]
fn wakers_may_use_the_timers_they_come_from() {
    let (clock, timers) = manual();
    let calls = Arc::new(AtomicUsize::new(0));
    let waker = || Waker::from(Arc::new(Busy(timers.clone(), calls.clone())));
    let mut expected = 0;
    for (here, there) in [(0, 1), (1, 0), (1, 1)] {
        let mut sleep = pending(&timers, here, ms(1), &waker());
        assert!(as_lane(there, || poll(&mut sleep, &waker())).is_pending());
        as_lane(here, || sleep.reset(timers.now() + ms(3)));
        let _turn = timers.turn();
        assert!(as_lane(there, || poll(&mut sleep, &waker())).is_pending());
        clock.advance(ms(3));
        let _turn = timers.turn();
        assert!(as_lane(here, || poll(&mut sleep, &waker())).is_ready());
        drop(pending(&timers, here, ms(1), &waker()));
        let _turn = timers.turn();
        assert!(calls.load(SeqCst) > expected);
        expected = calls.load(SeqCst);
    }
    assert_eq!(timers.turn().next, None);
}

/// A waker that panics when it is dropped, on a driver's thread, disturbs neither it nor the others.
#[test]
fn a_waker_that_panics_when_dropped_by_the_driver() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("drop");
        }
    }
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let bombs = [(); 3].map(|()| pending(&timers, 0, ms(1), &Waker::from(Arc::new(Bomb))));
    as_lane(1, || drop(bombs));
    let _sleep = pending(&timers, 1, ms(1), &waker);
    clock.advance(ms(1));
    assert_eq!((timers.turn().fired, woken.count()), (1, 1));
}
