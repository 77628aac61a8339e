//! Closures for other threads.

use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::runtime::WORKERS;
use crate::sample::{Sample, Stopwatch, quantile};
use crate::workload::blocking::IDLE;

/// Closures go by turns to threads that each have a channel; what they return goes into a sum.
pub(super) fn blocking(closures: usize) -> Sample {
    type Closure = Box<dyn FnOnce() -> usize + Send>;
    let (senders, threads): (Vec<_>, Vec<_>) = (0..WORKERS)
        .map(|_| {
            let (sender, receiver) = mpsc::channel::<Closure>();
            let sum = move || receiver.iter().map(|closure| closure()).sum::<usize>();
            (sender, thread::spawn(sum))
        })
        .unzip();
    let watch = Stopwatch::start();
    for closure in 0..closures {
        let sender = &senders[closure % WORKERS];
        let sent = sender.send(Box::new(move || closure));
        sent.expect("the thread is there");
    }
    drop(senders);
    let sums = threads
        .into_iter()
        .map(|it| it.join().expect("they do not panic"));
    assert_eq!(sums.sum::<usize>(), closures * (closures - 1) / 2);
    watch.per_op(closures)
}

/// A closure goes to a thread that sleeps, and what it returns comes back to one that has gone to sleep
/// too.
pub(super) fn idle(closures: usize) -> Sample {
    let (sender, receiver) = mpsc::channel::<Box<dyn FnOnce() -> usize + Send>>();
    let (outputs, output) = mpsc::channel();
    let thread = thread::spawn(move || {
        for closure in receiver {
            outputs.send(closure()).expect("it is waited for");
        }
    });
    let mut latencies = Vec::with_capacity(closures);
    for closure in 0..closures {
        // why: only time tells that the other thread has gone to sleep.
        thread::sleep(IDLE);
        let start = Instant::now();
        let sent = sender.send(Box::new(move || closure));
        sent.expect("the thread is there");
        assert_eq!(output.recv(), Ok(closure));
        latencies.push(start.elapsed().as_nanos() as f64);
    }
    drop(sender);
    thread.join().expect("closures do not panic");
    Sample::default()
        .with("p50_ns", quantile(&mut latencies, 0.5))
        .with("p99_ns", quantile(&mut latencies, 0.99))
}
