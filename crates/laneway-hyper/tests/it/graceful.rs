//! The ends of a server: asked to, dropped, and with its runtime.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use laneway::{Runtime, net};
use tokio::sync::Semaphore;

use crate::client::Client;
use crate::http1::mirror;
use crate::http2::{connect, request, run};
use crate::server::{LIMIT, Server};

/// A server whose answers to `/slow` wait for the test.
struct Slow {
    server: Server,
    /// A word for each request to `/slow` that is inside the service.
    entered: Receiver<()>,
    answers: Arc<Semaphore>,
}

impl Slow {
    fn start() -> Self {
        let (enter, entered) = channel();
        let answers = Arc::new(Semaphore::new(0));
        let gate = answers.clone();
        let server = Server::start(service_fn(move |request: Request<Incoming>| {
            let (enter, gate) = (enter.clone(), gate.clone());
            async move {
                let path = request.uri().path().to_owned();
                if path == "/slow" {
                    enter.send(()).unwrap();
                    gate.acquire().await.unwrap().forget();
                }
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(path)))
            }
        }));
        Self {
            server,
            entered,
            answers,
        }
    }

    /// A client whose request is inside the service.
    fn ask(&self) -> Client {
        let mut client = Client::connect(self.server.address);
        client.ask("/slow");
        self.entered.recv_timeout(LIMIT).unwrap();
        client
    }

    /// A connection that is kept alive.
    fn idle(&self) -> Client {
        let mut client = Client::connect(self.server.address);
        assert_eq!(client.get("/").status, 200);
        client
    }
}

#[test]
fn what_has_begun_is_answered_and_the_rest_is_closed() {
    let mut slow = Slow::start();
    let mut asked = slow.ask();
    let mut idle = slow.idle();
    slow.server.stop();
    idle.wait_closed();
    let error = Client::try_connect(slow.server.address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(slow.server.ended.try_recv().is_err(), "one is left");

    slow.answers.add_permits(1);
    assert_eq!(asked.answer().text(), "/slow");
    asked.wait_closed();
    slow.server.wait().unwrap();
}

#[test]
fn a_stream_of_http2_is_answered() {
    let mut slow = Slow::start();
    let address = slow.server.address;
    let mut requests = run(&slow.server, connect(address));
    let answer = requests.send_request(request(address, "/slow"));
    let answer = slow.server.runtime.spawn(answer);
    slow.entered.recv_timeout(LIMIT).unwrap();
    slow.server.stop();
    // Until it is told to go away, it may ask.
    let limit = Instant::now() + LIMIT;
    while run(&slow.server, {
        let next = requests.send_request(request(address, "/"));
        async move { next.await.is_ok() }
    }) {
        assert!(Instant::now() < limit, "it was not told");
    }
    assert!(slow.server.ended.try_recv().is_err(), "one is left");

    slow.answers.add_permits(1);
    let body = run(&slow.server, async move {
        let answer = answer.await.unwrap().unwrap();
        answer.into_body().collect().await.unwrap().to_bytes()
    });
    assert_eq!(body, "/slow");
    slow.server.wait().unwrap();
}

#[test]
fn connections_that_have_asked_nothing_are_closed() {
    let mut server = Server::start(service_fn(mirror));
    let mut silent = Client::connect(server.address);
    // It was accepted before this one.
    assert_eq!(Client::connect(server.address).get("/").status, 200);
    server.stop();
    silent.wait_closed();
    server.wait().unwrap();
}

#[test]
fn a_server_without_connections_ends_at_once() {
    let mut server = Server::start(service_fn(mirror));
    server.stop();
    server.wait().unwrap();
}

#[test]
fn a_dropped_server_leaves_no_request_unanswered() {
    let slow = Slow::start();
    let mut asked = slow.ask();
    let mut idle = slow.idle();
    slow.server.task.abort();
    idle.wait_closed();
    let error = Client::try_connect(slow.server.address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    slow.answers.add_permits(1);
    assert_eq!(asked.answer().text(), "/slow");
    asked.wait_closed();
}

#[test]
fn the_end_of_the_runtime_is_the_end_of_its_connections() {
    let slow = Slow::start();
    let mut asked = slow.ask();
    let mut idle = slow.idle();
    let Slow { server, .. } = slow;
    let report = server.runtime.shutdown_timeout(LIMIT);
    assert!(report.is_complete(), "{report}");
    asked.wait_closed();
    idle.wait_closed();
    let error = Client::try_connect(server.address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

/// The future lives on another thread than those of its runtime, and outlives them.
#[test]
fn a_server_that_outlives_its_runtime_says_so() {
    let runtime = Runtime::builder().threads(1).build().unwrap();
    let handle = runtime.handle().clone();
    let listener = runtime.block_on(net::listen_tcp("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = channel();
    let thread = thread::spawn(move || {
        let serve = laneway_hyper::serve(listener, service_fn(mirror));
        end.send(handle.block_on(async { serve.await })).unwrap();
    });
    let mut client = Client::connect(address);
    assert_eq!(client.get("/").status, 200);
    let report = runtime.shutdown_timeout(Duration::from_secs(10));
    assert!(report.is_complete(), "{report}");
    let error = ended.recv_timeout(LIMIT).unwrap().unwrap_err();
    assert!(laneway_reactor::Closed::is(&error), "{error}");
    client.wait_closed();
    thread.join().unwrap();
}
/// h2 wakes its streams' tasks under a lock that they take when they are dropped.
#[test]
fn the_end_of_the_runtime_is_the_end_of_its_streams() {
    let slow = Slow::start();
    let address = slow.server.address;
    let requests = run(&slow.server, connect(address));
    let answers: Vec<_> = (0..4)
        .map(|_| {
            let answer = requests.clone().send_request(request(address, "/slow"));
            slow.server.runtime.spawn(answer)
        })
        .collect();
    (0..4).for_each(|_| slow.entered.recv_timeout(LIMIT).unwrap());
    let report = slow.server.runtime.shutdown_timeout(LIMIT);
    assert!(report.is_complete(), "{report}");
    drop((requests, answers));
}
