//! The same program under two schedulers. Only one line differs.

#[path = "own_scheduler/last_first.rs"]
mod last_first;

use std::io;

use laneway::{Runtime, scheduler::Fifo, spawn};
use last_first::LastFirst;

fn main() -> io::Result<()> {
    let in_order = Runtime::builder().threads(2).scheduler(Fifo::new).build()?;
    assert_eq!(in_order.block_on(sum_of_squares(1_000)), 332_833_500);

    let newest_first = Runtime::builder()
        .threads(2)
        .scheduler(LastFirst::default)
        .build()?;
    assert_eq!(newest_first.block_on(sum_of_squares(1_000)), 332_833_500);

    println!("both schedulers ran every task");
    Ok(())
}

async fn sum_of_squares(n: u64) -> u64 {
    let tasks: Vec<_> = (0..n).map(|i| spawn(async move { i * i })).collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.expect("no task panics or is aborted");
    }
    sum
}
