//! What several of the tests need.

use std::future::Future;
use std::pin::Pin;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
    mpsc,
};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use laneway::Runtime;

/// Far longer than anything here takes; whoever waits so long fails loudly.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn runtime(threads: usize) -> Runtime {
    Runtime::builder()
        .threads(threads)
        .build()
        .expect("a runtime can be built")
}

/// Runs `f` on a thread of its own and fails if it takes longer than [`PATIENCE`].
pub(crate) fn within_patience<T: Send + 'static>(
    what: &str,
    f: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (done, result) = mpsc::channel();
    let thread = thread::spawn(move || {
        let value = f();
        let _ = done.send(());
        value
    });
    match result.recv_timeout(PATIENCE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what} did not end in {PATIENCE:?}"),
        // Disconnected: it panicked, and `join` says how.
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        },
    }
}

/// Counts how often it, or what shares its counter, was dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Whether each guard has been dropped.
    pub(crate) fn all_gone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    pub(crate) fn guard(&self) -> DropGuard {
        DropGuard(self.clone())
    }
}

#[derive(Debug)]
pub(crate) struct DropGuard(Drops);

impl Drop for DropGuard {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}

/// Never ready; tells `seen` its waker at its first poll.
pub(crate) struct Forever<F> {
    seen: Option<F>,
}

pub(crate) fn forever<F: FnOnce(&Waker) + Unpin>(seen: F) -> Forever<F> {
    Forever { seen: Some(seen) }
}

impl<F: FnOnce(&Waker) + Unpin> Future for Forever<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(seen) = self.seen.take() {
            seen(cx.waker());
        }
        Poll::Pending
    }
}
