//! Parts by themselves: the stealing ring and the timer wheel.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use laneway_fifo::Fifo;
use laneway_scheduler::{Cause, Clock, Scheduler, Worker};
use laneway_timer::Wheel;

/// Less than a ring holds.
const ITEMS: u64 = 200;

/// Ticks between two deadlines: over all levels that sleeps of a second to an hour reach.
const STRIDE: u64 = 9973;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    fifo(&mut criterion);
    wheel(&mut criterion);
    criterion.final_summary();
}

fn fifo(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fifo");
    group.measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(ITEMS));
    let fifo = Fifo::new();
    let mut workers = fifo.workers(NonZeroUsize::MIN.saturating_add(1));
    let [worker, thief] = &mut workers[..] else {
        unreachable!("two were asked for");
    };
    group.bench_function("push_pop", |b| {
        b.iter(|| {
            for item in 0..ITEMS {
                // Nobody sleeps.
                let _ = worker.push(black_box(item), Cause::Woken);
            }
            while let Some(item) = worker.pop(&NoClock) {
                black_box(item);
            }
        });
    });
    group.bench_function("push_steal", |b| {
        b.iter(|| {
            for item in 0..ITEMS {
                // Nobody sleeps.
                let _ = worker.push(black_box(item), Cause::Woken);
            }
            while let Some(item) = thief.pop(&NoClock).or_else(|| thief.search(&NoClock)) {
                black_box(item);
            }
        });
    });
    group.finish();
}

/// The scheduler reads none.
struct NoClock;

impl Clock for NoClock {
    fn nanos(&self) -> u64 {
        0
    }
}

fn wheel(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wheel");
    group.measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(ITEMS));
    let mut wheel = Wheel::new();
    group.bench_function("insert_remove", |b| {
        let mut keys = Vec::with_capacity(ITEMS as usize);
        b.iter(|| {
            keys.extend((1..=ITEMS).map(|item| wheel.insert(black_box(item * STRIDE), item)));
            for key in keys.drain(..) {
                black_box(wheel.remove(key));
            }
        });
    });
    group.bench_function("insert_expire", |b| {
        b.iter_batched_ref(
            Wheel::new,
            |wheel| {
                for item in 1..=ITEMS {
                    wheel.insert(black_box(item * STRIDE), item);
                }
                while let Some(item) = wheel.pop(ITEMS * STRIDE) {
                    black_box(item);
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}
