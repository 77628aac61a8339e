//! laneway: its `Runtime`, and its `LocalRuntime`.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use laneway::net::{TcpListener, TcpStream};
use laneway::{Handle, LocalRuntime};

use super::{Joined, Listener, Outside, Runtime, Stream, WORKERS};

/// Several threads.
#[derive(Debug)]
pub struct LanewayMt(laneway::Runtime);

/// One thread. Spawns as programs on it do, with `spawn_local`.
#[derive(Debug)]
pub struct LanewaySt(LocalRuntime);

impl Runtime for LanewayMt {
    type Listener = TcpListener;

    fn new() -> Self {
        let runtime = laneway::Runtime::builder().threads(WORKERS).build();
        Self(runtime.expect("threads can be started"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn outside(&self) -> impl Outside {
        self.0.handle().clone()
    }

    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Joined(laneway::spawn(future))
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Joined(laneway::spawn_blocking(f))
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        laneway::task::yield_now()
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send {
        laneway::time::sleep_until(deadline)
    }

    fn listen() -> io::Result<TcpListener> {
        listen()
    }
}

impl Runtime for LanewaySt {
    type Listener = TcpListener;

    fn new() -> Self {
        Self(LocalRuntime::new().expect("there are file descriptors"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn outside(&self) -> impl Outside {
        self.0.handle().clone()
    }

    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Joined(laneway::spawn_local(future))
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Joined(laneway::spawn_blocking(f))
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        laneway::task::yield_now()
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send {
        laneway::time::sleep_until(deadline)
    }

    fn listen() -> io::Result<TcpListener> {
        listen()
    }
}

impl Outside for Handle {
    fn detach<F: Future<Output = ()> + Send + 'static>(&self, future: F) {
        drop(self.spawn(future));
    }
}

fn listen() -> io::Result<TcpListener> {
    TcpListener::bind(Handle::current().reactor(), (Ipv4Addr::LOCALHOST, 0).into())
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
        TcpStream::read(self, buf).await
    }

    async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        TcpStream::write_all(self, buf).await
    }
}
