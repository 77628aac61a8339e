//! What an operation costs beside many others that wait.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Release},
};
use std::task::Poll;
use std::time::Instant;

use super::timers::{FAR, Random};
use crate::runtime::Runtime;
use crate::sample::{Sample, Stopwatch};
use crate::signal::{Countdown, Slot};

/// Requests that are under way at once, at most.
pub const BATCH: usize = 64;

/// A prime: its multiples visit all of any number of tasks, far from each other.
pub const STRIDE: usize = 7_368_787;

/// Operations beside what waits.
pub const OPERATIONS: usize = 200_000;

/// In place of a request: there are no more.
const END: u64 = u64::MAX;

/// A source of requests that the program itself feeds: no system call takes part.
#[derive(Debug)]
pub struct Source {
    /// Of each task.
    requests: Vec<Slot>,
    answers: Vec<Slot>,
    /// Requests that are not answered yet.
    left: AtomicUsize,
    /// Told when there are none left.
    done: Slot,
    begun: Countdown,
}

impl Source {
    /// For so many tasks.
    pub fn new(tasks: usize) -> Arc<Self> {
        let slots = || (0..tasks).map(|_| Slot::default()).collect();
        Arc::new(Self {
            requests: slots(),
            answers: slots(),
            left: AtomicUsize::new(0),
            done: Slot::default(),
            begun: Countdown::new(tasks),
        })
    }

    /// Asks one batch of tasks, from the number `first` on; then [`check`](Self::check).
    pub fn ask(&self, first: usize) -> usize {
        let batch = BATCH.min(self.requests.len());
        // Before the first of them can answer.
        self.left.store(batch, Release);
        for number in first..first + batch {
            self.requests[self.task(number)].put(number as u64 + 1);
        }
        batch
    }

    /// Whether all of the batch are answered, rightly.
    pub async fn check(&self, first: usize) {
        self.done.take().await;
        for number in first..first + BATCH.min(self.requests.len()) {
            let answer = self.answers[self.task(number)].take().await;
            assert_eq!(answer, 2 * (number as u64 + 1));
        }
    }

    /// Ends all tasks.
    pub fn end(&self) {
        self.requests.iter().for_each(|it| it.put(END));
    }

    /// Answers the requests of one task, until it is to end.
    pub async fn serve(self: Arc<Self>, task: usize) {
        self.begun.step();
        loop {
            let request = self.requests[task].take().await;
            if request == END {
                return;
            }
            self.answers[task].put(2 * request);
            if self.left.fetch_sub(1, AcqRel) == 1 {
                self.done.put(1);
            }
        }
    }

    /// Which task the request of this number is for.
    fn task(&self, number: usize) -> usize {
        number.wrapping_mul(STRIDE) % self.requests.len()
    }
}

/// So many tasks wait for requests, which come in batches; for each request.
pub fn requests<R: Runtime>(tasks: usize, requests: usize) -> Sample {
    R::run_task(serve_and_ask::<R>(tasks, requests))
}

/// Spawns tasks, and asks them; for each request.
pub async fn serve_and_ask<R: Runtime>(tasks: usize, requests: usize) -> Sample {
    let source = Source::new(tasks);
    for task in 0..tasks {
        R::detach(source.clone().serve(task));
    }
    source.begun.zero().await;
    let watch = Stopwatch::start();
    let mut asked = 0;
    while asked < requests {
        let first = asked;
        asked += source.ask(first);
        source.check(first).await;
    }
    let sample = watch.per_op(asked);
    source.end();
    sample
}

/// So many sleeps wait; another is made, polled once and dropped, then the next; for each.
pub fn timers<R: Runtime>(sleeps: usize) -> Sample {
    R::run_task(async move {
        let mut random = Random(3);
        let base = Instant::now() + FAR;
        let mut kept = Vec::with_capacity(sleeps);
        for _ in 0..sleeps {
            let mut sleep = Box::pin(R::sleep_until(base + random.up_to(FAR)));
            begin(sleep.as_mut()).await;
            kept.push(sleep);
        }
        let watch = Stopwatch::start();
        for _ in 0..OPERATIONS {
            let sleep = pin!(R::sleep_until(base + random.up_to(FAR)));
            begin(sleep).await;
        }
        let sample = watch.per_op(OPERATIONS);
        drop(kept);
        sample
    })
}

/// Polls once; the future is not ready.
async fn begin(mut future: Pin<&mut (impl Future<Output = ()> + Send)>) {
    poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}
