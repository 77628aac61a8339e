//! Bugs that other runtimes had when a task is woken under a lock that it takes itself: see
//! `docs/peer-bugs.md`.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};

use laneway::LocalRuntime;
use laneway_waker::block_on;

use crate::support::{PATIENCE, forever, runtime, within_patience};

/// Whoever wakes a task while it holds a lock that the task takes does not run the task.
#[test]
fn a_wake_under_a_lock_that_the_task_takes_returns() {
    type Place = Arc<Mutex<Option<Waker>>>;
    fn wake(place: &Place) {
        let place = place.lock().unwrap();
        place.as_ref().expect("it has been polled").wake_by_ref();
    }

    within_patience("wakes under a lock", || {
        let runtime = runtime(1);
        let place = Place::default();
        let its = place.clone();
        let (send, polled) = mpsc::channel();
        runtime.spawn(poll_fn(move |cx| {
            // Waits for ever, should it be run in the place of who wakes it.
            *its.lock().unwrap() = Some(cx.waker().clone());
            send.send(()).unwrap();
            Poll::<()>::Pending
        }));
        for _ in 0..1_000 {
            polled.recv_timeout(PATIENCE).expect("it is polled");
            wake(&place);
            polled.recv_timeout(PATIENCE).expect("it is polled");
            let place = place.clone();
            block_on(runtime.spawn(async move { wake(&place) })).unwrap();
        }
    });
}

/// A lock that knows who holds it.
#[derive(Default)]
struct Known {
    lock: Mutex<()>,
    holder: Mutex<Option<ThreadId>>,
}

impl Known {
    /// Calls `f` with the lock held; `false` if that would wait for ever, since this thread has it.
    fn try_hold(&self, f: impl FnOnce()) -> bool {
        let own = Some(thread::current().id());
        if *self.holder.lock().unwrap() == own {
            return false;
        }
        let _held = self.lock.lock().unwrap();
        *self.holder.lock().unwrap() = own;
        f();
        *self.holder.lock().unwrap() = None;
        true
    }
}

/// When dropped, takes the lock, and wakes all whom it finds.
#[derive(Clone)]
struct WakesUnderLock {
    lock: Arc<Known>,
    wakers: Arc<Mutex<Vec<Waker>>>,
    could_lock: mpsc::Sender<bool>,
}

impl Drop for WakesUnderLock {
    fn drop(&mut self) {
        let wakers = self.wakers.lock().unwrap().clone();
        let wake_all = || wakers.iter().for_each(Waker::wake_by_ref);
        let could_lock = self.lock.try_hold(wake_all);
        let _ = self.could_lock.send(could_lock);
    }
}

impl WakesUnderLock {
    fn new() -> (Self, mpsc::Receiver<bool>) {
        let (could_lock, receive) = mpsc::channel();
        let guard = Self {
            lock: Arc::default(),
            wakers: Arc::default(),
            could_lock,
        };
        (guard, receive)
    }

    /// Waits for ever; `polled` hears of the first poll.
    async fn wait(self, polled: mpsc::Sender<()>) {
        let wakers = self.wakers.clone();
        forever(move |waker: &Waker| {
            wakers.lock().unwrap().push(waker.clone());
            polled.send(()).unwrap();
        })
        .await;
    }
}

const TASKS: usize = 10;

/// At the end, the drop of one future wakes another under a lock, and the drop of that takes it.
#[test]
fn a_wake_under_a_lock_that_a_local_drop_takes_returns() {
    within_patience("wakes under a lock at the end", || {
        let runtime = LocalRuntime::new().unwrap();
        let (guard, could_lock) = WakesUnderLock::new();
        let (polled, all_polled) = mpsc::channel();
        for _ in 0..TASKS {
            drop(runtime.spawn_local(guard.clone().wait(polled.clone())));
        }
        runtime.turn();
        assert_eq!(all_polled.try_iter().count(), TASKS);
        drop(runtime);
        let could_lock: Vec<bool> = could_lock.try_iter().collect();
        assert_eq!(could_lock, [true; TASKS]);
    });
}

/// The same on many threads.
#[test]
fn a_wake_under_a_lock_that_a_drop_takes_returns() {
    within_patience("wakes under a lock at the end", || {
        for threads in [1, 2] {
            let runtime = runtime(threads);
            let (guard, could_lock) = WakesUnderLock::new();
            let (polled, all_polled) = mpsc::channel();
            for _ in 0..TASKS {
                runtime.spawn(guard.clone().wait(polled.clone()));
            }
            for _ in 0..TASKS {
                all_polled.recv_timeout(PATIENCE).expect("all are polled");
            }
            drop(runtime);
            let could_lock: Vec<bool> = could_lock.try_iter().collect();
            assert_eq!(could_lock, [true; TASKS], "{threads} threads");
        }
    });
}

/// The same by a foreign thread, which wakes under the lock while the runtime ends.
#[test]
fn a_foreign_wake_under_a_lock_that_a_drop_takes_returns() {
    within_patience("foreign wakes under a lock at the end", || {
        for _ in 0..200 {
            let runtime = runtime(1);
            let (guard, could_lock) = WakesUnderLock::new();
            let (polled, all_polled) = mpsc::channel();
            for _ in 0..3 {
                runtime.spawn(guard.clone().wait(polled.clone()));
            }
            for _ in 0..3 {
                all_polled.recv_timeout(PATIENCE).expect("all are polled");
            }
            let waker = guard.wakers.lock().unwrap()[1].clone();
            let ending = thread::spawn(move || drop(runtime));
            while !ending.is_finished() {
                assert!(guard.lock.try_hold(|| waker.wake_by_ref()));
            }
            ending.join().unwrap();
            let could_lock: Vec<bool> = could_lock.try_iter().collect();
            assert_eq!(could_lock, [true; 3]);
        }
    });
}
