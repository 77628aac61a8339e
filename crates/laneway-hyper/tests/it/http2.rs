//! HTTP/2 by prior knowledge, with a client of hyper's on laneway.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response, StatusCode, Version, body::Incoming, client::conn::http2::SendRequest,
    service::service_fn,
};
use laneway::{Handle, net, spawn, time::timeout};
use laneway_hyper::{Executor, Io, Timer};
use tokio::sync::Barrier;

use crate::client::Client;
use crate::made::{StreamBody, hash};
use crate::server::{LIMIT, Server};

/// How many requests must be inside the service before any is answered.
const TOGETHER: usize = 16;

pub(crate) type Requests = SendRequest<Empty<Bytes>>;

/// A client's connection, which is driven by a task of the current runtime.
pub(crate) async fn connect(address: SocketAddr) -> Requests {
    let handle = Handle::current();
    let stream = net::connect_tcp(address).await.unwrap();
    let (requests, connection) =
        hyper::client::conn::http2::Builder::new(Executor::new(handle.clone()))
            .timer(Timer::new(handle))
            .handshake(Io::new(stream))
            .await
            .unwrap();
    spawn(connection);
    requests
}

pub(crate) fn request(address: SocketAddr, path: &str) -> Request<Empty<Bytes>> {
    let uri = format!("http://{address}{path}");
    Request::get(uri).body(Empty::new()).unwrap()
}

/// Runs the client's side on the server's runtime.
pub(crate) fn run<F>(server: &Server, client: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let client = server.runtime.spawn(async { timeout(LIMIT, client).await });
    server
        .runtime
        .block_on(client)
        .unwrap()
        .expect("the client ends in time")
}

#[test]
fn streams_are_concurrent() {
    let barrier = Arc::new(Barrier::new(TOGETHER));
    let server = Server::start(service_fn(move |request: Request<Incoming>| {
        let barrier = barrier.clone();
        async move {
            assert_eq!(request.version(), Version::HTTP_2);
            barrier.wait().await;
            let path = request.uri().path().to_owned();
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(path)))
        }
    }));
    let address = server.address;
    run(&server, async move {
        let requests = connect(address).await;
        // Twice: a barrier can be used again.
        for round in 0..2 {
            let answers = (0..TOGETHER).map(|i| {
                let mut requests = requests.clone();
                async move {
                    let path = format!("/{round}/{i}");
                    let answer = requests.send_request(request(address, &path)).await;
                    let body = answer.unwrap().into_body().collect().await.unwrap();
                    assert_eq!(body.to_bytes(), path);
                }
            });
            join_all(answers).await;
        }
    });
}

#[test]
fn large_answers_share_a_connection() {
    const BYTES: u64 = 3 << 20;
    let server = Server::start(service_fn(|request: Request<Incoming>| async move {
        let seed = request.uri().path()[1..].parse().unwrap();
        Ok::<_, Infallible>(Response::new(StreamBody::new(seed, BYTES)))
    }));
    let address = server.address;
    run(&server, async move {
        let requests = connect(address).await;
        let answers = (1..=4).map(|seed| {
            let mut requests = requests.clone();
            async move {
                let answer = requests.send_request(request(address, &format!("/{seed}")));
                let body = answer.await.unwrap().into_body().collect().await.unwrap();
                let expected = StreamBody::new(seed, BYTES).collect().await.unwrap();
                assert_eq!(hash(&body.to_bytes()), hash(&expected.to_bytes()));
            }
        });
        join_all(answers).await;
    });
}

#[test]
fn both_versions_share_a_port() {
    let server = Server::start(service_fn(|request: Request<Incoming>| async move {
        let version = format!("{:?}", request.version());
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(version)))
    }));
    let address = server.address;
    let answer = run(&server, async move {
        let mut requests = connect(address).await;
        let answer = requests.send_request(request(address, "/")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body().collect().await.unwrap().to_bytes()
    });
    assert_eq!(answer, "HTTP/2.0");
    assert_eq!(Client::connect(address).get("/").text(), "HTTP/1.1");
}
