//! The single-thread executor, by transcript.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Waker;
use std::thread;

use laneway_executor::LocalExecutor;
use laneway_waker::{block_on, yield_now};

use crate::support::{PATIENCE, Recorder, Transcript, within_patience};

#[test]
fn tasks_take_turns_in_the_order_of_their_spawning() {
    let said = Rc::new(RefCell::new(Vec::new()));
    let executor = LocalExecutor::new();
    for name in ["a", "b"] {
        let said = said.clone();
        drop(executor.spawn_local(async move {
            for step in 0..2 {
                said.borrow_mut().push(format!("{name}{step}"));
                yield_now().await;
            }
        }));
    }
    assert_eq!(executor.turn(), 2);
    assert_eq!(executor.turn(), 2);
    assert_eq!(executor.turn(), 2, "each is polled once more, to its end");
    assert_eq!(executor.turn(), 0);
    assert_eq!(*said.borrow(), ["a0", "b0", "a1", "b1"]);
}

#[test]
fn it_parks_only_when_nothing_is_ready() {
    let transcript = Transcript::default();
    let executor = LocalExecutor::with_driver(Recorder::new(&transcript));
    let (send, receive) = mpsc::channel::<Waker>();
    let foreign = thread::spawn(move || receive.into_iter().for_each(Waker::wake));
    // Ready again at once: the driver is looked at, and at once, since the next call may be as short.
    executor.block_on(async {
        for _ in 0..100 {
            yield_now().await;
        }
    });
    let words = transcript.take();
    assert!(
        !words.is_empty() && words.iter().all(|word| word == "park Poll"),
        "{words:?}"
    );
    // Woken by another thread: the driver is waited in, unless that was faster.
    let mut waited = false;
    executor.block_on(std::future::poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return std::task::Poll::Ready(());
        }
        send.send(cx.waker().clone()).unwrap();
        std::task::Poll::Pending
    }));
    drop(send);
    foreign.join().unwrap();
    let words = transcript.take();
    let waits = words.iter().filter(|word| *word == "park Forever");
    // The first may end at once: the yields have left a token.
    assert!(waits.count() <= 2, "{words:?}");
    drop(executor);
    assert_eq!(transcript.take().last().unwrap(), "drop driver");
}

#[test]
fn send_futures_come_in_from_other_threads() {
    within_patience(|| {
        let executor = LocalExecutor::new();
        let handle = executor.handle();
        let home = thread::current().id();
        let spawner = thread::spawn(move || {
            let task = handle.spawn(async { thread::current().id() });
            block_on(task).unwrap()
        });
        while !spawner.is_finished() {
            executor.block_on(yield_now());
        }
        assert_eq!(spawner.join().unwrap(), home);
    });
}

#[test]
fn a_task_cannot_drive_its_own_executor() {
    let executor = Rc::new(LocalExecutor::new());
    let inner = executor.clone();
    let task = executor.spawn_local(async move { inner.block_on(async {}) });
    let panic = executor.block_on(task).unwrap_err().into_panic();
    let message = panic.downcast_ref::<&str>().expect("a message");
    assert!(message.contains("one of its own tasks"), "{message}");
}

#[test]
fn a_panic_of_the_root_future_leaves_the_executor_usable() {
    let executor = LocalExecutor::new();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        executor.block_on(async { panic!("the root") })
    }));
    assert!(panic.is_err());
    assert_eq!(executor.block_on(async { 42 }), 42);
}

#[test]
fn dropping_it_drops_what_its_futures_spawn_while_dropped() {
    struct SpawnsInDrop(Rc<LocalExecutor>, Rc<RefCell<u32>>);
    impl Drop for SpawnsInDrop {
        fn drop(&mut self) {
            *self.1.borrow_mut() += 1;
            let count = self.1.clone();
            drop(self.0.spawn_local(async move {
                *count.borrow_mut() += 100;
            }));
        }
    }

    let executor = Rc::new(LocalExecutor::new());
    let count = Rc::new(RefCell::new(0));
    let guard = SpawnsInDrop(executor.clone(), count.clone());
    drop(executor.spawn_local(async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    }));
    executor.turn();
    executor.cancel_all();
    assert_eq!(
        *count.borrow(),
        1,
        "dropped once; what it spawned was cancelled, not polled"
    );
    assert_eq!(Rc::strong_count(&count), 1, "and dropped");
    drop(executor.spawn_local(async { unreachable!("cancelled at once") }));
    assert_eq!(executor.turn(), 0);
}

#[test]
fn many_threads_wake_one_task() {
    within_patience(|| {
        let executor = LocalExecutor::new();
        let (send, receive) = mpsc::channel::<Waker>();
        let task = executor.spawn_local(async move {
            for _ in 0..100 {
                let mut waited = false;
                std::future::poll_fn(|cx| {
                    if std::mem::replace(&mut waited, true) {
                        return std::task::Poll::Ready(());
                    }
                    for _ in 0..4 {
                        send.send(cx.waker().clone()).unwrap();
                    }
                    std::task::Poll::Pending
                })
                .await;
            }
        });
        let wakers: Vec<_> = (0..100 * 4).collect();
        let foreign = thread::spawn(move || {
            for _ in wakers {
                let waker = receive.recv_timeout(PATIENCE).expect("a wake was lost");
                thread::spawn(move || waker.wake());
            }
        });
        executor.block_on(task).unwrap();
        foreign.join().unwrap();
    });
}
