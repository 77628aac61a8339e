//! Tasks that live and wake each other, or themselves.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::runtime::Runtime;
use crate::sample::{Sample, Stopwatch, quantile};
use crate::signal::Slot;

/// How many tasks yield at once.
pub const YIELDING: usize = 1000;

/// After this time without work a runtime has gone to sleep.
pub const IDLE: Duration = Duration::from_micros(500);

/// Many tasks yield.
pub fn yield_storm<R: Runtime>(yields: usize) -> Sample {
    R::run_task(async move {
        let watch = Stopwatch::start();
        yield_and_join::<R>(YIELDING, yields).await;
        watch.per_op(YIELDING * yields)
    })
}

/// Spawns tasks that yield, and joins them.
pub async fn yield_and_join<R: Runtime>(tasks: usize, yields: usize) {
    let mut handles = Vec::with_capacity(tasks);
    for _ in 0..tasks {
        handles.push(R::spawn(async move {
            for _ in 0..yields {
                R::yield_now().await;
            }
        }));
    }
    for handle in handles {
        handle.await;
    }
}

/// Pairs of tasks wake each other in turn.
pub fn ping_pong<R: Runtime>(pairs: usize, round_trips: usize) -> Sample {
    R::run_task(async move {
        let watch = Stopwatch::start();
        ping_pong_and_join::<R>(pairs, round_trips).await;
        watch.per_op(pairs * round_trips)
    })
}

/// Spawns pairs of tasks, and joins them.
pub async fn ping_pong_and_join<R: Runtime>(pairs: usize, round_trips: usize) {
    let mut handles = Vec::with_capacity(2 * pairs);
    for _ in 0..pairs {
        let (to, fro) = (Arc::new(Slot::default()), Arc::new(Slot::default()));
        handles.push(R::spawn(talk(to.clone(), fro.clone(), round_trips)));
        fro.put(1);
        handles.push(R::spawn(talk(fro, to, round_trips)));
    }
    for handle in handles {
        handle.await;
    }
}

/// Passes on what comes, so many times.
pub async fn talk(send: Arc<Slot>, receive: Arc<Slot>, round_trips: usize) {
    for _ in 0..round_trips {
        send.put(receive.take().await);
    }
}

/// A thread that is not the runtime's wakes a task while all else sleeps.
pub fn latency<R: Runtime>(wakes: usize) -> Sample {
    let runtime = R::new();
    let slot = Arc::new(Slot::default());
    let (arrivals, arrived) = mpsc::channel();
    let base = Instant::now();
    let now = move || base.elapsed().as_nanos() as u64;
    let waker = thread::spawn({
        let slot = slot.clone();
        move || {
            for _ in 0..wakes {
                // why: only time tells that the runtime's threads have all gone to sleep.
                thread::sleep(IDLE);
                slot.put(now());
                arrived.recv().expect("the task is there");
            }
        }
    });
    let mut latencies = runtime.block_on(async move {
        let task = R::spawn(async move {
            let mut latencies = Vec::with_capacity(wakes);
            for _ in 0..wakes {
                let sent = slot.take().await;
                latencies.push((now() - sent) as f64);
                // Unbounded: sending does not block.
                arrivals.send(()).expect("the thread is there");
            }
            latencies
        });
        task.await
    });
    waker.join().expect("wakes do not panic");
    Sample::default()
        .with("p50_ns", quantile(&mut latencies, 0.5))
        .with("p99_ns", quantile(&mut latencies, 0.99))
}
