//! Tasks that live and wake each other, or themselves.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use super::queue::{self, Task};
use crate::sample::{Sample, Stopwatch, quantile};
use crate::signal::Slot;
use crate::workload::wakes::{IDLE, YIELDING, talk};

/// Tasks go to the end of the queue, again and again.
pub(super) fn yield_storm(yields: usize, threads: usize) -> Sample {
    queue::divided(YIELDING * yields, threads, |operations| {
        let tasks = operations / yields;
        let task = || -> Task {
            Box::pin(async move {
                for _ in 0..yields {
                    yield_now().await;
                }
            })
        };
        queue::run(&mut (0..tasks).map(|_| task()).collect());
    })
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|_| match std::mem::replace(&mut yielded, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// The same talk through the same slots, but whose turn it is needs nobody to say.
pub(super) fn ping_pong(pairs: usize, round_trips: usize) -> Sample {
    let watch = Stopwatch::start();
    let mut queue: VecDeque<Task> = VecDeque::with_capacity(2 * pairs);
    for _ in 0..pairs {
        let (to, fro) = (Arc::new(Slot::default()), Arc::new(Slot::default()));
        queue.push_back(Box::pin(talk(to.clone(), fro.clone(), round_trips)));
        fro.put(1);
        queue.push_back(Box::pin(talk(fro, to, round_trips)));
    }
    queue::run(&mut queue);
    watch.per_op(pairs * round_trips)
}

/// A thread unparks another.
pub(super) fn latency(wakes: usize) -> Sample {
    let slot = Arc::new(Slot::default());
    let (arrivals, arrived) = mpsc::channel();
    let base = Instant::now();
    let now = move || base.elapsed().as_nanos() as u64;
    let waker = thread::spawn({
        let slot = slot.clone();
        move || {
            for _ in 0..wakes {
                // why: only time tells that the other thread has gone to sleep.
                thread::sleep(IDLE);
                slot.put(now());
                arrived.recv().expect("the other thread is there");
            }
        }
    });
    let mut latencies = Vec::with_capacity(wakes);
    for _ in 0..wakes {
        let sent = parked(slot.take());
        latencies.push((now() - sent) as f64);
        // Unbounded: sending does not block.
        arrivals.send(()).expect("the thread is there");
    }
    waker.join().expect("wakes do not panic");
    Sample::default()
        .with("p50_ns", quantile(&mut latencies, 0.5))
        .with("p99_ns", quantile(&mut latencies, 0.99))
}

/// Drives one future, and parks the thread meanwhile.
fn parked<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
