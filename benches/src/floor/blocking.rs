//! Closures for other threads.

use std::sync::mpsc;
use std::thread;

use crate::runtime::WORKERS;
use crate::sample::{Sample, Stopwatch};

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
