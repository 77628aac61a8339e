//! What a workload asks of a runtime, and the runtimes.

mod laneway;
mod smol;
mod tokio;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

pub use self::laneway::{LanewayFifo, LanewayMt, LanewayPriorities, LanewaySt};
pub use self::smol::{SmolMt, SmolSt};
pub use self::tokio::{TokioMt, TokioSt};

/// Threads that run tasks in the runtimes with several.
pub const WORKERS: usize = 2;

/// One runtime, with [`WORKERS`] threads (`…Mt`) or on the thread that drives it (`…St`).
///
/// The functions without `self` belong in a task, or inside [`block_on`](Self::block_on).
pub trait Runtime: Sized + 'static {
    /// Listens on TCP.
    type Listener: Listener;

    /// Starts it.
    fn new() -> Self;

    /// Drives `future` on this thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Spawns from threads that are not the runtime's.
    fn outside(&self) -> impl Outside;

    /// Starts a task; dropping what it gives may or may not cancel the task.
    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Starts a task that nobody joins.
    fn detach<F: Future<Output = ()> + Send + 'static>(future: F) {
        drop(Self::spawn(future));
    }

    /// Runs `f` where it may block.
    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;

    /// Lets other tasks run.
    fn yield_now() -> impl Future<Output = ()> + Send;

    /// Waits for an instant.
    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send;

    /// Listens on a free port of 127.0.0.1.
    fn listen() -> io::Result<Self::Listener>;

    /// Starts the runtime, and runs `future` on it as a task.
    fn run_task<F>(future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = Self::new();
        runtime.block_on(async { Self::spawn(future).await })
    }
}

/// Spawns from threads that are not the runtime's.
pub trait Outside: Send + 'static {
    /// Starts a task that nobody joins.
    fn detach<F: Future<Output = ()> + Send + 'static>(&self, future: F);
}

/// Listens on TCP.
pub trait Listener: Send + 'static {
    /// What is accepted.
    type Stream: Stream;

    /// Where it listens.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Takes the next connection, with `TCP_NODELAY`.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// A TCP connection.
pub trait Stream: Send + 'static {
    /// Reads what there is; zero bytes at the end.
    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;

    /// Writes everything.
    fn write_all(&mut self, buf: &[u8]) -> impl Future<Output = io::Result<()>> + Send;
}

/// A join handle whose task does not fail.
struct Joined<H>(H);

impl<T, E, H> Future for Joined<H>
where
    H: Future<Output = std::result::Result<T, E>> + Unpin,
    E: std::fmt::Debug,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map(|result| result.expect("no task of a workload fails"))
    }
}
