//! The pool as its users see it. Waits are bounded and fail loudly; nothing sleeps.

mod classes;
mod escalation;
mod foreign;
mod growth;
mod panics;
mod permits;
mod shutdown;
mod spawn;
mod teardown;
mod types;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use laneway_blocking::Pool;
use laneway_task::JoinHandle;

/// Longer than anything here takes, on any machine.
const SOON: Duration = Duration::from_secs(20);

/// A pool of so many threads and so many waiting jobs.
fn pool(max_threads: usize, queue_limit: usize) -> Pool {
    Pool::builder()
        .max_threads(max_threads)
        .queue_limit(queue_limit)
        .build()
        .unwrap()
}

/// A job that runs until it is let go.
struct Stuck {
    go: Sender<()>,
    handle: JoinHandle<Result<(), RecvTimeoutError>>,
}

impl Stuck {
    /// Starts one, and waits until it runs.
    fn start(pool: &Pool) -> Self {
        let (stuck, started) = Self::spawn(pool);
        started.recv_timeout(SOON).expect("the job runs soon");
        stuck
    }

    fn spawn(pool: &Pool) -> (Self, Receiver<()>) {
        let (start, started) = channel();
        let (go, wait) = channel();
        let handle = pool.spawn(move || {
            let _ = start.send(());
            wait.recv_timeout(SOON)
        });
        (Self { go, handle }, started)
    }

    /// Lets it go, and waits for its end.
    fn finish(self) {
        self.go.send(()).unwrap();
        laneway_waker::block_on(self.handle)
            .unwrap()
            .expect("it was let go in time");
    }
}
