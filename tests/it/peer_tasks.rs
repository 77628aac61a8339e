//! Bugs that other runtimes had in aborting and ending tasks: see `docs/peer-bugs.md`.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Barrier, mpsc};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use laneway::net::TcpListener;
use laneway::task::AbortHandle;
use laneway::{Handle, JoinHandle, LocalRuntime, spawn, time};
use laneway_waker::block_on;

use crate::support::{PATIENCE, forever, runtime, within_patience};

/// Aborts from plain threads, from another runtime, from a drop; with and without the handle; and
/// each future is dropped soon, by its own runtime, though nothing else wakes it.
#[test]
fn an_abort_works_from_anywhere() {
    /// Tells on which thread it is dropped.
    struct Tells(mpsc::Sender<Option<String>>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let name = thread::current().name().map(str::to_owned);
            self.0.send(name).unwrap();
        }
    }

    struct Aborts(AbortHandle);

    impl Drop for Aborts {
        fn drop(&mut self) {
            self.0.abort();
        }
    }

    within_patience("aborts", || {
        let own = laneway::Runtime::builder()
            .threads(1)
            .thread_name("own")
            .build()
            .unwrap();
        let (other, local) = (runtime(1), LocalRuntime::new().unwrap());
        let waiting = || {
            let (send, dropped) = mpsc::channel();
            let (polled, is_polled) = mpsc::channel();
            let guard = Tells(send);
            let task = own.spawn(async move {
                let _guard = guard;
                forever(move |_: &Waker| polled.send(()).unwrap()).await;
            });
            is_polled.recv_timeout(PATIENCE).expect("it is polled");
            (task, dropped)
        };
        let ways: [&dyn Fn(AbortHandle); 5] = [
            &|abort| abort.abort(),
            &|abort| thread::spawn(move || abort.abort()).join().unwrap(),
            &|abort| drop(other.spawn(async move { abort.abort() })),
            &|abort| drop(local.block_on(async { Aborts(abort) })),
            &|abort| drop(other.spawn_blocking(move || drop(Aborts(abort)))),
        ];
        for way in ways {
            for keeps_handle in [true, false] {
                let (task, dropped) = waiting();
                let abort = task.abort_handle();
                let task = keeps_handle.then_some(task);
                way(abort);
                let thread = dropped.recv_timeout(PATIENCE).expect("it is dropped");
                assert_eq!(thread.as_deref(), Some("own-0"));
                if let Some(task) = task {
                    assert!(block_on(task).unwrap_err().is_cancelled());
                }
            }
        }
    });
}

/// At the end, a poll and a closure that still run wait for the drop of another task's future.
#[test]
fn the_end_does_not_wait_for_who_waits_for_a_drop() {
    /// Sent when dropped, by closing the channel.
    fn waits_for_drop(dropped: &mpsc::Receiver<()>) {
        let closed = dropped.recv_timeout(PATIENCE);
        assert_eq!(closed, Err(mpsc::RecvTimeoutError::Disconnected));
    }

    within_patience("a shutdown", || {
        let runtime = runtime(2);
        let (polled, all_polled) = mpsc::channel();
        let waiting = || {
            let (guard, dropped) = mpsc::channel::<()>();
            let polled = polled.clone();
            runtime.spawn(async move {
                let _guard = guard;
                forever(move |_: &Waker| polled.send(()).unwrap()).await;
            });
            all_polled.recv_timeout(PATIENCE).unwrap();
            dropped
        };
        let (first, second) = (waiting(), waiting());
        let (begin, begun) = mpsc::channel();
        let its_begin = begin.clone();
        let task = runtime.spawn(async move {
            its_begin.send(()).unwrap();
            waits_for_drop(&first);
        });
        let closure = runtime.spawn_blocking(move || {
            begin.send(()).unwrap();
            waits_for_drop(&second);
        });
        for _ in 0..2 {
            begun.recv_timeout(PATIENCE).unwrap();
        }
        drop(runtime);
        block_on(task).unwrap();
        block_on(closure).unwrap();
    });
}

/// At the end, every blocking thread waits, by `block_on`, for something that the runtime brings.
/// Each hears of the end, and the end waits for nothing else.
#[test]
fn the_end_reaches_who_blocks_on_the_runtime() {
    type Waits = Pin<Box<dyn Future<Output = ()>>>;
    type Way = fn(JoinHandle<()>) -> Waits;
    /// What never comes by itself. The timers say by a panic that they are closed.
    const WAYS: [(&str, Way); 7] = [
        ("panics: a sleep", |_| Box::pin(time::sleep(Duration::MAX))),
        ("panics: a timeout", |_| {
            Box::pin(async {
                let _ = time::timeout(Duration::MAX, pending::<()>()).await;
            })
        }),
        ("panics: an interval", |_| {
            Box::pin(async {
                let mut interval = time::interval(Duration::from_secs(3600));
                interval.tick().await;
                interval.tick().await;
            })
        }),
        ("a socket", |_| {
            Box::pin(async {
                let any = ([127, 0, 0, 1], 0).into();
                let listener = TcpListener::bind(Handle::current().reactor(), any).unwrap();
                assert!(listener.accept().await.is_err());
            })
        }),
        ("a task", |_| {
            Box::pin(async { assert!(spawn(pending::<()>()).await.unwrap_err().is_cancelled()) })
        }),
        // Some of the others end before the pool closes, and make room for these two.
        ("a queued closure", |queued| {
            Box::pin(async { drop(queued.await) })
        }),
        ("a permit", |_| {
            Box::pin(async { drop(Handle::current().blocking().permit().await) })
        }),
    ];

    within_patience("a shutdown with blocking threads that wait", || {
        let runtime = laneway::Runtime::builder()
            .threads(2)
            .blocking_threads(WAYS.len())
            .blocking_queue(WAYS.len())
            .build()
            .unwrap();
        let all_there = Arc::new(Barrier::new(WAYS.len() + 1));
        let (wait, waiting) = mpsc::channel();
        let closures = WAYS.map(|(name, way)| {
            let (all_there, wait) = (all_there.clone(), wait.clone());
            let (give, given) = mpsc::channel();
            let closure = runtime.spawn_blocking(move || {
                all_there.wait();
                let queued = given.recv_timeout(PATIENCE).unwrap();
                Handle::current().block_on(async {
                    let mut waits = way(queued);
                    poll_fn(|cx| {
                        let poll = waits.as_mut().poll(cx);
                        wait.send(()).unwrap();
                        poll
                    })
                    .await;
                });
            });
            (name, give, closure)
        });
        all_there.wait();
        // All threads are taken, so these fill the queue, and there is no permit left.
        let queued = WAYS.map(|_| runtime.spawn_blocking(|| ()));
        for ((_, give, _), queued) in closures.iter().zip(queued) {
            give.send(queued).unwrap();
        }
        for _ in WAYS {
            waiting.recv_timeout(PATIENCE).expect("all wait");
        }
        drop(runtime);
        for (name, _, closure) in closures {
            let ended = block_on(closure);
            assert_eq!(ended.is_err(), name.starts_with("panics"), "{name}");
        }
    });
}
