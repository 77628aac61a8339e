//! Tokio: its multi-thread and its current-thread runtime.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};

use super::{Joined, Listener, Outside, Runtime, Stream, WORKERS};
use crate::workload::hyper::hello;

/// How long hyper waits for the head of a request.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Several threads.
pub type TokioMt = Tokio<true>;

/// The current thread. Spawns as programs on it do, with `tokio::spawn`.
pub type TokioSt = Tokio<false>;

/// Tokio with `WORKERS` threads, or on the current one.
#[derive(Debug)]
pub struct Tokio<const MULTI_THREAD: bool>(tokio::runtime::Runtime);

impl<const MULTI_THREAD: bool> Runtime for Tokio<MULTI_THREAD> {
    type Listener = TcpListener;

    fn new() -> Self {
        let mut builder = if MULTI_THREAD {
            Builder::new_multi_thread()
        } else {
            Builder::new_current_thread()
        };
        let runtime = builder.worker_threads(WORKERS).enable_all().build();
        Self(runtime.expect("threads can be started"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn outside(&self) -> Option<impl Outside> {
        Some(self.0.handle().clone())
    }

    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Joined(tokio::spawn(future))
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Joined(tokio::task::spawn_blocking(f))
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send {
        tokio::time::sleep_until(deadline.into())
    }

    fn listen() -> io::Result<TcpListener> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    }

    fn serve_http(listener: TcpListener) -> Option<impl Future<Output = ()> + Send + 'static> {
        Some(async move {
            // The same settings as laneway-hyper's.
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder
                .http1()
                .timer(TokioTimer::new())
                .header_read_timeout(Some(HEADER_READ_TIMEOUT));
            builder
                .http2()
                .timer(TokioTimer::new())
                .enable_connect_protocol();
            while let Ok(stream) = Listener::accept(&listener).await {
                let builder = builder.clone();
                tokio::spawn(async move {
                    let (io, service) = (TokioIo::new(stream), service_fn(hello));
                    let connection = builder.serve_connection_with_upgrades(io, service);
                    // A connection ends when the generator closes it; how, does not matter.
                    drop(connection.await);
                });
            }
        })
    }
}

impl Outside for Handle {
    fn detach<F: Future<Output = ()> + Send + 'static>(&self, future: F) {
        drop(self.spawn(future));
    }
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _peer) = self.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Stream for TcpStream {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        AsyncReadExt::read(self, buf).await
    }

    async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        AsyncWriteExt::write_all(self, buf).await
    }
}
