//! laneway: its `Runtime`, and its `LocalRuntime`.

use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use laneway::net::{TcpListener, TcpStream};
use laneway::scheduler::Fifo;
use laneway::{Handle, LocalRuntime};

use super::{Joined, Listener, Outside, Runtime, Stream, WORKERS};

/// Several threads.
pub type LanewayMt = Laneway<Several>;

/// One worker, with its tasks in arrival order.
pub type LanewayFifo = Laneway<OneFifo>;

/// One worker that takes the most urgent task.
pub type LanewayPriorities = Laneway<OnePriorities>;

/// A runtime, in one of its shapes.
#[derive(Debug)]
pub struct Laneway<S>(laneway::Runtime, PhantomData<S>);

/// What a [`Laneway`] is like.
pub trait Shape: Send + Sync + 'static {
    /// Starts it.
    fn build() -> io::Result<laneway::Runtime>;
}

/// As many workers as the other runtimes have.
#[derive(Debug)]
pub struct Several;

/// One worker, arrival order.
#[derive(Debug)]
pub struct OneFifo;

/// One worker, priorities.
#[derive(Debug)]
pub struct OnePriorities;

impl Shape for Several {
    fn build() -> io::Result<laneway::Runtime> {
        laneway::Runtime::builder().threads(WORKERS).build()
    }
}

impl Shape for OneFifo {
    fn build() -> io::Result<laneway::Runtime> {
        let builder = laneway::Runtime::builder().threads(1).one_lane();
        builder.scheduler(Fifo::new).build()
    }
}

impl Shape for OnePriorities {
    fn build() -> io::Result<laneway::Runtime> {
        laneway::Runtime::builder().threads(1).one_lane().build()
    }
}

/// One thread. Spawns as programs on it do, with `spawn_local`.
#[derive(Debug)]
pub struct LanewaySt(LocalRuntime);

impl<S: Shape> Runtime for Laneway<S> {
    type Listener = TcpListener;

    fn new() -> Self {
        Self(S::build().expect("threads can be started"), PhantomData)
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
