//! Bugs that other runtimes had with sockets: see `docs/peer-bugs.md`.

use std::fs::File;
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::pin;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
    mpsc::{self, RecvTimeoutError},
};
use std::thread;
use std::time::{Duration, Instant};

use laneway::net::{self, TcpListener, TcpStream, UnixStream};
use laneway::{Runtime, spawn, time};

use crate::alone::{cost_of_other_threads, is_alone, open_files, resident_pages};
use crate::support::{PATIENCE, runtime, within_patience};

/// What the system refuses to watch leaves nothing behind, however often.
#[test]
fn refused_registrations_leave_nothing() {
    if !is_alone("peer_io::refused_registrations_leave_nothing") {
        return;
    }
    let runtime = runtime(1);
    // A regular file, which epoll does not take, dressed up as a socket.
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    // The reactor lets go of sources when it comes to it: so now and then it does.
    let refuse = |times| {
        for n in 0..times {
            if n % 1_000 == 0 {
                runtime.block_on(async { time::sleep(Duration::from_millis(1)).await });
            }
            let socket = StdUnixStream::from(OwnedFd::from(file.try_clone().unwrap()));
            let refused = UnixStream::from_std(runtime.handle().reactor(), socket);
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
        }
    };
    refuse(1_000);
    let (files, pages) = (open_files(), resident_pages());
    refuse(100_000);
    assert_eq!(open_files(), files);
    let grown = resident_pages().saturating_sub(pages);
    // A thousand sources at a time are on their way out; all of them would be 7,000 pages.
    assert!(grown < 400, "{grown} pages for 100,000 refusals");
    // And the places of sources are free for others.
    runtime.block_on(async { net::listen_tcp("127.0.0.1:0").await.map(drop).unwrap() });
}

/// A connection with one end outside of the runtime.
fn connection(runtime: &Runtime) -> (TcpStream, std::net::TcpStream) {
    runtime.block_on(async {
        let listener: TcpListener = net::listen_tcp("127.0.0.1:0").await.unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().await.unwrap().0, peer)
    })
}

/// Events of the one direction neither wake those who wait for the other, nor keep them from
/// clearing what they saw.
#[test]
fn writing_does_not_disturb_reading() {
    within_patience("a reader beside a busy writer", || {
        const BYTES: usize = 64 << 20;
        let runtime = runtime(2);
        let (stream, mut peer) = connection(&runtime);
        let stream = Arc::new(stream);
        let polls = Arc::new(AtomicUsize::new(0));
        let (reading, its_polls) = (stream.clone(), polls.clone());
        let reader = runtime.spawn(async move {
            let mut byte = [0];
            let mut read = pin!(reading.read(&mut byte));
            poll_fn(|cx| {
                its_polls.fetch_add(1, SeqCst);
                read.as_mut().poll(cx)
            })
            .await
            .unwrap();
        });
        let writer = runtime.spawn(async move {
            let block = vec![0; 1 << 20];
            for _ in 0..BYTES / block.len() {
                stream.write_all(&block).await.unwrap();
            }
            stream
        });
        // The writer waits for room again and again.
        let mut buffer = vec![0; 1 << 18];
        for _ in 0..BYTES / buffer.len() {
            peer.read_exact(&mut buffer).unwrap();
        }
        let _stream = runtime.block_on(writer).unwrap();
        peer.write_all(b"x").unwrap();
        runtime.block_on(reader).unwrap();
        let polls = polls.load(SeqCst);
        // Its first, the one that was woken, and one for an event that said no more than "writable".
        assert!(polls <= 3, "it was polled {polls} times");
    });
}

/// One side has ended its writing and reads nothing; the other waits for room to write. Nobody spins,
/// and when the one reads again, the other goes on.
#[test]
fn a_half_closed_connection_costs_nothing() {
    if !is_alone("peer_io::a_half_closed_connection_costs_nothing") {
        return;
    }
    within_patience("a half-closed connection", || {
        let runtime = runtime(2);
        let (stream, mut peer) = connection(&runtime);
        peer.shutdown(Shutdown::Write).unwrap();
        let (full, is_full) = mpsc::channel();
        let writer = runtime.spawn(async move {
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
            let block = vec![7; 1 << 20];
            let mut write = pin!(async {
                for _ in 0..32 {
                    stream.write_all(&block).await.unwrap();
                }
            });
            poll_fn(|cx| {
                let poll = write.as_mut().poll(cx);
                let _ = full.send(());
                poll
            })
            .await;
        });
        is_full
            .recv_timeout(PATIENCE)
            .expect("the buffers are full");
        let (_keep, nothing) = mpsc::channel::<()>();
        let quiet = || {
            let before = cost_of_other_threads();
            let start = Instant::now();
            let limit = Duration::from_millis(300);
            // why: a thread that spins does so in real time.
            assert_eq!(nothing.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
            let cost = cost_of_other_threads().nanos - before.nanos;
            u128::from(cost) < start.elapsed().as_nanos() / 50
        };
        // At first the system still fills its own buffers, which are events.
        let end = Instant::now() + PATIENCE / 2;
        while !quiet() {
            assert!(Instant::now() < end, "more than 2 % of a processor");
        }
        assert!(!writer.is_finished());
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all.len()
        });
        runtime.block_on(writer).unwrap();
        assert_eq!(reader.join().unwrap(), 32 << 20);
    });
}

/// Tasks that are woken for a batch of events close sockets and open others, which get the same
/// descriptor numbers; no task hears of another's event.
#[test]
fn numbers_used_again_within_a_batch_cross_no_wires() {
    within_patience("descriptors used again", || {
        let runtime = runtime(2);
        let rounds = (0..8_u8).map(|number| {
            runtime.spawn(async move {
                let any = "127.0.0.1:0";
                for round in 0..200_u8 {
                    let listener = net::listen_tcp(any).await.unwrap();
                    let address = listener.local_addr().unwrap();
                    let client = spawn(async move {
                        let client = net::connect_tcp(address).await.unwrap();
                        client.write_all(&[number, round]).await.unwrap();
                        let mut answer = [0; 2];
                        client.read_exact(&mut answer).await.unwrap();
                        assert_eq!(answer, [round, number]);
                        assert_eq!(client.read(&mut answer).await.unwrap(), 0);
                    });
                    let (server, _) = listener.accept().await.unwrap();
                    drop(listener);
                    let mut question = [0; 2];
                    server.read_exact(&mut question).await.unwrap();
                    assert_eq!(question, [number, round]);
                    server.write_all(&[round, number]).await.unwrap();
                    drop(server);
                    client.await.unwrap();
                }
            })
        });
        for round in rounds.collect::<Vec<_>>() {
            runtime.block_on(round).unwrap();
        }
    });
}
