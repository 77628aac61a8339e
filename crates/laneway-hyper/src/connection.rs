//! One connection, from its opening to its end.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use http_body::Body;
use hyper::{Request, Response, body::Incoming, service::Service};
use hyper_util::server::conn::auto;
use laneway::{Handle, net::TcpStream};
use tokio::sync::watch;

use crate::{Executor, Io, Timer};

/// A century. hyper adds its timeouts to the present `Instant`, and panics when that overflows.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What all connections of a server have in common.
#[derive(Debug)]
pub(crate) struct Protocol {
    builder: auto::Builder<Executor>,
    handle: Handle,
    header_read_timeout: Option<Duration>,
}

/// Passes requests on to a service, and notes that there was one.
struct Noting<S> {
    service: S,
    asked: Arc<OnceLock<()>>,
}

impl Protocol {
    pub(crate) fn new(handle: Handle, header_read_timeout: Option<Duration>) -> Self {
        let header_read_timeout = header_read_timeout.map(|limit| limit.min(LONGEST_TIMEOUT));
        let timer = Timer::new(handle.clone());
        let mut builder = auto::Builder::new(Executor::new(handle.clone()));
        // With a timer, or hyper panics when it wants to time something.
        builder
            .http1()
            .timer(timer.clone())
            .header_read_timeout(header_read_timeout);
        builder.http2().timer(timer).enable_connect_protocol();
        Self {
            builder,
            handle,
            header_read_timeout,
        }
    }

    /// Answers the requests of one connection until it is closed, or until `closing` says something and
    /// those that have begun are answered.
    pub(crate) async fn answer<S, B>(
        self: Arc<Self>,
        stream: TcpStream,
        service: S,
        mut closing: watch::Receiver<()>,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        // Answers are written whole; waiting for more would only delay them. If the connection is gone
        // already, reading from it says so.
        let _ = stream.set_nodelay(true);
        let asked = Arc::new(OnceLock::new());
        let service = Noting {
            service,
            asked: asked.clone(),
        };
        // hyper times heads only once it knows that they are of HTTP/1: neither the bytes that tell the
        // version, nor HTTP/2.
        let mut first_head = self
            .header_read_timeout
            .map(|limit| self.handle.timers().sleep(limit));
        let connection = self
            .builder
            .serve_connection_with_upgrades(Io::new(stream), service);
        let mut connection = pin!(connection);
        let mut told = false;
        let mut closed = pin!(closing.changed());
        poll_fn(|cx| {
            // How it ended does not matter: a peer that breaks off or sends nonsense ends its own
            // connection, and hyper has answered where there was something to answer.
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            // After the connection: what has arrived by now has begun.
            if !told && closed.as_mut().poll(cx).is_ready() {
                told = true;
                connection.as_mut().graceful_shutdown();
                if connection.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
            }
            if asked.get().is_some() {
                first_head = None;
            }
            match &mut first_head {
                Some(limit) => Pin::new(limit).poll(cx),
                None => Poll::Pending,
            }
        })
        .await;
    }
}

impl<S, R> Service<R> for Noting<S>
where
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, request: R) -> S::Future {
        // Only the first one is news.
        let _ = self.asked.set(());
        self.service.call(request)
    }
}
