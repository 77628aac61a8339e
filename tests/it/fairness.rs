//! Nobody starves: not behind tasks that wake each other, that yield, or that are always ready.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use laneway::{LocalRuntime, net, spawn, task::yield_now, time};

use crate::support::{runtime, within_patience};

#[test]
fn two_tasks_that_wake_each_other_do_not_starve_a_third() {
    within_patience("a third task beside a ping-pong", || {
        let runtime = runtime(1);
        let stop = Arc::new(AtomicBool::new(false));
        let (to_pong, from_ping) = futures::channel::mpsc::channel(0);
        let (to_ping, from_pong) = futures::channel::mpsc::channel(0);
        for (mut send, mut receive) in [(to_pong, from_pong), (to_ping, from_ping)] {
            let stop = stop.clone();
            runtime.spawn(async move {
                while !stop.load(SeqCst) {
                    if send.send(()).await.is_err() || receive.next().await.is_none() {
                        break;
                    }
                }
            });
        }
        let third = runtime.spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        runtime.block_on(third).unwrap();
        stop.store(true, SeqCst);
    });
}

#[test]
fn tasks_that_yield_for_ever_starve_neither_sockets_nor_timers_nor_outsiders() {
    within_patience("I/O beside yielding tasks", || {
        let runtime = runtime(1);
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..3 {
            let stop = stop.clone();
            runtime.spawn(async move {
                while !stop.load(SeqCst) {
                    yield_now().await;
                }
            });
        }
        runtime.block_on(async {
            time::sleep(Duration::from_millis(2)).await;
            let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                stream.write_all(b"hello").await.unwrap();
            });
            let stream = net::connect_tcp(address).await.unwrap();
            let mut word = [0; 5];
            stream.read_exact(&mut word).await.unwrap();
            assert_eq!(&word, b"hello");
            server.await.unwrap();
        });
        stop.store(true, SeqCst);
    });
}

/// A loop over something that is always ready must not keep its own timeout from firing.
#[test]
fn a_timeout_ends_a_loop_that_is_always_ready() {
    within_patience("a timeout around a busy loop", || {
        let runtime = LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let address = "127.0.0.1:0";
            let (one, other) = (
                net::bind_udp(address).await.unwrap(),
                net::bind_udp(address).await.unwrap(),
            );
            let to = other.local_addr().unwrap();
            let busy = async {
                loop {
                    // Sending to oneself is always possible.
                    one.send_to(b"x", to).await.unwrap();
                }
            };
            let result = time::timeout(Duration::from_millis(10), busy).await;
            assert!(result.is_err());
        });
    });
}

#[test]
fn a_burst_from_outside_reaches_all_workers() {
    within_patience("a burst of spawns", || {
        let runtime = runtime(2);
        let done = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..100_000)
            .map(|_| {
                let done = done.clone();
                runtime.spawn(async move {
                    done.fetch_add(1, SeqCst);
                })
            })
            .collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(done.load(SeqCst), 100_000);
    });
}

/// A task that wakes another and then computes must not keep the other from an idle worker.
#[test]
fn a_task_woken_by_a_busy_task_runs_elsewhere() {
    within_patience("a wake by a busy task", || {
        let runtime = runtime(2);
        let (send, receive) = futures::channel::oneshot::channel::<()>();
        let ran = Arc::new(AtomicBool::new(false));
        let seen = ran.clone();
        let woken = runtime.spawn(async move {
            receive.await.unwrap();
            ran.store(true, SeqCst);
        });
        let busy = runtime.spawn(async move {
            send.send(()).unwrap();
            // Computes without yielding, until the other has run.
            while !seen.load(SeqCst) {
                std::hint::spin_loop();
            }
        });
        runtime.block_on(async { (woken.await.unwrap(), busy.await.unwrap()) });
    });
}
