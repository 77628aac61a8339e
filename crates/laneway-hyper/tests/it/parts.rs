//! `Executor`, `Timer` and `Io` by themselves.

use std::future::{Future, pending, poll_fn};
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::rt::{Executor as _, Read, ReadBuf as HyperBuf, Sleep, Timer as _, Write};
use hyper::service::service_fn;
use laneway::{Runtime, net::TcpStream, time::ManualClock};
use laneway_hyper::{Executor, Io, Serve, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http1::mirror;
use crate::server::{LIMIT, Server, advance};

type BoxedSleep = Pin<Box<dyn Sleep>>;

const SECOND: Duration = Duration::from_secs(1);

/// A runtime whose time the test moves, and a timer on it.
fn timer() -> (Runtime, ManualClock, Timer) {
    let clock = ManualClock::new();
    let runtime = Runtime::builder().threads(1).clock(clock.clone());
    let runtime = runtime.build().unwrap();
    let timer = Timer::new(runtime.handle().clone());
    (runtime, clock, timer)
}

fn address(sleep: &BoxedSleep) -> *const () {
    (&raw const **sleep).cast()
}

fn is_elapsed(sleep: &mut BoxedSleep) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    sleep.as_mut().poll(&mut cx).is_ready()
}

#[test]
fn a_timer_goes_by_the_runtimes_clock() {
    let (runtime, clock, timer) = timer();
    assert_eq!(timer.now(), clock.now());
    let (tell, told) = channel();
    for (name, sleep) in [
        (1, timer.sleep(SECOND)),
        (2, timer.sleep_until(clock.now() + 2 * SECOND)),
    ] {
        let tell = tell.clone();
        runtime.spawn(async move {
            sleep.await;
            tell.send(name).unwrap();
        });
    }
    clock.advance(SECOND);
    assert_eq!(told.recv_timeout(LIMIT), Ok(1));
    assert!(told.try_recv().is_err());
    clock.advance(SECOND);
    assert_eq!(told.recv_timeout(LIMIT), Ok(2));
    assert_eq!(timer.now(), clock.now());
}

#[test]
fn a_reset_moves_the_sleep_in_place() {
    let (runtime, clock, timer) = timer();
    let start = clock.now();
    let mut sleep = timer.sleep(SECOND);
    let place = address(&sleep);
    assert!(!is_elapsed(&mut sleep));
    for seconds in [10, 5, 20] {
        timer.reset(&mut sleep, start + seconds * SECOND);
        assert_eq!(address(&sleep), place);
        assert!(!is_elapsed(&mut sleep));
    }
    advance(&runtime, &clock, 20 * SECOND - Duration::from_nanos(1));
    assert!(!is_elapsed(&mut sleep));
    advance(&runtime, &clock, Duration::from_nanos(1));
    assert!(is_elapsed(&mut sleep));
    // And one that has elapsed.
    timer.reset(&mut sleep, start + 21 * SECOND);
    assert_eq!(address(&sleep), place);
    assert!(!is_elapsed(&mut sleep));
}

#[test]
fn a_reset_replaces_the_sleep_of_another_runtime() {
    /// Of somebody who never wakes.
    struct Forever(#[expect(dead_code, reason = "so that it has an address")] u8);
    impl Future for Forever {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }
    impl Sleep for Forever {}

    let (runtime, clock, timer) = timer();
    let mut sleep: BoxedSleep = Box::pin(Forever(0));
    timer.reset(&mut sleep, clock.now() + SECOND);
    assert!(!is_elapsed(&mut sleep));
    advance(&runtime, &clock, SECOND);
    assert!(is_elapsed(&mut sleep));
}

#[test]
fn an_executor_spawns_and_after_the_end_drops() {
    struct Dropped(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.send("dropped").unwrap();
        }
    }
    let runtime = Runtime::builder().threads(1).build().unwrap();
    let executor = Executor::new(runtime.handle().clone());
    let (tell, told) = channel();
    let teller = tell.clone();
    executor.execute(async move { teller.send("run").unwrap() });
    assert_eq!(told.recv_timeout(LIMIT), Ok("run"));
    drop(runtime);
    let dropped = Dropped(tell);
    executor.execute(async move {
        let _dropped = dropped;
        pending::<()>().await
    });
    assert_eq!(told.recv_timeout(LIMIT), Ok("dropped"));
}

/// A stream that reads what `read` does, and cannot write several buffers at once.
struct Odd<F>(F);

impl<F: FnMut(&mut ReadBuf<'_>) + Unpin> AsyncRead for Odd<F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        (self.0)(buf);
        Poll::Ready(Ok(()))
    }
}

impl<F: Unpin> AsyncWrite for Odd<F> {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What hyper finds after a read of `read` into `room` bytes of its own.
fn read(read: impl FnMut(&mut ReadBuf<'_>) + Unpin, room: usize) -> Vec<u8> {
    let mut memory = vec![0; room];
    let mut buf = HyperBuf::new(&mut memory);
    let mut cx = Context::from_waker(Waker::noop());
    let read = Pin::new(&mut Io::new(Odd(read))).poll_read(&mut cx, buf.unfilled());
    assert!(matches!(read, Poll::Ready(Ok(()))));
    buf.filled().to_vec()
}

#[test]
fn a_read_fills_hypers_memory() {
    assert_eq!(read(|buf| buf.put_slice(b"word"), 8), b"word");
    assert_eq!(read(|_| {}, 8), b"");
    assert_eq!(read(|buf| buf.initialize_unfilled().fill(7), 8), b"");
}

/// Memory that is never freed, and is known to be: no leak for whoever looks for some.
fn memory_forever(length: usize) -> &'static mut [u8] {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let memory = vec![7; length].leak();
    KEPT.lock().unwrap().push(memory.as_ptr() as usize);
    memory
}

#[test]
#[should_panic(expected = "replaced the buffer")]
fn a_read_into_another_buffer_is_found_out() {
    read(
        |buf| {
            *buf = ReadBuf::new(memory_forever(8));
            buf.set_filled(8);
        },
        8,
    );
}

#[test]
#[should_panic(expected = "replaced the buffer")]
fn a_read_into_no_buffer_is_found_out() {
    read(|buf| *buf = ReadBuf::new(&mut []), 8);
}

/// Without room, an address says nothing: another buffer may begin where nothing ends.
#[test]
#[should_panic(expected = "replaced the buffer")]
fn a_read_without_room_is_compared_too() {
    let memory = memory_forever(16);
    let (none, rest) = memory.split_at_mut(0);
    let mut rest = Some(rest);
    let replace = |buf: &mut ReadBuf<'_>| {
        *buf = ReadBuf::new(rest.take().unwrap());
        buf.set_filled(16);
    };
    let mut buf = HyperBuf::new(none);
    let mut cx = Context::from_waker(Waker::noop());
    let _ = Pin::new(&mut Io::new(Odd(replace))).poll_read(&mut cx, buf.unfilled());
}

#[test]
fn vectored_writes_are_what_the_stream_says() {
    let server = Server::start(service_fn(mirror));
    let address = server.address;
    let connect = laneway::net::connect_tcp(address);
    let mut io = Io::new(server.runtime.block_on(connect).unwrap());
    assert!(io.is_write_vectored());
    let head = [
        IoSlice::new(b"GET / HTTP/1.1\r\n"),
        IoSlice::new(b"host: test\r\n\r\n"),
    ];
    let written = poll_fn(|cx| Pin::new(&mut io).poll_write_vectored(cx, &head));
    assert_eq!(server.runtime.block_on(written).unwrap(), 30);
    let mut answer = [0; 15];
    let stream = io.into_inner();
    let read = stream.read_exact(&mut answer);
    server.runtime.block_on(read).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");

    assert!(!Io::new(Odd(|_: &mut ReadBuf<'_>| {})).is_write_vectored());
}

#[test]
fn the_parts_go_where_hyper_sends_them() {
    fn goes_anywhere<T: Send + Sync + Unpin + 'static>() {}
    fn moves<T: Send>() {}
    goes_anywhere::<Executor>();
    goes_anywhere::<Timer>();
    goes_anywhere::<Io<TcpStream>>();
    moves::<Serve<()>>();
}
