//! Fibonacci numbers by calls: of functions on one thread, of rayon's on several.

use crate::Result;
use crate::runtime::WORKERS;
use crate::sample::{Sample, Stopwatch};
use crate::workload::fib::number_of;

/// Calls itself.
pub(super) fn by_calls(calls: usize) -> Sample {
    fn fib(n: u32) -> u64 {
        if n < 2 {
            return n.into();
        }
        // Or the compiler would turn half of the calls into a loop.
        std::hint::black_box(fib(n - 1)) + std::hint::black_box(fib(n - 2))
    }
    let (n, calls, expected) = number_of(calls);
    let watch = Stopwatch::start();
    assert_eq!(fib(n), expected);
    watch.per_op(calls)
}

/// Calls itself through fork and join.
///
/// # Errors
///
/// If no thread can be started.
pub(super) fn by_rayon(calls: usize) -> Result<Sample> {
    fn fib(n: u32) -> u64 {
        if n < 2 {
            return n.into();
        }
        let (one, two) = rayon::join(|| fib(n - 1), || fib(n - 2));
        one + two
    }
    let (n, calls, expected) = number_of(calls);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(WORKERS)
        .build()?;
    let watch = Stopwatch::start();
    assert_eq!(pool.install(|| fib(n)), expected);
    Ok(watch.per_op(calls))
}
