//! Timers under another runtime: futures' thread pool runs the tasks, one thread of ours turns the
//! timers, and neither knows of the other.
//!
//! ```text
//! cargo run -p laneway-timer --example foreign_runtime
//! ```

use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::{ThreadPool, block_on};
use futures::future::join_all;
use futures::task::SpawnExt;
use laneway_timer::Timers;

fn main() -> std::io::Result<()> {
    let timers = Timers::new();

    // The thread that gives its time, until it is told to stop.
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = thread::Builder::new().name("timers".into()).spawn({
        let timers = timers.clone();
        move || _ = timers.run_until(stopped)
    })?;

    // Tasks of another runtime: sleep sort.
    let pool = ThreadPool::builder().pool_size(2).create()?;
    let (sender, sorted) = std::sync::mpsc::channel();
    for number in [30, 10, 50, 20, 40] {
        let (timers, sender) = (timers.clone(), sender.clone());
        pool.spawn_ok(async move {
            timers.sleep(Duration::from_millis(number)).await;
            _ = sender.send(number);
        });
    }
    drop(sender);
    println!("sorted: {:?}", sorted.iter().collect::<Vec<_>>());

    // Its block_on works as well; a task that takes too long is given up.
    let slow = pool
        .spawn_with_handle({
            let timers = timers.clone();
            async move { timers.sleep(Duration::from_secs(3600)).await }
        })
        .map_err(std::io::Error::other)?;
    match block_on(timers.timeout(Duration::from_millis(5), slow)) {
        Ok(()) => println!("an hour is over already"),
        Err(elapsed) => println!("gave up: {elapsed}"),
    }

    // How late are sleeps here?
    let mut late = block_on(join_all((1..=100).map(|n| {
        let timers = timers.clone();
        async move {
            let sleep = timers.sleep(Duration::from_micros(n * 337));
            let deadline = sleep.deadline();
            sleep.await;
            timers.now() - deadline
        }
    })));
    late.sort();
    println!("median lateness of 100 sleeps: {:?}", late[late.len() / 2]);

    drop(stop);
    driver.join().expect("the driver does not panic");
    Ok(())
}
