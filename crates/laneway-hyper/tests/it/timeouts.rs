//! Slow and silent clients, on a clock that the test moves.

use std::thread;
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use laneway::{Runtime, time::ManualClock};
use laneway_hyper::Serve;

use crate::client::Client;
use crate::http1::mirror;
use crate::server::{LIMIT, Server, advance};

/// The default.
const TIMEOUT: Duration = Duration::from_secs(30);
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A server whose time the test moves.
struct Timed {
    server: Server,
    clock: ManualClock,
}

impl Timed {
    fn start() -> Self {
        Self::start_with(Some(TIMEOUT))
    }

    fn start_with(timeout: Option<Duration>) -> Self {
        let clock = ManualClock::new();
        let runtime = Runtime::builder().threads(1).clock(clock.clone());
        let runtime = runtime.build().unwrap();
        let service = service_fn(mirror);
        let options = |serve: Serve<_>| {
            if timeout == Some(TIMEOUT) {
                serve
            } else {
                serve.header_read_timeout(timeout)
            }
        };
        let server = Server::start_on(runtime, service, options);
        Self { server, clock }
    }

    /// Waits until the server's next deadline is `after` from now: what it waits for is known only by
    /// that.
    fn wait_until_timed(&self, after: Duration) {
        let expected = Some(self.clock.now() + after);
        let limit = Instant::now() + LIMIT;
        let timers = self.server.runtime.handle().timers();
        while timers.next_deadline() != expected {
            assert!(Instant::now() < limit, "{:?}", timers.next_deadline());
            thread::yield_now();
        }
    }

    fn advance(&self, by: Duration) {
        advance(&self.server.runtime, &self.clock, by);
    }
}

#[test]
fn a_silent_connection_is_closed() {
    let timed = Timed::start();
    let mut client = Client::connect(timed.server.address);
    timed.wait_until_timed(TIMEOUT);
    timed.advance(TIMEOUT - Duration::from_millis(1));
    client.assert_open();
    timed.clock.advance(Duration::from_millis(1));
    client.wait_closed();
}

/// It never says enough to be known as HTTP/1.1 or HTTP/2.
#[test]
fn a_connection_that_does_not_tell_its_version_is_closed() {
    let timed = Timed::start();
    let mut client = Client::connect(timed.server.address);
    client.send(&PREFACE[..20]);
    timed.wait_until_timed(TIMEOUT);
    timed.clock.advance(TIMEOUT);
    client.wait_closed();
}

#[test]
fn a_connection_of_http2_without_a_request_is_closed() {
    let timed = Timed::start();
    let mut client = Client::connect(timed.server.address);
    client.send(PREFACE);
    // Empty settings, and what the server says to them.
    client.send([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    client.read_exact(&mut [0; 9]);
    timed.wait_until_timed(TIMEOUT);
    timed.clock.advance(TIMEOUT);
    client.drain();
}

#[test]
fn a_head_that_drips_is_not_waited_for() {
    let timed = Timed::start();
    let mut client = Client::connect(timed.server.address);
    timed.wait_until_timed(TIMEOUT);
    for piece in ["GET / HT", "TP/1.1\r\n", "host: "] {
        client.send(piece);
        timed.clock.advance(TIMEOUT / 3);
    }
    client.wait_closed();
}

#[test]
fn an_idle_connection_is_closed() {
    let timed = Timed::start();
    let mut client = Client::connect(timed.server.address);
    timed.wait_until_timed(TIMEOUT);
    for _ in 0..3 {
        // Not a second is counted twice.
        timed.advance(TIMEOUT - Duration::from_secs(1));
        assert_eq!(client.get("/in-time").text(), "/in-time");
        timed.wait_until_timed(TIMEOUT);
    }
    timed.clock.advance(TIMEOUT);
    client.wait_closed();
}

#[test]
fn the_timeout_can_be_chosen() {
    let timed = Timed::start_with(Some(Duration::from_millis(5)));
    let mut client = Client::connect(timed.server.address);
    timed.wait_until_timed(Duration::from_millis(5));
    timed.clock.advance(Duration::from_millis(5));
    client.wait_closed();
}

#[test]
fn without_a_timeout_a_head_may_take_a_year() {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let timed = Timed::start_with(None);
    let mut client = Client::connect(timed.server.address);
    timed.advance(YEAR);
    client.send("GET /first HT");
    timed.advance(YEAR);
    client.send("TP/1.1\r\nhost: test\r\n\r\n");
    assert_eq!(client.answer().text(), "/first");
    timed.advance(YEAR);
    assert_eq!(client.get("/second").text(), "/second");
    assert_eq!(timed.server.runtime.handle().timers().next_deadline(), None);
}

#[test]
fn a_timeout_beyond_all_clocks_is_no_panic() {
    let timed = Timed::start_with(Some(Duration::MAX));
    let mut client = Client::connect(timed.server.address);
    assert_eq!(client.get("/first").text(), "/first");
    assert_eq!(client.get("/second").text(), "/second");
}
