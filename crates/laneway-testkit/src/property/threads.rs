//! Real threads, for what models are too small for: long runs and full queues.

use std::num::NonZeroUsize;
use std::sync::Arc;

use laneway_loom::{
    hint,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    thread,
};
use laneway_scheduler::{Cause, Scheduler, Worker};

use crate::{Item, Mint, StepClock};

const WORKERS: usize = 3;
const INJECTORS: usize = 2;

/// Items for each injector.
const INJECTED: u32 = 4_000;

/// Every so manieth item that runs is followed by a burst of as many pushes, more than bounded
/// queues commonly hold.
const BURST: u32 = 600;

/// Looks in vain before a worker gives up: minutes. What is lost makes a failure, not a hang.
const PATIENCE: u32 = 1 << 30;

/// Three workers pop, search, yield and push while two threads inject: each item comes out once.
/// Once to the end, and once with a close in the middle.
pub fn threads_lose_nothing<S: Scheduler<Item>>(make: impl Fn() -> S) {
    run(Arc::new(make()), false);
    run(Arc::new(make()), true);
}

/// What the threads know of each other.
#[derive(Default)]
struct Progress {
    /// Injectors that have not ended.
    injecting: Count,
    went_in: Count,
    came_out: Count,
    /// 1 when the workers shall stop.
    stopped: Count,
}

/// A number that all threads see alike.
#[derive(Default)]
struct Count(AtomicU32);

impl Count {
    fn get(&self) -> u32 {
        // Ordering: SeqCst, here and below. The counts are compared with each other, and the test
        // is not in a hurry.
        self.0.load(SeqCst)
    }

    fn add(&self, number: u32) {
        // Ordering: SeqCst, see `get`.
        self.0.fetch_add(number, SeqCst);
    }

    fn sub(&self, number: u32) {
        // Ordering: SeqCst, see `get`.
        self.0.fetch_sub(number, SeqCst);
    }
}

fn run<S: Scheduler<Item>>(scheduler: Arc<S>, close_early: bool) {
    let halves = scheduler.workers(NonZeroUsize::new(WORKERS).expect("some"));
    let progress = Arc::new(Progress::default());
    progress.injecting.add(INJECTORS as u32);

    // Each producer has a mint of its own: numbers count within it.
    let workers: Vec<_> = halves
        .into_iter()
        .map(|half| {
            let progress = progress.clone();
            thread::spawn(move || work::<S>(half, &progress))
        })
        .collect();
    let injectors: Vec<_> = (0..INJECTORS)
        .map(|_| {
            let (scheduler, progress) = (scheduler.clone(), progress.clone());
            thread::spawn(move || inject(&*scheduler, &progress))
        })
        .collect();

    let mut out = 0;
    if close_early {
        while progress.came_out.get() < INJECTED / 2 {
            hint::spin_loop();
        }
        scheduler.close(&mut |_| out += 1);
        progress.stopped.add(1);
    }
    let mut mints: Vec<Mint> = injectors.into_iter().map(|it| it.join().unwrap()).collect();
    let mut halves = Vec::new();
    for worker in workers {
        let (half, mint) = worker.join().unwrap();
        halves.push(half);
        mints.push(mint);
    }
    scheduler.close(&mut |_| out += 1);
    for half in &mut halves {
        half.drain(&mut |_| out += 1);
    }
    assert!(
        close_early || out == 0,
        "{out} items were left when all had come out"
    );
    let came_out = progress.came_out.get() + out;
    assert_eq!(
        progress.went_in.get(),
        came_out,
        "what went in, and what came out"
    );
    assert_eq!(
        mints.iter().map(Mint::living).sum::<usize>(),
        0,
        "items nobody can see live on"
    );
}

fn inject<S: Scheduler<Item>>(scheduler: &S, progress: &Progress) -> Mint {
    let mut mint = Mint::new();
    for _ in 0..INJECTED {
        progress.went_in.add(1);
        if scheduler.inject(mint.item(), Cause::Woken).is_err() {
            progress.went_in.sub(1);
            break;
        }
    }
    progress.injecting.sub(1);
    mint
}

fn work<S: Scheduler<Item>>(mut half: S::Worker, progress: &Progress) -> (S::Worker, Mint) {
    let (clock, mut mint) = (StepClock::new(), Mint::new());
    let mut vain_looks = 0;
    let mut ran = 0;
    while progress.stopped.get() == 0 {
        let Some(item) = half.pop(&clock).or_else(|| half.search(&clock)) else {
            let injecting = progress.injecting.get();
            if injecting == 0 && progress.came_out.get() == progress.went_in.get() {
                break;
            }
            vain_looks += 1;
            assert!(vain_looks < PATIENCE, "items went in that nobody finds");
            thread::yield_now();
            continue;
        };
        vain_looks = 0;
        ran += 1;
        if ran % 7 == 0 {
            let _ = half.push(item, Cause::Yielded);
            continue;
        }
        if ran % BURST == 0 && mint.made() < 4 * BURST {
            progress.went_in.add(BURST);
            for _ in 0..BURST {
                let _ = half.push(mint.item(), Cause::Spawned);
            }
        }
        drop(item);
        progress.came_out.add(1);
    }
    (half, mint)
}
