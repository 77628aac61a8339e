//! laneway: its `Runtime`, and its `LocalRuntime`.

use std::future::{Future, IntoFuture};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use hyper::service::service_fn;
use laneway::net::{TcpListener, TcpStream};
use laneway::scheduler::Fifo;
use laneway::{Handle, JoinHandle, LocalRuntime};

use super::{Joined, Listener, Outside, Runtime, Stream, WORKERS};
use crate::workload::hyper::hello;

/// Several threads.
pub type LanewayMt = Laneway<Several>;

/// The thread that drives it. Spawns as programs on it do, with `spawn_local`.
pub type LanewaySt = Laneway<Local>;

/// One worker, with its tasks in arrival order.
pub type LanewayFifo = Laneway<OneFifo>;

/// One worker that takes the most urgent task.
pub type LanewayPriorities = Laneway<OnePriorities>;

/// laneway, in one of its shapes.
#[derive(Debug)]
pub struct Laneway<S: Shape>(S::Inner);

/// What a [`Laneway`] is like.
pub trait Shape: 'static {
    /// What is wrapped.
    type Inner: Inner;

    /// Starts it.
    fn build() -> io::Result<Self::Inner>;
}

/// What both of laneway's runtimes have.
pub trait Inner: 'static {
    /// Spawns from everywhere.
    fn handle(&self) -> &Handle;

    /// Drives `future` on this thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Starts a task as programs on this runtime do.
    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// As many workers as the other runtimes have.
#[derive(Debug)]
pub struct Several;

/// One thread.
#[derive(Debug)]
pub struct Local;

/// One worker, arrival order.
#[derive(Debug)]
pub struct OneFifo;

/// One worker, priorities.
#[derive(Debug)]
pub struct OnePriorities;

impl Shape for Several {
    type Inner = laneway::Runtime;

    fn build() -> io::Result<laneway::Runtime> {
        laneway::Runtime::builder().threads(WORKERS).build()
    }
}

impl Shape for Local {
    type Inner = LocalRuntime;

    fn build() -> io::Result<LocalRuntime> {
        LocalRuntime::new()
    }
}

impl Shape for OneFifo {
    type Inner = laneway::Runtime;

    fn build() -> io::Result<laneway::Runtime> {
        let builder = laneway::Runtime::builder().threads(1).one_lane();
        builder.scheduler(Fifo::new).build()
    }
}

impl Shape for OnePriorities {
    type Inner = laneway::Runtime;

    fn build() -> io::Result<laneway::Runtime> {
        laneway::Runtime::builder().threads(1).one_lane().build()
    }
}

impl Inner for laneway::Runtime {
    fn handle(&self) -> &Handle {
        self.handle()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.block_on(future)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        laneway::spawn(future)
    }
}

impl Inner for LocalRuntime {
    fn handle(&self) -> &Handle {
        self.handle()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.block_on(future)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        laneway::spawn_local(future)
    }
}

impl<S: Shape> Runtime for Laneway<S> {
    type Listener = TcpListener;

    fn new() -> Self {
        Self(S::build().expect("there are threads and file descriptors"))
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
        Joined(S::Inner::spawn(future))
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
        TcpListener::bind(Handle::current().reactor(), (Ipv4Addr::LOCALHOST, 0).into())
    }

    fn serve_http(listener: TcpListener) -> Option<impl Future<Output = ()> + Send + 'static> {
        let server = laneway_hyper::serve(listener, service_fn(hello)).into_future();
        // It ends with the runtime.
        Some(async move { drop(server.await) })
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
        TcpStream::read(self, buf).await
    }

    async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        TcpStream::write_all(self, buf).await
    }
}
