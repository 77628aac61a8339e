//! What goes wrong on one connection stays there.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Body, Frame, Incoming},
    service::service_fn,
};

use crate::client::Client;
use crate::http2::{connect, request, run};
use crate::made::StreamBody;
use crate::server::{LIMIT, Server};

const HUGE: u64 = 1 << 40;

/// Panics when asked for its first frame.
struct PanickingBody;

impl Body for PanickingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the test's body panics");
    }
}

/// Tells when it is dropped.
struct Dropped(Sender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        // The test may have ended.
        let _ = self.0.send(());
    }
}

/// `/panic`, `/panic-later`, `/panic-in-body`, `/huge`, and small answers.
fn start() -> (Server, Receiver<()>) {
    let (end, ended) = channel();
    let server = Server::start(service_fn(move |request: Request<Incoming>| {
        let path = request.uri().path().to_owned();
        assert_ne!(path, "/panic", "the test's service panics");
        let dropped = Dropped(end.clone());
        async move {
            assert_ne!(path, "/panic-later", "the test's answer panics");
            let body: BoxBody<Bytes, Infallible> = match path.as_str() {
                "/panic-in-body" => PanickingBody.boxed(),
                "/huge" => StreamBody::new(1, HUGE)
                    .map_frame(move |frame| {
                        let _ = &dropped;
                        frame
                    })
                    .boxed(),
                _ => StreamBody::new(1, 10).boxed(),
            };
            Ok::<_, Infallible>(Response::new(body))
        }
    }));
    (server, ended)
}

#[test]
fn a_panic_ends_its_own_connection() {
    let (server, _) = start();
    let mut other = Client::connect(server.address);
    assert_eq!(other.get("/").body.len(), 10);
    for path in ["/panic", "/panic-later", "/panic-in-body"] {
        let mut client = Client::connect(server.address);
        client.ask(path);
        client.drain();
        assert_eq!(other.get("/").body.len(), 10);
        assert_eq!(Client::connect(server.address).get("/").body.len(), 10);
    }
}

#[test]
fn a_panic_ends_its_own_stream() {
    let (server, _) = start();
    let address = server.address;
    run(&server, async move {
        let mut requests = connect(address).await;
        let panicked = requests.send_request(request(address, "/panic-later"));
        panicked.await.unwrap_err();
        let answer = requests.send_request(request(address, "/")).await.unwrap();
        let body = answer.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes().len(), 10);
    });
}

#[test]
fn a_peer_that_breaks_off_ends_its_own_connection() {
    let (server, dropped) = start();
    let mut other = Client::connect(server.address);
    assert_eq!(other.get("/").body.len(), 10);
    dropped.recv_timeout(LIMIT).unwrap();
    for _ in 0..20 {
        let mut client = Client::connect(server.address);
        client.ask("/huge");
        assert_eq!(client.head().status, 200);
        client.read_exact(&mut [0; 1 << 16]);
        // Closing with something unread sends a reset.
        drop(client);
        dropped.recv_timeout(LIMIT).unwrap();
        assert_eq!(other.get("/").body.len(), 10);
        dropped.recv_timeout(LIMIT).unwrap();
    }
}
