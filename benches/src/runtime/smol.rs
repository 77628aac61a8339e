//! The parts of smol: `async-executor`, `async-io` and `blocking`, put together as smol does.

use std::future::{Future, pending};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use async_executor::Executor;
use async_io::{Async, Timer};
use futures::{AsyncReadExt, AsyncWriteExt};

use super::{Listener, Outside, Runtime, Stream, WORKERS};

/// Global, as smol's is: its threads are never stopped.
static EXECUTOR: LazyLock<Executor<'static>> = LazyLock::new(Executor::new);

/// Several threads.
pub type SmolMt = Smol<true>;

/// The thread that drives it.
pub type SmolSt = Smol<false>;

/// The global executor with `WORKERS` threads, or driven by `block_on`.
#[derive(Debug)]
pub struct Smol<const MULTI_THREAD: bool>;

impl<const MULTI_THREAD: bool> Runtime for Smol<MULTI_THREAD> {
    type Listener = Async<std::net::TcpListener>;

    const CANNOT: &'static [(&'static str, &'static str)] = &[("hyper", "is not hyper's runtime")];

    fn new() -> Self {
        if MULTI_THREAD {
            for _ in 0..WORKERS {
                thread::spawn(|| async_io::block_on(EXECUTOR.run(pending::<()>())));
            }
        }
        Self
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        if MULTI_THREAD {
            async_io::block_on(future)
        } else {
            async_io::block_on(EXECUTOR.run(future))
        }
    }

    fn outside(&self) -> Option<impl Outside> {
        Some(Everywhere)
    }

    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        EXECUTOR.spawn(future)
    }

    fn detach<F: Future<Output = ()> + Send + 'static>(future: F) {
        EXECUTOR.spawn(future).detach();
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        blocking::unblock(f)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        futures_lite::future::yield_now()
    }

    async fn sleep_until(deadline: Instant) {
        Timer::at(deadline).await;
    }

    fn listen() -> io::Result<Self::Listener> {
        Async::<std::net::TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))
    }
}

/// Reaches the global executor.
struct Everywhere;

impl Outside for Everywhere {
    fn detach<F: Future<Output = ()> + Send + 'static>(&self, future: F) {
        EXECUTOR.spawn(future).detach();
    }
}

impl Listener for Async<std::net::TcpListener> {
    type Stream = Async<std::net::TcpStream>;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    async fn accept(&self) -> io::Result<Self::Stream> {
        let (stream, _peer) = Async::<std::net::TcpListener>::accept(self).await?;
        stream.get_ref().set_nodelay(true)?;
        Ok(stream)
    }
}

impl Stream for Async<std::net::TcpStream> {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        AsyncReadExt::read(self, buf).await
    }

    async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        AsyncWriteExt::write_all(self, buf).await
    }
}
