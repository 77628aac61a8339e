//! A task that a more urgent one waits for is as urgent as that.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;

use laneway::task::{self, Priority, yield_now};
use laneway::{JoinHandle, Runtime};
use laneway_waker::AtomicWaker;

use crate::support::{PATIENCE, within_patience};

/// Occupies every worker of the background lane until the senders are dropped.
fn hog(runtime: &Runtime, workers: usize) -> Vec<mpsc::Sender<()>> {
    let (started, has_started) = mpsc::channel();
    let hogs = (0..workers)
        .map(|_| {
            let (release, wait) = mpsc::channel::<()>();
            let started = started.clone();
            background(runtime, async move {
                started.send(()).unwrap();
                let _ = wait.recv();
            });
            release
        })
        .collect();
    for _ in 0..workers {
        has_started.recv_timeout(PATIENCE).unwrap();
    }
    hogs
}

fn background<T: Send + 'static>(
    runtime: &Runtime,
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let builder = task::Builder::new().priority(Priority::Background);
    runtime.spawn_with(builder, future)
}

fn critical<T: Send + 'static>(
    runtime: &Runtime,
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let builder = task::Builder::new().priority(Priority::Critical);
    runtime.spawn_with(builder, future)
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn a_queued_task_overtakes_into_the_main_lane() {
    within_patience("a task behind a hog", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        let hogs = hog(&runtime, 1);
        let waited_for = background(&runtime, async { thread_name() });
        let urgent = critical(&runtime, async move { waited_for.await.unwrap() });
        assert_eq!(runtime.block_on(urgent).unwrap(), "laneway-0");
        drop(hogs);
    });
}

#[test]
fn a_chain_of_three_moves() {
    within_patience("a chain behind a hog", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        let last = background(&runtime, async {
            yield_now().await;
            thread_name()
        });
        let (waits, is_waiting) = mpsc::channel();
        let middle = background(&runtime, async move {
            waits.send(()).unwrap();
            last.await.unwrap()
        });
        is_waiting.recv_timeout(PATIENCE).unwrap();
        let hogs = hog(&runtime, 1);
        let urgent = critical(&runtime, async move { middle.await.unwrap() });
        runtime.block_on(urgent).unwrap();
        drop(hogs);
    });
}

#[test]
fn a_boost_ends_with_the_wait() {
    within_patience("a boost that ended", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        let (go, gone) = (Arc::<Flag>::default(), Arc::<Flag>::default());
        let worker = {
            let (go, gone) = (go.clone(), gone.clone());
            background(&runtime, async move {
                let first = thread_name();
                gone.raise();
                go.wait().await;
                (first, thread_name())
            })
        };
        runtime.block_on(gone.wait());
        let urgent = critical(&runtime, async move {
            let mut worker = worker;
            // Polled once, so boosted, and then no longer waited for.
            {
                let mut wait = pin!(worker.join());
                poll_fn(|cx| {
                    assert!(wait.as_mut().poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
            }
            Some(worker)
        });
        let worker = runtime.block_on(urgent).unwrap().unwrap();
        go.raise();
        let (first, second) = runtime.block_on(worker).unwrap();
        assert_eq!(first, "laneway-background-0");
        assert_eq!(second, "laneway-background-0");
    });
}

#[test]
fn a_thread_that_waits_lifts_nothing() {
    let runtime = Runtime::builder().threads(1).build().unwrap();
    let waited_for = background(&runtime, async { thread_name() });
    assert_eq!(
        runtime.block_on(waited_for).unwrap(),
        "laneway-background-0"
    );
}

/// Something to wait for.
#[derive(Default)]
struct Flag {
    is_raised: AtomicBool,
    waiter: AtomicWaker,
}

impl Flag {
    fn raise(&self) {
        self.is_raised.store(true, SeqCst);
        self.waiter.wake();
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            self.waiter.register(cx.waker());
            if self.is_raised.load(SeqCst) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
