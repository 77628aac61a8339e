//! A sum computed by rayon's threads, awaited by a task: neither runtime blocks the other's threads.

use std::io;

use futures::channel::oneshot;
use laneway::{Runtime, spawn};
use rayon::prelude::*;

fn main() -> io::Result<()> {
    let numbers: Vec<u64> = (0..1_000_000).collect();
    let sum = Runtime::new()?.block_on(async {
        let job = spawn(parallel(move || {
            numbers.par_iter().map(|n| n * n).sum::<u64>()
        }));
        job.await.expect("the sum does not panic")
    });
    assert_eq!(sum, 333_332_833_333_500_000);
    println!("the squares sum up to {sum}");
    Ok(())
}

/// Runs `f` on rayon's pool. A panic of `f` reaches who awaits, as the cancelled channel's.
async fn parallel<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = oneshot::channel();
    rayon::spawn(move || {
        // Nobody may be waiting any more; then the result is of no use.
        let _ = done.send(f());
    });
    result.await.expect("the closure panicked")
}
