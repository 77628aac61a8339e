//! A plain hyper service over HTTP/1.1.

use std::convert::Infallible;
use std::future::IntoFuture;
use std::sync::mpsc::channel;

use bytes::Bytes;
use futures::{FutureExt, channel::oneshot};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, service::service_fn};
use laneway::{LocalRuntime, net, spawn, time::timeout};
use laneway_hyper::{Io, serve};

use crate::client::Client;
use crate::server::{LIMIT, Server};

/// The path, or the body that was posted.
pub(crate) async fn mirror(
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = if request.method() == Method::POST {
        request.into_body().collect().await.unwrap().to_bytes()
    } else {
        Bytes::from(request.uri().path().to_owned())
    };
    Ok(Response::new(Full::new(body)))
}

#[test]
fn a_connection_is_kept_alive() {
    let server = Server::start(service_fn(mirror));
    let mut client = Client::connect(server.address);
    for i in 0..100 {
        let path = format!("/{i}");
        let answer = client.get(&path);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text(), path);
    }
    client.send("GET /last HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    assert_eq!(client.answer().text(), "/last");
    client.wait_closed();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(service_fn(mirror));
    let mut client = Client::connect(server.address);
    (0..50).for_each(|i| client.ask(&format!("/{i}")));
    for i in 0..50 {
        assert_eq!(client.answer().text(), format!("/{i}"));
    }
}

#[test]
fn a_chunked_request_is_read() {
    let server = Server::start(service_fn(mirror));
    let mut client = Client::connect(server.address);
    client.send("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("5\r\nhello\r\n");
    client.send("1\r\n!\r\n0\r\n\r\n");
    assert_eq!(client.answer().text(), "hello!");
}

#[test]
fn nonsense_is_refused() {
    let server = Server::start(service_fn(mirror));
    let mut client = Client::connect(server.address);
    client.send("what?\r\n\r\n");
    assert_eq!(client.head().status, 400);
    client.wait_closed();
    assert_eq!(Client::connect(server.address).get("/").status, 200);
}

#[test]
fn many_clients_at_once() {
    let server = Server::start(service_fn(mirror));
    let mut clients: Vec<_> = (0..100).map(|_| Client::connect(server.address)).collect();
    for round in 0..3 {
        let path = format!("/{round}");
        clients.iter_mut().for_each(|client| client.ask(&path));
        for client in &mut clients {
            assert_eq!(client.answer().text(), path);
        }
    }
}

#[test]
fn a_client_of_hypers_on_laneway() {
    let server = Server::start(service_fn(mirror));
    let address = server.address;
    let exchange = async move {
        let stream = net::connect_tcp(address).await.unwrap();
        let (mut requests, connection) = hyper::client::conn::http1::handshake(Io::new(stream))
            .await
            .unwrap();
        spawn(connection);
        for path in ["/first", "/second"] {
            requests.ready().await.unwrap();
            let request = Request::get(path)
                .header("host", "test")
                .body(Empty::<Bytes>::new())
                .unwrap();
            let answer = requests.send_request(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), path);
        }
    };
    let exchange = server
        .runtime
        .spawn(async { timeout(LIMIT, exchange).await });
    server.runtime.block_on(exchange).unwrap().unwrap();
}

#[test]
fn a_local_runtime_serves_too() {
    let runtime = LocalRuntime::new().unwrap();
    let listener = runtime.block_on(net::listen_tcp("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let (answer, answered) = channel();
    let client = std::thread::spawn(move || {
        let path = Client::connect(address).get("/local").text().to_owned();
        answer.send(path).unwrap();
        stop.send(()).unwrap();
    });
    let serve = serve(listener, service_fn(mirror)).with_graceful_shutdown(stopped.map(drop));
    runtime
        .block_on(async { timeout(LIMIT, serve.into_future()).await })
        .expect("it stops in time")
        .unwrap();
    client.join().unwrap();
    assert_eq!(answered.recv().unwrap(), "/local");
}
