//! What a task that waits costs.

use std::future::pending;
use std::sync::Arc;

use crate::runtime::Runtime;
use crate::sample::{Sample, Stopwatch};
use crate::signal::Countdown;
use crate::{Result, machine};

/// Between two waits for the tasks to be polled, so that queues stay short.
pub const BATCH: usize = 100;

/// Tasks wait for ever: the memory they occupy.
///
/// # Errors
///
/// If the system does not say how much memory is used.
pub fn task_bytes<R: Runtime>(tasks: usize) -> Result<Sample> {
    R::run_task(async move {
        let resident = || machine::resident_bytes().ok_or("no count of memory");
        spawn_waiting::<R>(BATCH).await;
        let before = resident()?;
        let watch = Stopwatch::start();
        for _ in 0..tasks / BATCH {
            spawn_waiting::<R>(BATCH).await;
        }
        let times = watch.per_op(tasks);
        let bytes = (resident()? - before) / (tasks / BATCH * BATCH) as f64;
        let sample = Sample::default().with("bytes_op", bytes);
        Ok(times.figures().fold(sample, |all, (n, v)| all.with(n, v)))
    })
}

/// Returns when each has been polled once.
async fn spawn_waiting<R: Runtime>(tasks: usize) {
    let polled: Arc<Countdown> = Arc::new(Countdown::new(tasks));
    for _ in 0..tasks {
        R::detach(wait(polled.clone()));
    }
    polled.zero().await;
}

/// What waits: says that it has been polled, then nothing any more.
pub async fn wait(polled: Arc<Countdown>) {
    polled.step();
    drop(polled);
    pending().await
}
