//! What a boxed future that waits costs.

use std::sync::Arc;
use std::task::{Context, Waker};

use super::queue::Task;
use crate::sample::{Sample, Stopwatch};
use crate::signal::Countdown;
use crate::workload::memory::{BATCH, wait};
use crate::{Result, machine};

/// Futures that wait for ever, in a list: the memory they occupy.
///
/// # Errors
///
/// If the system does not say how much memory is used.
pub(super) fn task_bytes(tasks: usize) -> Result<Sample> {
    let resident = || machine::resident_bytes().ok_or("no count of memory");
    let mut kept: Vec<Task> = Vec::with_capacity(tasks);
    let mut cx = Context::from_waker(Waker::noop());
    let before = resident()?;
    let watch = Stopwatch::start();
    for _ in 0..tasks / BATCH {
        let polled: Arc<Countdown> = Arc::new(Countdown::new(BATCH));
        for _ in 0..BATCH {
            let mut task: Task = Box::pin(wait(polled.clone()));
            assert!(task.as_mut().poll(&mut cx).is_pending());
            kept.push(task);
        }
    }
    let times = watch.per_op(tasks);
    let bytes = (resident()? - before) / kept.len() as f64;
    let sample = Sample::default().with("bytes_op", bytes);
    Ok(times.figures().fold(sample, |all, (n, v)| all.with(n, v)))
}
