//! Another policy for the same runtime: whatever is due first runs first.
//!
//! A task carries its deadline inline, and the scheduler reads it when the task becomes ready.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use laneway::{Runtime, task::Builder};
use laneway_deadline::{Deadline, Deadlines};
use laneway_task::Runnable;

fn main() -> std::io::Result<()> {
    let runtime = Runtime::builder()
        .threads(1)
        .scheduler(|| Deadlines::by_key(|task: &Runnable| task.attributes().unwrap_or_default()))
        .build()?;

    // Jobs that come in while the only thread is busy, each due at another time.
    let (go, wait) = mpsc::channel::<()>();
    let busy = runtime.spawn(async move { wait.recv() });
    let start = Instant::now();
    let (ran, order) = mpsc::channel();
    for millis in [30, 10, 20] {
        let due = Deadline::from_nanos(Duration::from_millis(millis).as_nanos() as u64);
        let ran = ran.clone();
        let job = async move { ran.send((millis, start.elapsed())) };
        drop(runtime.spawn_with(Builder::new().attributes(due), job));
    }
    drop((go, ran));
    let _ = runtime.block_on(busy);

    for (millis, after) in order {
        println!("due after {millis} ms, ran after {after:?}");
    }
    Ok(())
}
