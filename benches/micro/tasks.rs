//! The tasks and wakes of laneway, for regressions: many threads and one.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use laneway_benches::runtime::{LanewayMt, LanewaySt, Runtime};
use laneway_benches::workload::{blocking, pending, tasks, wakes};

/// Enough to fill rings and overflow them.
const TASKS: usize = 1000;

/// Yields or round trips of one task.
const TURNS: usize = 100;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    on::<LanewayMt>(&mut criterion, "mt");
    on::<LanewaySt>(&mut criterion, "st");
    criterion.final_summary();
}

fn on<R: Runtime>(criterion: &mut Criterion, threads: &str) {
    let runtime = R::new();
    let mut group = criterion.benchmark_group(threads);
    group.measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(TASKS as u64));
    group.bench_function("spawn_join", |b| {
        b.iter(|| on_task::<R, _>(&runtime, tasks::spawn_and_join::<R>(black_box(TASKS))));
    });
    group.bench_function("chained", |b| {
        b.iter(|| on_task::<R, _>(&runtime, tasks::chain_and_wait::<R>(black_box(TASKS))));
    });
    group.bench_function("blocking", |b| {
        b.iter(|| on_task::<R, _>(&runtime, blocking::spawn_and_join::<R>(black_box(TASKS))));
    });
    group.bench_function("wake", |b| {
        b.iter_custom(|iterations| {
            let requests = TASKS * iterations as usize;
            let asked = pending::serve_and_ask::<R>(pending::BATCH, requests);
            let sample = on_task::<R, _>(&runtime, asked);
            let each = sample.get("ns_op").expect("it has been measured");
            Duration::from_nanos((each * requests as f64) as u64)
        });
    });
    group.throughput(Throughput::Elements((TURNS * TURNS) as u64));
    group.bench_function("yield", |b| {
        b.iter(|| on_task::<R, _>(&runtime, wakes::yield_and_join::<R>(TURNS, TURNS)));
    });
    group.bench_function("ping_pong", |b| {
        b.iter(|| on_task::<R, _>(&runtime, wakes::ping_pong_and_join::<R>(1, TURNS * TURNS)));
    });
    group.finish();
}

fn on_task<R, F>(runtime: &R, future: F) -> F::Output
where
    R: Runtime,
    F: Future<Output: Send> + Send + 'static,
{
    runtime.block_on(async { R::spawn(future).await })
}
