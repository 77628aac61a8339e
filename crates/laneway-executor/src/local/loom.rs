//! Models of the inbox: other threads post, while the owner takes, parks and ends.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Wake};

use laneway_loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};
use laneway_waker::{AtomicWaker, Parker};

use super::LocalExecutor;
use super::root::Root;

/// What a task waits for. Relaxed: that a poll sees it is the doing of whoever wakes.
#[derive(Default)]
struct Event {
    happened: AtomicBool,
    waiter: AtomicWaker,
}

impl Event {
    async fn wait(&self) {
        poll_fn(|cx| {
            self.waiter.register(cx.waker());
            if self.happened.load(Relaxed) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn happen(&self) {
        self.happened.store(true, Relaxed);
        self.waiter.wake();
    }
}

/// Another thread wakes a task, while the owner looks into the inbox and parks.
#[test]
fn wake_and_park() {
    model(3, || {
        let executor = LocalExecutor::new();
        let event = Arc::new(Event::default());
        let task = executor.spawn_local({
            let event = event.clone();
            async move { event.wait().await }
        });
        let other = thread::spawn(move || event.happen());
        executor.block_on(task).unwrap();
        other.join().unwrap();
    });
}

/// Two threads post; each wakes, so neither relies on the other.
#[test]
fn two_post() {
    model(2, || {
        let executor = LocalExecutor::new();
        let both = Arc::new((AtomicUsize::new(0), Event::default()));
        let others = [(); 2].map(|()| {
            let (handle, both) = (executor.handle(), both.clone());
            thread::spawn(move || {
                drop(handle.spawn(async move {
                    if both.0.fetch_add(1, Relaxed) == 1 {
                        both.1.happen();
                    }
                }));
            })
        });
        executor.block_on(both.1.wait());
        for other in others {
            other.join().unwrap();
        }
    });
}

/// Sets the cell when it is dropped.
struct Gone(Rc<Cell<u32>>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// Another thread wakes a local task that has been polled, while its executor is dropped: the future
/// goes with the executor, on its thread.
#[test]
fn wake_and_drop() {
    model(3, || {
        let executor = LocalExecutor::new();
        let event = Arc::new(Event::default());
        let gone = Rc::new(Cell::new(0));
        drop(executor.spawn_local({
            let (event, gone) = (event.clone(), Gone(gone.clone()));
            async move {
                event.wait().await;
                drop(gone);
            }
        }));
        assert_eq!(executor.turn(), 1);
        let other = thread::spawn(move || event.happen());
        drop(executor);
        assert_eq!(gone.get(), 1);
        other.join().unwrap();
    });
}

/// Another thread spawns while the executor is dropped: the task is cancelled, and its future gone.
#[test]
fn spawn_and_drop() {
    model(3, || {
        let executor = LocalExecutor::new();
        let alive = Arc::new(());
        let other = thread::spawn({
            let (handle, alive) = (executor.handle(), alive.clone());
            move || handle.spawn(async move { drop(alive) })
        });
        drop(executor);
        let task = other.join().unwrap();
        assert!(task.is_finished());
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

/// Two threads wake the future of a `block_on` at once: one poll follows, and it sees what both did.
#[test]
fn wakes_that_coincide_bring_both_news() {
    model(3, || {
        let parker = Parker::new();
        let root = Root::new(parker.unparker().into());
        assert!(root.take_woken());
        let news = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let others = [0, 1].map(|at| {
            let (root, news) = (root.clone(), news.clone());
            thread::spawn(move || {
                news[at].store(true, Relaxed);
                root.wake();
            })
        });
        while !(root.take_woken() && news.iter().all(|news| news.load(Relaxed))) {
            if !root.is_woken() {
                parker.park();
            }
        }
        for other in others {
            other.join().unwrap();
        }
    });
}
