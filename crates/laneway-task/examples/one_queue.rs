//! An executor in twenty lines: one queue, any number of threads that run what is in it.
//!
//! `cargo run -p laneway-task --example one_queue`

use std::sync::mpsc::{Receiver, Sender, channel};

use laneway_task::{JoinHandle, Runnable, ScheduleArc, ScheduleRef};

struct Executor {
    queue: Sender<Runnable>,
    lane: ScheduleRef,
}

impl Executor {
    /// The executor, and what its thread must run.
    fn new() -> (Self, Receiver<Runnable>) {
        let (queue, ready) = channel();
        let again = queue.clone();
        // A task that wakes after the end of the executor is dropped with the runnable.
        let lane = ScheduleArc::new(move |runnable: Runnable| drop(again.send(runnable))).erase();
        (Self { queue, lane }, ready)
    }

    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let (runnable, handle) = laneway_task::spawn(future, &self.lane);
        self.queue.send(runnable).expect("the thread is there");
        handle
    }
}

pub(crate) fn main() {
    let (executor, ready) = Executor::new();
    // Ends when nobody can queue a task any more: the executor and all its tasks are gone.
    let thread = std::thread::spawn(move || ready.into_iter().for_each(Runnable::run));

    let squares = (1..=3).map(|n| executor.spawn(async move { n * n }));
    let squares = squares.collect::<Vec<_>>();
    let sum = executor.spawn(async move {
        let mut sum = 0;
        for square in squares {
            laneway_waker::yield_now().await;
            sum += square.await.expect("it neither panics nor is aborted");
        }
        sum
    });
    let sum = laneway_waker::block_on(sum).expect("it neither panics nor is aborted");
    println!("1 + 4 + 9 = {sum}");
    assert_eq!(sum, 14);

    drop(executor);
    thread.join().expect("a panic of a task is caught");
}
