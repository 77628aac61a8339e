//! Those who turn: promises, interrupts, `run_until`, and other runtimes' executors.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::Context;
use std::thread;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::executor::{LocalPool, ThreadPool, block_on};
use futures::future::{join, join_all, select};
use laneway_timer::Timers;

use crate::support::{Woken, manual, ms, poll};

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn run_until_fires_on_time_under_a_clock_that_jumps() {
    let (clock, timers) = manual();
    let (tx, rx) = mpsc::channel();
    let driver = thread::spawn({
        let timers = timers.clone();
        move || {
            timers.run_until(async {
                let mut interval = timers.interval(ms(10));
                for _ in 0..5 {
                    let due = interval.tick().await;
                    tx.send(due).unwrap();
                }
            });
        }
    });
    let start = rx.recv_timeout(PATIENCE).unwrap();
    for n in 1..5 {
        clock.advance(ms(10));
        assert_eq!(rx.recv_timeout(PATIENCE).unwrap(), start + n * ms(10));
    }
    driver.join().unwrap();
}

/// A driver that sleeps for long must hear of an earlier deadline.
#[test]
fn an_earlier_deadline_wakes_the_sleeping_driver() {
    let timers = Timers::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let (asleep_soon, ready) = mpsc::channel();
    let driver = thread::spawn({
        let timers = timers.clone();
        move || {
            let started = async {
                asleep_soon.send(()).unwrap();
                let far = timers.sleep(Duration::from_secs(3600));
                select(far, stopped).await;
            };
            timers.run_until(Box::pin(started));
        }
    });
    ready.recv_timeout(PATIENCE).unwrap();
    let start = Instant::now();
    for _ in 0..20 {
        let sleep = timers.sleep(ms(1));
        let deadline = sleep.deadline();
        block_on(sleep);
        assert!(Instant::now() >= deadline);
    }
    assert!(start.elapsed() < PATIENCE);
    stop.send(()).unwrap();
    driver.join().unwrap();
}

/// The first driver to leave is not the one that all rely on.
#[test]
fn several_threads_may_drive() {
    let timers = Timers::new();
    let mut drivers = Vec::new();
    for n in [1, 5, 10, 20] {
        let timers = timers.clone();
        drivers.push(thread::spawn(move || {
            let until = timers.sleep(ms(n));
            timers.run_until(until);
        }));
    }
    let last = thread::spawn({
        let timers = timers.clone();
        move || {
            timers
                .run_until(join_all((0..30).map(|n| timers.sleep(ms(n)))))
                .len()
        }
    });
    for driver in drivers {
        driver.join().unwrap();
    }
    assert_eq!(last.join().unwrap(), 30);
    assert_eq!(timers.next_deadline(), None);
}

/// Every driver sleeps on a promise of its own: that the first in the list is told, and does nothing,
/// must not leave the others asleep.
#[test]
fn a_driver_that_does_not_act_keeps_no_other_asleep() {
    let timers = Timers::new();
    let (interrupted, waker) = Woken::new();
    timers.set_interrupt(waker);
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = thread::spawn({
        let timers = timers.clone();
        move || timers.run_until(stopped)
    });
    let (done, rest) = mpsc::channel();
    let sleeper = thread::spawn({
        let timers = timers.clone();
        move || {
            for _ in 0..20 {
                assert!(timers.turn().next.is_none_or(|next| next > Instant::now()));
                block_on(timers.sleep(ms(1)));
            }
            done.send(()).unwrap();
        }
    });
    rest.recv_timeout(PATIENCE).expect("the driver is asleep");
    assert!(interrupted.count() > 0);
    sleeper.join().unwrap();
    stop.send(()).unwrap();
    driver.join().unwrap().unwrap();
}

#[test]
fn under_a_foreign_runtime() {
    let timers = Timers::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = thread::spawn({
        let timers = timers.clone();
        move || timers.run_until(stopped)
    });

    let sum = block_on(async {
        let one = async {
            timers.sleep(ms(2)).await;
            1
        };
        let two = async {
            timers.sleep(ms(1)).await;
            2
        };
        let (one, two) = join(one, two).await;
        one + two
    });
    assert_eq!(sum, 3);

    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let (tx, rx) = mpsc::channel();
    for n in 0..100 {
        let (timers, tx) = (timers.clone(), tx.clone());
        pool.spawn_ok(async move {
            let too_slow = timers
                .timeout(Duration::from_micros(n * 20), pending::<()>())
                .await;
            tx.send(too_slow.is_err()).unwrap();
        });
    }
    for _ in 0..100 {
        assert!(rx.recv_timeout(PATIENCE).unwrap());
    }

    stop.send(()).unwrap();
    driver.join().unwrap().unwrap();
}

/// An executor that runs its tasks and turns the timers on the same thread.
#[test]
fn turned_by_a_single_thread_that_runs_tasks_too() {
    let (clock, timers) = manual();
    let mut pool = LocalPool::new();
    let log = Arc::new(AtomicUsize::new(0));
    let task = {
        let (timers, log) = (timers.clone(), log.clone());
        async move {
            for _ in 0..3 {
                timers.sleep(ms(10)).await;
                log.fetch_add(1, SeqCst);
            }
        }
    };
    futures::task::LocalSpawnExt::spawn_local(&pool.spawner(), task).unwrap();
    let mut wakes = Vec::new();
    for _ in 0..3 {
        pool.run_until_stalled();
        let next = timers.turn().next.unwrap();
        wakes.push(next);
        clock.advance(next - clock.now());
        assert_eq!(timers.turn().fired, 1);
    }
    pool.run_until_stalled();
    assert_eq!(log.load(SeqCst), 3);
    assert_eq!(wakes[2] - wakes[0], ms(20));
}

#[test]
fn the_driver_sleeps_while_nothing_is_due() {
    let (clock, timers) = manual();
    let polls = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = mpsc::channel();
    let driver = thread::spawn({
        let (timers, polls) = (timers.clone(), polls.clone());
        move || {
            let mut sleep = timers.sleep(ms(1));
            timers.run_until(std::future::poll_fn(|cx: &mut Context<'_>| {
                polls.fetch_add(1, SeqCst);
                let poll = poll(&mut sleep, cx.waker());
                if poll.is_pending() {
                    tx.send(()).unwrap();
                }
                poll
            }));
        }
    });
    rx.recv_timeout(PATIENCE).unwrap();
    clock.advance(ms(1));
    driver.join().unwrap();
    // The first poll, the interrupt of the first deadline and of the jump, the fired sleep.
    assert!(polls.load(SeqCst) <= 4, "{polls:?}");
}
