//! A scheduler of one's own: a stack, so that the newest task runs first.
//!
//! `last_first.rs` is the whole of it. `laneway-testkit` checks such a scheduler.

mod last_first;

use std::io;
use std::sync::{Arc, Mutex};

use laneway::{Runtime, spawn};
use last_first::LastFirst;

fn main() -> io::Result<()> {
    let runtime = Runtime::builder()
        .threads(1)
        .scheduler(LastFirst::default)
        .build()?;
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = order.clone();
    let all = runtime.spawn(async move {
        let tasks: Vec<_> = (0..3)
            .map(|i| {
                let order = order.clone();
                spawn(async move { order.lock().expect("nobody panics").push(i) })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics or is aborted");
        }
    });
    runtime.block_on(all).expect("it does not panic");
    let order = seen.lock().expect("nobody panics").clone();
    assert_eq!(order, [2, 1, 0]);
    println!("tasks ran in the order {order:?}");
    Ok(())
}
