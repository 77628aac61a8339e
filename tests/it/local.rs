//! Futures that are not `Send` stay on their thread, whatever other threads do to their tasks.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Waker;
use std::thread::{self, ThreadId};

use laneway::{LocalRuntime, spawn_local};

use crate::support::{PATIENCE, forever, runtime, within_patience};

/// Not `Send`; panics, loudly, when it is dropped elsewhere than where it was made.
struct Home {
    made_on: ThreadId,
    dropped: Rc<Cell<bool>>,
}

impl Home {
    fn new(dropped: &Rc<Cell<bool>>) -> Self {
        Self {
            made_on: thread::current().id(),
            dropped: dropped.clone(),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        assert_eq!(
            self.made_on,
            thread::current().id(),
            "dropped on a foreign thread"
        );
        self.dropped.set(true);
    }
}

#[test]
fn an_abort_from_another_thread_drops_the_future_at_home() {
    within_patience("a foreign abort", || {
        let runtime = LocalRuntime::new().unwrap();
        let dropped = Rc::new(Cell::new(false));
        let home = Home::new(&dropped);
        let task = runtime.spawn_local(async move {
            let _home = home;
            std::future::pending::<()>().await;
        });
        runtime.turn();
        let abort = task.abort_handle();
        thread::spawn(move || abort.abort()).join().unwrap();
        assert!(!dropped.get(), "the aborting thread must not drop it");
        assert!(runtime.block_on(task).unwrap_err().is_cancelled());
        assert!(dropped.get());
    });
}

#[test]
fn a_wake_from_another_thread_polls_the_future_at_home() {
    within_patience("a foreign wake", || {
        let runtime = LocalRuntime::new().unwrap();
        let dropped = Rc::new(Cell::new(false));
        let home = Home::new(&dropped);
        let (send, wakers) = mpsc::channel::<Waker>();
        let foreign = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
        let mut waits = 3;
        let task = runtime.spawn_local(async move {
            let home = home;
            std::future::poll_fn(move |cx| {
                assert_eq!(
                    home.made_on,
                    thread::current().id(),
                    "polled on a foreign thread"
                );
                if waits == 0 {
                    return std::task::Poll::Ready(());
                }
                waits -= 1;
                send.send(cx.waker().clone()).unwrap();
                std::task::Poll::Pending
            })
            .await;
        });
        runtime.block_on(task).unwrap();
        foreign.join().unwrap();
        assert!(dropped.get());
    });
}

#[test]
fn handles_and_wakers_dropped_elsewhere_drop_nothing_there() {
    within_patience("foreign drops", || {
        let runtime = LocalRuntime::new().unwrap();
        let dropped = Rc::new(Cell::new(false));
        let home = Home::new(&dropped);
        let (send, waker) = mpsc::channel::<Waker>();
        let task = runtime.spawn_local(async move {
            let _home = home;
            forever(move |waker: &Waker| send.send(waker.clone()).unwrap()).await;
        });
        runtime.turn();
        let waker = waker.recv_timeout(PATIENCE).unwrap();
        thread::spawn(move || drop((waker, task))).join().unwrap();
        assert!(!dropped.get());
        drop(runtime);
        assert!(dropped.get());
    });
}

#[test]
fn wakes_race_the_drop_of_a_local_runtime() {
    within_patience("wakes racing local drops", || {
        for _ in 0..300 {
            let runtime = LocalRuntime::new().unwrap();
            let dropped: Vec<_> = (0..8).map(|_| Rc::new(Cell::new(false))).collect();
            let (send, wakers) = mpsc::channel::<Waker>();
            for dropped in &dropped {
                let (home, send) = (Home::new(dropped), send.clone());
                runtime.spawn_local(async move {
                    let _home = home;
                    forever(move |waker: &Waker| send.send(waker.clone()).unwrap()).await;
                });
            }
            drop(send);
            runtime.turn();
            let foreign = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
            drop(runtime);
            foreign.join().unwrap();
            assert!(dropped.iter().all(|dropped| dropped.get()));
        }
    });
}

#[test]
fn spawn_local_says_where_it_works() {
    let runtime = runtime(1);
    let task = runtime.spawn(async { drop(spawn_local(async {})) });
    let panic = runtime.block_on(task).unwrap_err().into_panic();
    let message = panic.downcast_ref::<&str>().expect("a message");
    assert!(message.contains("LocalRuntime"), "{message}");
}

#[test]
fn spawn_local_works_in_tasks_and_in_block_on() {
    let runtime = LocalRuntime::new().unwrap();
    let sum = runtime.block_on(async {
        let inner =
            spawn_local(async { Rc::new(spawn_local(async { Rc::new(20) }).await.unwrap()) });
        let shared: Rc<Rc<i32>> = inner.await.unwrap();
        **shared + 22
    });
    assert_eq!(sum, 42);
}
