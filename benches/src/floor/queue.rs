//! Tasks without a runtime: boxed futures, in a queue.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::thread;

use crate::sample::{Sample, Stopwatch};

/// A task.
pub(super) type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Polls each in turn until all have ended. Nobody wakes: who is not ready has another turn.
pub(super) fn run(queue: &mut VecDeque<Task>) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Some(mut task) = queue.pop_front() {
        if task.as_mut().poll(&mut cx).is_pending() {
            queue.push_back(task);
        }
    }
}

/// Does `work` on so many threads at once, each its part of the operations; for each operation.
pub(super) fn divided(operations: usize, threads: usize, work: impl Fn(usize) + Sync) -> Sample {
    let watch = Stopwatch::start();
    if threads == 1 {
        work(operations);
    } else {
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| work(operations / threads));
            }
        });
    }
    watch.per_op(operations)
}
