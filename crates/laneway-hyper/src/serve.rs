//! A server: accept, answer, and stop when told to.

use std::error::Error;
use std::fmt;
use std::future::{Future, IntoFuture, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http_body::Body;
use hyper::{Request, Response, body::Incoming, service::Service};
use laneway::{Handle, net::TcpListener};
use tokio::sync::watch;

use crate::{accept::Acceptor, connection::Protocol};

/// hyper's own default; a browser on a slow line sends a head in less than one.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers HTTP/1.1 and HTTP/2 requests on `listener` with `service`.
///
/// Await the result; it ends only with an error, or after a
/// [graceful shutdown](Serve::with_graceful_shutdown). Each connection is a task of its own on the
/// current runtime, and each gets a clone of `service`. A panic of the service ends the connection, or
/// the HTTP/2 stream, that it was answering, and no other.
///
/// On a [`LocalRuntime`](laneway::LocalRuntime) it works as well, on its one thread; but the service
/// and its futures must be [`Send`] there too.
///
/// # Cancel safety
///
/// Dropped before its end, it stops accepting. The connections live on as in a graceful shutdown: they
/// answer the requests that have begun and close.
///
/// # Errors
///
/// Only what says that nothing will ever be accepted again, such as the end of the runtime. The
/// connections then close as if it were dropped.
///
/// # Panics
///
/// When awaited on a thread without a laneway runtime.
pub fn serve<S>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        header_read_timeout: Some(HEADER_READ_TIMEOUT),
        shutdown: None,
    }
}

/// A server that is about to run; await it.
#[must_use = "a server does nothing unless awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    service: S,
    header_read_timeout: Option<Duration>,
    shutdown: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Serve<S> {
    /// How long a connection may take to send the head of a request; then it is closed. `None` for ever.
    /// Default: 30 seconds.
    ///
    /// The time for the first head runs from the opening of the connection. In HTTP/1.1 that for the
    /// next one runs from the end of the answer before, so this is also how long a connection may be idle.
    /// In HTTP/2 only the first is timed: a connection that has asked something may stay open.
    pub fn header_read_timeout(mut self, limit: Option<Duration>) -> Self {
        self.header_read_timeout = limit;
        self
    }

    /// Stops once `signal` is ready: accepts no more, answers the requests that have begun, closes
    /// idle connections, and ends when all are closed.
    ///
    /// There is no limit to how long that takes. To set one, run the server as a task, and give that task
    /// so much [time](laneway::time::timeout) once the signal is given; the end of the runtime ends the
    /// connections that are left. Upgraded connections belong to the service and are not waited for.
    pub fn with_graceful_shutdown<F>(mut self, signal: F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.shutdown = Some(Box::pin(signal));
        self
    }

    /// The server's whole life.
    async fn run<B>(self) -> io::Result<()>
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self {
            listener,
            service,
            header_read_timeout,
            shutdown,
        } = self;
        let handle = Handle::current();
        let protocol = Arc::new(Protocol::new(handle.clone(), header_read_timeout));
        // Dropping the sender, after an error or when this future is dropped, tells the connections too.
        let (closing, closed) = watch::channel(());
        let mut shutdown = shutdown.unwrap_or_else(|| Box::pin(pending()));
        let mut acceptor = Acceptor::new(listener);
        while let Some(accepted) = unless(&mut shutdown, acceptor.next()).await {
            let stream = accepted?;
            let protocol = protocol.clone();
            handle.spawn(protocol.answer(stream, service.clone(), closed.clone()));
        }
        // The backlog is refused from here on.
        drop((acceptor, closed));
        let _ = closing.send(());
        // Each connection holds a receiver.
        closing.closed().await;
        Ok(())
    }
}

impl<S, B> IntoFuture for Serve<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("header_read_timeout", &self.header_read_timeout)
            .finish_non_exhaustive()
    }
}

/// The output of `future`, or `None` once `signal` is ready.
async fn unless<T>(
    signal: &mut Pin<Box<dyn Future<Output = ()> + Send>>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match signal.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending => future.as_mut().poll(cx).map(Some),
    })
    .await
}
