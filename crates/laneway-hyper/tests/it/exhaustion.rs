//! A server that runs out of file descriptors: it waits without turning, and serves everybody in the
//! end.
//!
//! The limit holds for a whole process, so the server runs in one of its own: this program, asked for
//! one test.

use std::convert::Infallible;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use laneway::{Runtime, net, spawn_blocking};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::client::Client;
use crate::server::LIMIT;

/// Set for the process that serves.
const ROLE: &str = "LANEWAY_HYPER_SERVES_WITH_FEW_DESCRIPTORS";
const DESCRIPTORS: u64 = 64;
const CLIENTS: usize = 200;
/// The longest pause between two attempts to accept, and half of it.
const WINDOW: Duration = Duration::from_millis(1_500);

/// Not a test: the server, when it is asked for.
#[test]
fn serve_with_few_descriptors() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let limit = Rlimit {
        current: Some(DESCRIPTORS),
        maximum: Some(DESCRIPTORS),
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    let runtime = Runtime::builder().threads(2).build().unwrap();
    runtime
        .block_on(async {
            let listener = net::listen_tcp("127.0.0.1:0").await?;
            println!("listening on {}", listener.local_addr()?);
            laneway_hyper::serve(listener, service_fn(answer))
                .with_graceful_shutdown(end_of_input())
                .await
        })
        .unwrap();
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = match request.uri().path() {
        "/exhausted" => is_exhausted().to_string(),
        "/cpu" => cpu_time().as_nanos().to_string(),
        path => path.to_owned(),
    };
    Ok(Response::new(Full::from(body)))
}

fn is_exhausted() -> bool {
    let errno = File::open("/dev/null").map_err(|error| Errno::from_io_error(&error));
    matches!(errno, Err(Some(Errno::MFILE)))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

async fn end_of_input() {
    let read = spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let _ = read.await;
}

/// The process that serves; killed when the test fails.
struct Served {
    process: Child,
    lines: Receiver<String>,
}

impl Served {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "exhaustion::serve_with_few_descriptors",
                "--nocapture",
            ])
            .env(ROLE, "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        Self { process, lines }
    }

    fn address(&self) -> SocketAddr {
        loop {
            let line = self.lines.recv_timeout(LIMIT).expect("it says where");
            // The test harness may have begun the line.
            if let Some((_, address)) = line.split_once("listening on ") {
                return address.parse().unwrap();
            }
        }
    }

    /// Asks it to end, and waits until it has.
    fn end(mut self) {
        drop(self.process.stdin.take());
        // Its output ends with it.
        while self.lines.recv_timeout(LIMIT) != Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
        {
        }
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn number(client: &mut Client) -> Duration {
    Duration::from_nanos(client.get("/cpu").text().parse().unwrap())
}

#[test]
fn without_descriptors_it_waits_and_loses_nobody() {
    let served = Served::start();
    let address = served.address();
    let mut first = Client::connect(address);
    let mut clients: Vec<_> = (1..CLIENTS)
        .map(|_| {
            let mut client = Client::connect(address);
            client.ask("/asked");
            client
        })
        .collect();
    let limit = Instant::now() + LIMIT;
    while first.get("/exhausted").text() != "true" {
        assert!(Instant::now() < limit, "it has descriptors left");
    }

    // why: processor time that is wasted can only be seen over a time that passes. Nobody sleeps: the
    // last client waits for an answer that must not come yet.
    let last = clients.last().unwrap().stream();
    last.set_read_timeout(Some(WINDOW)).unwrap();
    let (start, used) = (Instant::now(), number(&mut first));
    let error = (&*last)
        .read(&mut [0])
        .expect_err("there is no descriptor for it");
    let (elapsed, used) = (start.elapsed(), number(&mut first) - used);
    assert!(
        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{error}"
    );
    last.set_read_timeout(Some(LIMIT)).unwrap();
    println!("{used:?} of processor time in {elapsed:?}");
    assert!(
        used < elapsed / 10,
        "{used:?} of processor time in {elapsed:?}"
    );

    // Each makes room for another.
    for mut client in clients.drain(..) {
        assert_eq!(client.answer().text(), "/asked");
    }
    assert_eq!(first.get("/first").text(), "/first");
    drop(first);
    served.end();
}
