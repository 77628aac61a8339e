//! What goes on beside the connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use laneway::task::{Builder, Priority, yield_now};
use laneway::{Handle, spawn, spawn_blocking, time};

use crate::figures::Times;
use crate::random::Random;

/// Sleeps that are taken back, or put off, long before they are due.
const FAR_TIMERS: usize = 10_000;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Churn {
    /// How late sleeps end.
    pub(crate) timers: Times,
    /// From the spawn of a closure to its result.
    pub(crate) blocking: Times,
    /// From the abort of a task to its end.
    pub(crate) aborts: Times,
    /// What work that is not urgent was done, in milliseconds of a core.
    pub(crate) background: AtomicU64,
    pub(crate) wrong: AtomicU64,
}

/// Starts it all; it ends with the runtime.
pub(crate) fn start(runtime: &Handle, seed: u64) -> Arc<Churn> {
    let churn = Arc::new(Churn::default());
    for number in 0..200 {
        runtime.spawn(near_timers(churn.clone(), Random::new(seed + number)));
    }
    runtime.spawn(far_timers(Random::new(seed + 201)));
    for number in 0..4 {
        runtime.spawn(blocks(churn.clone(), Random::new(seed + 300 + number)));
        runtime.spawn(aborts(churn.clone(), Random::new(seed + 400 + number)));
    }
    for priority in [Priority::Background, Priority::Batch] {
        let work = works(churn.clone());
        runtime.spawn_with(Builder::new().priority(priority), work);
    }
    churn
}

async fn near_timers(churn: Arc<Churn>, mut random: Random) {
    loop {
        let due = Instant::now() + Duration::from_micros(1_000 + random.below(100_000));
        time::sleep_until(due).await;
        let now = Instant::now();
        if now < due {
            churn.wrong.fetch_add(1, Relaxed);
        }
        churn.timers.add(now - due);
    }
}

/// Holds many sleeps, each in a task of its own, and takes back some now and then.
async fn far_timers(mut random: Random) {
    let far = |random: &mut Random| {
        let length = Duration::from_secs(600 + random.below(100_000));
        spawn(async move { time::sleep(length).await }).abort_on_drop()
    };
    let mut timers: Vec<_> = (0..FAR_TIMERS).map(|_| far(&mut random)).collect();
    loop {
        time::sleep(Duration::from_millis(10)).await;
        for _ in 0..10 {
            let at = random.below(FAR_TIMERS as u64) as usize;
            timers[at] = far(&mut random);
        }
    }
}

async fn blocks(churn: Arc<Churn>, mut random: Random) {
    loop {
        let start = Instant::now();
        let (sent, millis) = (random.below(1 << 20), random.below(3));
        let closure = move || {
            // why: a closure that blocks.
            std::thread::sleep(Duration::from_millis(millis));
            sent
        };
        if !matches!(spawn_blocking(closure).await, Ok(got) if got == sent) {
            churn.wrong.fetch_add(1, Relaxed);
        }
        churn.blocking.add(start.elapsed());
        time::sleep(Duration::from_millis(random.below(40))).await;
    }
}

/// Tasks of all classes, aborted wherever they are.
async fn aborts(churn: Arc<Churn>, mut random: Random) {
    loop {
        let priority = Priority::ALL[random.below(4) as usize];
        let (way, micros) = (random.below(4), random.below(3_000));
        let victim = Builder::new().priority(priority).spawn(async move {
            loop {
                match way {
                    0 => yield_now().await,
                    1 => time::sleep(Duration::from_micros(micros)).await,
                    2 => drop(spawn_blocking(|| ()).await),
                    _ => drop(spawn(yield_now()).await),
                }
                time::sleep(Duration::from_micros(100)).await;
            }
        });
        time::sleep(Duration::from_micros(random.below(10_000))).await;
        let start = Instant::now();
        victim.abort();
        match victim.await {
            Err(error) if error.is_cancelled() => {}
            _ => drop(churn.wrong.fetch_add(1, Relaxed)),
        }
        // The kernel decides when a thread of the background lane looks.
        if priority >= Priority::Normal {
            churn.aborts.add(start.elapsed());
        }
    }
}

/// A tenth of a core, in pieces of a millisecond.
async fn works(churn: Arc<Churn>) {
    loop {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(1) {
            std::hint::spin_loop();
        }
        churn.background.fetch_add(1, Relaxed);
        yield_now().await;
        time::sleep(Duration::from_millis(9)).await;
    }
}
