//! Tasks are spawned, run once, and end.

use std::sync::Arc;
use std::thread;

use crate::Result;
use crate::runtime::{Outside, Runtime};
use crate::sample::{Sample, Stopwatch};
use crate::signal::{Countdown, Slot};

/// A task spawns tasks, then joins them.
pub fn spawn_join<R: Runtime>(tasks: usize) -> Sample {
    R::run_task(async move {
        let watch = Stopwatch::start();
        spawn_and_join::<R>(tasks).await;
        watch.per_op(tasks)
    })
}

/// Spawns tasks, then joins them.
pub async fn spawn_and_join<R: Runtime>(tasks: usize) {
    let mut handles = Vec::with_capacity(tasks);
    for task in 0..tasks {
        handles.push(R::spawn(async move { task }));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    assert_eq!(sum, tasks * (tasks - 1) / 2);
}

/// A thread that is not the runtime's spawns tasks; until all have run.
///
/// # Errors
///
/// If the runtime takes no tasks from such threads.
pub fn spawn_outside<R: Runtime>(tasks: usize) -> Result<Sample> {
    let runtime = R::new();
    let countdown = Arc::new(Countdown::new(tasks));
    let outside = runtime.outside().ok_or("nothing spawns from outside")?;
    let thread_countdown = countdown.clone();
    let spawner = thread::spawn(move || {
        let watch = Stopwatch::start();
        for _ in 0..tasks {
            let countdown = thread_countdown.clone();
            outside.detach(async move { countdown.step() });
        }
        watch
    });
    runtime.block_on(countdown.zero());
    let watch = spawner.join().expect("spawns do not panic");
    Ok(watch.per_op(tasks))
}

/// Each task spawns the next one and ends.
pub fn chained<R: Runtime>(tasks: usize) -> Sample {
    R::run_task(async move {
        let watch = Stopwatch::start();
        chain_and_wait::<R>(tasks).await;
        watch.per_op(tasks)
    })
}

/// Starts a chain, and waits for its end.
pub async fn chain_and_wait<R: Runtime>(tasks: usize) {
    let end = Arc::new(Slot::default());
    chain::<R>(tasks, end.clone());
    end.take().await;
}

fn chain<R: Runtime>(left: usize, end: Arc<Slot>) {
    R::detach(async move {
        match left {
            1 => end.put(1),
            left => chain::<R>(left - 1, end),
        }
    });
}
