//! Large bodies: whole, in order, no faster than they are read, and without copies.

use std::convert::Infallible;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::channel::oneshot;
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response,
    body::{Body, Frame, Incoming, SizeHint},
    service::service_fn,
};
use laneway::net::{self, TcpStream};
use laneway::spawn;
use laneway_hyper::Io;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::client::Client;
use crate::http2::run;
use crate::made::{StreamBody, hash, work};
use crate::server::Server;

const SEED: u64 = 7;

/// A stream that counts what is made of it, and may keep its length to itself.
struct Counted {
    body: StreamBody,
    made: Arc<AtomicU64>,
    announced: bool,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            self.made.fetch_add(bytes, Relaxed);
        }
        frame
    }

    fn size_hint(&self) -> SizeHint {
        if self.announced {
            self.body.size_hint()
        } else {
            SizeHint::default()
        }
    }
}

/// Serves the first `bytes` of the stream.
fn serve(bytes: u64, announced: bool) -> (Server, Arc<AtomicU64>) {
    let made = Arc::new(AtomicU64::new(0));
    let counter = made.clone();
    let server = Server::start(service_fn(move |request: Request<Incoming>| {
        let bytes = if request.uri().path() == "/small" {
            1
        } else {
            bytes
        };
        let body = Counted {
            body: StreamBody::new(SEED, bytes),
            made: counter.clone(),
            announced,
        };
        async move { Ok::<_, Infallible>(Response::new(body)) }
    }));
    (server, made)
}

fn expected(bytes: u64) -> u64 {
    let body = futures::executor::block_on(StreamBody::new(SEED, bytes).collect()).unwrap();
    hash(&body.to_bytes())
}

/// The values on the page that services are built from, computed by another program.
#[test]
fn what_the_example_makes_is_what_the_page_says() {
    assert_eq!(hash(b"hello, world\n"), 0x0c11_e655_5765_54b7);
    let stream = StreamBody::new(1, 1 << 20).collect();
    let stream = futures::executor::block_on(stream).unwrap().to_bytes();
    assert_eq!(stream[..8], 0x47e4_ce4b_896c_dd1d_u64.to_le_bytes());
    assert_eq!(hash(&stream), 0xca0b_a860_2a10_3333);
    assert_eq!(work(1, 0), 0xe220_a839_7b1d_cdaf);
    assert_eq!(work(1_000, 1), 0x60e8_1d6f_5e2a_a735);
}

#[test]
fn a_slow_reader_holds_the_body_back() {
    const BYTES: u64 = 48 << 20;
    /// The kernel's buffers of both sides grow up to 4 and 6 MiB by default on Linux; hyper keeps less
    /// than one.
    const UNDER_WAY: u64 = 16 << 20;
    let (server, made) = serve(BYTES, true);
    let mut slow = Client::connect(server.address);
    slow.ask("/");
    assert_eq!(
        slow.head().header("content-length"),
        Some(BYTES.to_string().as_str())
    );
    // Others are answered while it waits, and it has every opportunity to run ahead.
    let mut other = Client::connect(server.address);
    for _ in 0..500 {
        assert_eq!(other.get("/small").body.len(), 1);
    }
    let mut body = vec![0; BYTES as usize];
    let mut read = 0;
    for piece in body.chunks_mut(1 << 20) {
        let ahead = made.load(Relaxed) - read;
        assert!(ahead < UNDER_WAY, "{ahead} bytes are under way");
        slow.read_exact(piece);
        read += piece.len() as u64;
    }
    assert_eq!(hash(&body), expected(BYTES));
    assert_eq!(slow.get("/small").body.len(), 1);
}

#[test]
fn a_body_of_unknown_length_is_chunked() {
    const BYTES: u64 = (8 << 20) + 13;
    let (server, _) = serve(BYTES, false);
    let address = server.address;
    run(&server, async move {
        let stream = net::connect_tcp(address).await.unwrap();
        let (mut requests, connection) = hyper::client::conn::http1::handshake(Io::new(stream))
            .await
            .unwrap();
        spawn(connection);
        let request = Request::get("/").header("host", "test");
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let answer = requests.send_request(request).await.unwrap();
        assert_eq!(answer.headers()["transfer-encoding"], "chunked");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.len() as u64, BYTES);
        assert_eq!(hash(&body), expected(BYTES));
    });
}

/// A stream that counts the writes of several buffers.
struct Spied {
    stream: TcpStream,
    vectored: Arc<AtomicUsize>,
}

impl AsyncRead for Spied {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        AsyncRead::poll_read(Pin::new(&mut self.stream), cx, buf)
    }
}

impl AsyncWrite for Spied {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.stream), cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        if slices.len() > 1 {
            self.vectored.fetch_add(1, Relaxed);
        }
        AsyncWrite::poll_write_vectored(Pin::new(&mut self.stream), cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[test]
fn a_body_is_not_copied_into_one_buffer_with_the_head() {
    const BYTES: u64 = 4 << 20;
    // Only for its runtime.
    let (server, _) = serve(1, true);
    let listener = server.runtime.block_on(net::listen_tcp("127.0.0.1:0"));
    let listener = listener.unwrap();
    let address = listener.local_addr().unwrap();
    let vectored = Arc::new(AtomicUsize::new(0));
    let counter = vectored.clone();
    let (end, ended) = oneshot::channel();
    server.runtime.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = Spied {
            stream,
            vectored: counter,
        };
        let service = service_fn(|_: Request<Incoming>| async {
            Ok::<_, Infallible>(Response::new(StreamBody::new(SEED, BYTES)))
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .keep_alive(false)
            .serve_connection(Io::new(stream), service);
        let _ = end.send(connection.await);
    });
    let mut client = Client::connect(address);
    assert_eq!(hash(&client.get("/").body), expected(BYTES));
    run(&server, ended).unwrap().unwrap();
    assert!(vectored.load(Relaxed) > 0);
}
