//! TCP: connecting, transferring, ending.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr};
use std::task::Context;
use std::thread;

use futures::future::{join, join_all};
use laneway_reactor::net::{TcpListener, TcpStream};
use laneway_reactor::{Interest, Reactor};

use crate::support::{LONG, Probe, Running, block_on, connection, drive, localhost, settle, turn};

/// Whatever one side writes the other reads, byte for byte, also when it is much more than fits.
#[test]
fn much_data_in_both_directions() {
    const LEN: usize = 8 << 20;
    let running = Running::new();
    let handle = running.handle.clone();
    block_on(async move {
        let listener = TcpListener::bind(&handle, localhost()).unwrap();
        let addr = listener.local_addr().unwrap();
        let (client, server) = join(TcpStream::connect(&handle, addr), listener.accept()).await;
        let (client, server) = (client.unwrap(), server.unwrap().0);
        let data: Vec<u8> = (0..LEN).map(|i| (i / 7) as u8).collect();
        let send = |stream: TcpStream, data: Vec<u8>| async move {
            let (reader, writer) = stream.into_split();
            let write = async {
                writer.write_all(&data).await.unwrap();
                drop(writer);
            };
            let read = async {
                let mut all = Vec::new();
                let mut buffer = vec![0; 10_000];
                loop {
                    match reader.read(&mut buffer).await.unwrap() {
                        0 => return all,
                        n => all.extend_from_slice(&buffer[..n]),
                    }
                }
            };
            join(write, read).await.1
        };
        let (a, b) = join(send(client, data.clone()), send(server, data.clone())).await;
        assert!(a == data && b == data);
    });
}

/// Each of many clients gets its own answer, over several rounds.
#[test]
fn many_connections() {
    let running = Running::new();
    let handle = running.handle.clone();
    block_on(async move {
        let listener = TcpListener::bind(&handle, localhost()).unwrap();
        let addr = listener.local_addr().unwrap();
        let serve = async {
            let mut connections = Vec::new();
            for _ in 0..100 {
                let (stream, _) = listener.accept().await.unwrap();
                connections.push(async move {
                    let mut buffer = [0; 64];
                    loop {
                        match stream.read(&mut buffer).await.unwrap() {
                            0 => break,
                            n => stream.write_all(&buffer[..n]).await.unwrap(),
                        }
                    }
                });
            }
            join_all(connections).await;
        };
        let clients = join_all((0..100_u32).map(|number| {
            let handle = handle.clone();
            async move {
                let stream = TcpStream::connect(&handle, addr).await.unwrap();
                for round in 0..10_u32 {
                    let message = (number * 1000 + round).to_be_bytes();
                    stream.write_all(&message).await.unwrap();
                    let mut answer = [0; 4];
                    stream.read_exact(&mut answer).await.unwrap();
                    assert_eq!(answer, message);
                }
            }
        }));
        join(serve, clients).await;
    });
}

#[test]
fn connecting_to_nobody_is_an_error() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    // Bound, but not listening: nobody else can get the port.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&localhost().into()).unwrap();
    let addr = socket.local_addr().unwrap().as_socket().unwrap();
    let error = drive(&mut reactor, TcpStream::connect(&handle, addr)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);

    // The one that answers is found, and the error is that of the last.
    let listener = TcpListener::bind(&handle, localhost()).unwrap();
    let good = listener.local_addr().unwrap();
    let stream = drive(&mut reactor, TcpStream::connect_any(&handle, &[addr, good])).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good);
    let error = drive(&mut reactor, TcpStream::connect_any(&handle, &[addr, addr])).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let error = drive(&mut reactor, TcpStream::connect_any(&handle, &[])).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

/// The end of the stream is read even if it came together with the last bytes: a short read takes the
/// readiness away, but the system says only once that the other side has closed.
#[test]
fn the_end_is_not_lost_after_a_short_read() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    assert_eq!(client.try_write(b"bye").unwrap(), 3);
    drop(client);
    let mut read = Probe::new(async {
        let mut buffer = [0; 64];
        let n = server.read(&mut buffer).await.unwrap();
        let end = server.read(&mut buffer).await.unwrap();
        let again = server.read(&mut buffer).await.unwrap();
        (n, end, again)
    });
    while read.poll().is_pending() {
        turn(&mut reactor);
        if read.wakes.get() > 0 {
            assert_eq!(read.ready(), (3, 0, 0));
            return;
        }
    }
}

/// A half-closed connection still carries the other direction, and nobody spins meanwhile.
#[test]
fn half_closed_without_spinning() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    client.shutdown(Shutdown::Write).unwrap();
    let mut buffer = vec![0; 1 << 16];
    assert_eq!(drive(&mut reactor, server.read(&mut buffer)).unwrap(), 0);
    // Fill the send buffer; the writer must then sleep, although the reading direction is over.
    let block = vec![7; 1 << 16];
    let mut written = 0;
    let mut writer = Probe::new(async {
        loop {
            written += server.write(&block).await.unwrap();
            if written > 64 << 20 {
                return written;
            }
        }
    });
    writer.pending();
    settle(&mut reactor);
    writer.pending();
    settle(&mut reactor);
    let wakes = writer.wakes.get();
    // Nothing happens now, so no turn has events and nobody is woken.
    for _ in 0..100 {
        let past = std::time::Instant::now();
        assert_eq!(reactor.turn(Some(past)).unwrap().events, 0);
    }
    assert_eq!(writer.wakes.get(), wakes);
    // The client reads on, and so the writer goes on.
    let mut read = 0;
    while writer.poll().is_pending() {
        read += drive(&mut reactor, client.read(&mut buffer)).unwrap();
        settle(&mut reactor);
    }
    drop(writer);
    assert!(written > 64 << 20 && read > 0);
}

/// A request costs one read and one write: the echo of the reactor's own counters.
#[test]
fn a_short_read_needs_no_second_one() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    let mut buffer = [0; 64];
    for _ in 0..10 {
        client.try_write(b"ping").unwrap();
        let mut read = Probe::new(server.read(&mut buffer));
        read.pending();
        turn(&mut reactor);
        assert_eq!(read.wakes.get(), 1);
        assert_eq!(read.ready().unwrap(), 4);
        drop(read);
        // It knows that nothing is left, without having asked.
        let mut calls = 0;
        let tried = server.registered().try_io(Interest::READABLE, |_| {
            calls += 1;
            Ok(())
        });
        assert_eq!(
            (tried.unwrap_err().kind(), calls),
            (io::ErrorKind::WouldBlock, 0)
        );
    }
}

/// An accepted connection can be written to at once, before any event.
#[test]
fn accepted_is_writable() {
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind(&reactor.handle(), localhost()).unwrap();
    let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    turn(&mut reactor);
    let (server, peer) = listener.try_accept().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(server.try_write(b"hi").unwrap(), 2);
    let mut buffer = [0; 2];
    client.set_read_timeout(Some(LONG)).unwrap();
    client.read_exact(&mut buffer).unwrap();
    assert_eq!(
        listener.try_accept().unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
}

/// Data can be lost neither by dropping a read that waits, nor one that was woken.
#[test]
fn dropped_reads_lose_nothing() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    let mut buffer = [0; 8];
    let mut waiting = Probe::new(server.read(&mut buffer));
    waiting.pending();
    client.try_write(b"data").unwrap();
    turn(&mut reactor);
    assert_eq!(waiting.wakes.get(), 1);
    drop(waiting);
    assert_eq!(Probe::new(server.read(&mut buffer)).ready().unwrap(), 4);

    let listener = TcpListener::bind(&reactor.handle(), localhost()).unwrap();
    let mut accept = Probe::new(listener.accept());
    accept.pending();
    let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    turn(&mut reactor);
    drop(accept);
    Probe::new(listener.accept()).ready().unwrap();
}

/// Connections that come in a burst are all accepted, by one who accepts one for each wake-up.
#[test]
fn every_connection_of_a_burst() {
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind(&reactor.handle(), localhost()).unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    let clients: Vec<_> = (0..50)
        .map(|_| std::net::TcpStream::connect(addr).unwrap())
        .collect();
    for _ in &clients {
        drive(&mut reactor, listener.accept()).unwrap();
    }
    let noop = std::task::Waker::noop();
    assert!(
        listener
            .poll_accept(&mut Context::from_waker(noop))
            .is_pending()
    );
}

/// One task reads while another, on another thread, writes to the same stream.
#[test]
fn both_directions_from_two_threads() {
    let running = Running::new();
    let handle = running.handle.clone();
    let (client, server) = block_on(async move {
        let listener = TcpListener::bind(&handle, localhost()).unwrap();
        let addr = listener.local_addr().unwrap();
        let (client, server) = join(TcpStream::connect(&handle, addr), listener.accept()).await;
        (client.unwrap(), server.unwrap().0)
    });
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let echo = thread::spawn(move || {
        block_on(async move {
            let mut buffer = [0; 256];
            loop {
                match server_reads.read(&mut buffer).await.unwrap() {
                    0 => break,
                    n => server_writes.write_all(&buffer[..n]).await.unwrap(),
                }
            }
        })
    });
    let write = thread::spawn(move || {
        block_on(async move {
            for i in 0..2000_u32 {
                client_writes.write_all(&i.to_be_bytes()).await.unwrap();
            }
        })
    });
    block_on(async move {
        for i in 0..2000_u32 {
            let mut buffer = [0; 4];
            client_reads.read_exact(&mut buffer).await.unwrap();
            assert_eq!(u32::from_be_bytes(buffer), i);
        }
    });
    write.join().unwrap();
    echo.join().unwrap();
}
