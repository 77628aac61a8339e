//! monoio: a thread with io_uring, or with epoll where that is not allowed.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use monoio::blocking::DefaultThreadPool;
use monoio::buf::IoBufMut;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::time::TimeDriver;
use monoio::{FusionDriver, FusionRuntime, IoUringDriver, LegacyDriver, RuntimeBuilder};

use super::bound::Bound;
use super::{Echo, Joined, Listener, Runtime};

/// It has no pool of its own: what it measures is one of so many threads.
const BLOCKING_THREADS: usize = 4;

type Inner = FusionRuntime<TimeDriver<IoUringDriver>, TimeDriver<LegacyDriver>>;

/// The thread that drives it.
pub struct MonoioSt(RefCell<Inner>);

impl fmt::Debug for MonoioSt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonoioSt").finish_non_exhaustive()
    }
}

impl Runtime for MonoioSt {
    type Listener = Bound<TcpListener>;

    const CANNOT: &'static [(&'static str, &'static str)] = &[
        (
            "spawn_outside",
            "tasks are spawned on their own thread only",
        ),
        ("hyper", "its I/O lends no buffers"),
        ("task_bytes", "frees a task that nobody can wake"),
    ];

    fn probe() -> Result<Option<&'static str>, String> {
        Ok(match monoio::utils::detect_uring() {
            true => None,
            false => Some("with epoll, since there is no io_uring"),
        })
    }

    fn new() -> Self {
        let pool = Box::new(DefaultThreadPool::new(BLOCKING_THREADS));
        let builder = RuntimeBuilder::<FusionDriver>::new().attach_thread_pool(pool);
        let runtime = builder.enable_timer().build();
        Self(RefCell::new(runtime.expect("there are file descriptors")))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.borrow_mut().block_on(future)
    }

    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Bound::new(monoio::spawn(future))
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Bound::new(Joined(monoio::spawn_blocking(f)))
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        // It has none of its own.
        futures_lite::future::yield_now()
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send {
        Bound::new(monoio::time::sleep_until(monoio::time::Instant::from_std(
            deadline,
        )))
    }

    fn listen() -> io::Result<Self::Listener> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        TcpListener::bind(address).map(Bound::new)
    }
}

impl Listener for Bound<TcpListener> {
    type Stream = Bound<TcpStream>;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get().local_addr()
    }

    async fn accept(&self) -> io::Result<Self::Stream> {
        let (stream, _peer) = Bound::new(self.get().accept()).await?;
        stream.set_nodelay(true)?;
        Ok(Bound::new(stream))
    }
}

impl Echo for Bound<TcpStream> {
    /// The kernel has the buffer meanwhile, so it is given away and comes back.
    fn echo(self, buffer: usize) -> impl Future<Output = io::Result<()>> + Send {
        Bound::new(async move {
            let mut stream = self.into_inner();
            let mut buffer = vec![0; buffer];
            loop {
                let (read, full) = stream.read(buffer).await;
                let count = match read? {
                    0 => return Ok(()),
                    count => count,
                };
                let (written, part) = stream.write_all(full.slice_mut(..count)).await;
                written?;
                buffer = part.into_inner();
            }
        })
    }
}
