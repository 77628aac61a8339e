//! Closures for the blocking pool.

use std::time::{Duration, Instant};

use crate::runtime::Runtime;
use crate::sample::{Sample, Stopwatch, quantile};
use crate::{Result, machine};

/// After this time without work the pool's threads have gone to sleep.
pub const IDLE: Duration = Duration::from_micros(500);

/// A task hands tiny closures to the pool, then joins them.
///
/// # Errors
///
/// If the system does not say how many threads there are.
pub fn blocking<R: Runtime>(closures: usize) -> Result<Sample> {
    R::run_task(async move {
        let threads = || machine::threads().ok_or("no count of threads");
        let before = threads()?;
        let watch = Stopwatch::start();
        spawn_and_join::<R>(closures).await;
        let sample = watch.per_op(closures);
        // Idle threads of a pool live for a while: as many as there have been at most.
        Ok(sample.with("threads", (threads()? - before) as f64))
    })
}

/// Spawns closures, then joins them.
pub async fn spawn_and_join<R: Runtime>(closures: usize) {
    let mut handles = Vec::with_capacity(closures);
    for closure in 0..closures {
        handles.push(R::spawn_blocking(move || closure));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    assert_eq!(sum, closures * (closures - 1) / 2);
}

/// A task hands over one closure while the pool sleeps, and waits for what it returns; again and again.
pub fn idle<R: Runtime>(closures: usize) -> Sample {
    R::run_task(async move {
        let mut latencies = Vec::with_capacity(closures);
        for closure in 0..closures {
            R::sleep_until(Instant::now() + IDLE).await;
            let start = Instant::now();
            assert_eq!(R::spawn_blocking(move || closure).await, closure);
            latencies.push(start.elapsed().as_nanos() as f64);
        }
        Sample::default()
            .with("p50_ns", quantile(&mut latencies, 0.5))
            .with("p99_ns", quantile(&mut latencies, 0.99))
    })
}
