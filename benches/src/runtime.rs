//! What a workload asks of a runtime, and the runtimes.

mod bound;
mod glommio;
mod laneway;
mod monoio;
mod smol;
mod tokio;

use std::future::{Future, Ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

pub use self::glommio::GlommioSt;
pub use self::laneway::{LanewayFifo, LanewayMt, LanewayPriorities, LanewaySt};
pub use self::monoio::MonoioSt;
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

    /// The workloads that it cannot do, by name, and why.
    const CANNOT: &'static [(&'static str, &'static str)] = &[];

    /// What to know of it on this machine.
    ///
    /// # Errors
    ///
    /// Why it does not run here.
    fn probe() -> Result<Option<&'static str>, String> {
        Ok(None)
    }

    /// Starts it.
    fn new() -> Self;

    /// Drives `future` on this thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Spawns from threads that are not the runtime's, if that is possible.
    fn outside(&self) -> Option<impl Outside> {
        None::<Nowhere>
    }

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

    /// Answers HTTP with [`hello`](crate::workload::hyper::hello), if hyper runs on it.
    fn serve_http(_: Self::Listener) -> Option<impl Future<Output = ()> + Send + 'static> {
        None::<Ready<()>>
    }

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

/// Of a runtime that takes no tasks from foreign threads.
enum Nowhere {}

impl Outside for Nowhere {
    fn detach<F: Future<Output = ()> + Send + 'static>(&self, _: F) {
        match *self {}
    }
}

/// Listens on TCP.
pub trait Listener: Send + 'static {
    /// What is accepted.
    type Stream: Echo;

    /// Where it listens.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Takes the next connection, with `TCP_NODELAY`.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// A TCP connection that gives back what comes.
pub trait Echo: Send + 'static {
    /// Does so until its end, through one buffer of so many bytes.
    fn echo(self, buffer: usize) -> impl Future<Output = io::Result<()>> + Send;
}

/// A TCP connection to which one lends a buffer.
pub trait Stream: Send + 'static {
    /// Reads what there is; zero bytes at the end.
    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;

    /// Writes everything.
    fn write_all(&mut self, buf: &[u8]) -> impl Future<Output = io::Result<()>> + Send;
}

impl<S: Stream> Echo for S {
    async fn echo(mut self, buffer: usize) -> io::Result<()> {
        let mut buffer = vec![0; buffer];
        loop {
            match self.read(&mut buffer).await? {
                0 => return Ok(()),
                count => self.write_all(&buffer[..count]).await?,
            }
        }
    }
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
