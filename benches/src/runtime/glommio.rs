//! glommio: a thread with io_uring.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use futures::{AsyncReadExt, AsyncWriteExt};
use glommio::net::{TcpListener, TcpStream};
use glommio::timer::Timer;
use glommio::{LocalExecutor, LocalExecutorBuilder, Placement};

use super::bound::Bound;
use super::{Echo, Listener, Runtime};

/// The thread that drives it.
#[derive(Debug)]
pub struct GlommioSt(LocalExecutor);

impl Runtime for GlommioSt {
    type Listener = Bound<TcpListener>;

    const CANNOT: &'static [(&'static str, &'static str)] = &[
        (
            "spawn_outside",
            "tasks are spawned on their own thread only",
        ),
        ("hyper", "its streams belong to one thread"),
        ("chained", "overflows the stack"),
        ("timer_create", "panics at 32,768 wakers of one task"),
        ("pending_timers", "panics at 32,768 wakers of one task"),
    ];

    fn probe() -> Result<Option<&'static str>, String> {
        match start() {
            Ok(_) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn new() -> Self {
        Self(start().expect("there is io_uring"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.run(future)
    }

    fn spawn<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Bound::new(glommio::spawn_local(future))
    }

    fn detach<F: Future<Output = ()> + Send + 'static>(future: F) {
        glommio::spawn_local(future).detach();
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = T> + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // A task, or it would not begin before it is waited for.
        Self::spawn(Bound::new(glommio::executor().spawn_blocking(f)))
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        // Its own yields only if it deems that needed.
        futures_lite::future::yield_now()
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send {
        let left = deadline.saturating_duration_since(Instant::now());
        let timer = Bound::new(Timer::new(left));
        async move {
            timer.await;
        }
    }

    fn listen() -> io::Result<Self::Listener> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Bound::new(TcpListener::bind(address)?))
    }
}

fn start() -> glommio::Result<LocalExecutor, ()> {
    LocalExecutorBuilder::new(Placement::Unbound).make()
}

impl Listener for Bound<TcpListener> {
    type Stream = Bound<TcpStream>;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.get().local_addr()?)
    }

    async fn accept(&self) -> io::Result<Self::Stream> {
        let accepted: io::Result<TcpStream> = Bound::new(async {
            let stream = self.get().accept().await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
        .await;
        accepted.map(Bound::new)
    }
}

impl Echo for Bound<TcpStream> {
    fn echo(self, buffer: usize) -> impl Future<Output = io::Result<()>> + Send {
        Bound::new(async move {
            let mut stream = self.into_inner();
            let mut buffer = vec![0; buffer];
            loop {
                match stream.read(&mut buffer).await? {
                    0 => return Ok(()),
                    count => stream.write_all(&buffer[..count]).await?,
                }
            }
        })
    }
}
