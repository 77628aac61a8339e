//! Sockets used by threads of several lanes, and sources that come and go while the reactor waits.

use std::sync::{Arc, mpsc};
use std::thread;

use laneway_reactor::net::{TcpListener, TcpStream, UdpSocket};
use laneway_reactor::{Closed, Interest, Reactor};
use laneway_waker::lane;

use crate::support::{LONG, Running, localhost};

/// Does `f` on a thread of `lane`, and says when it is done.
fn in_lane(lane: u8, f: impl FnOnce() + Send + 'static) -> mpsc::Receiver<()> {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || {
        let _lane = lane::enter(lane);
        f();
        sender.send(()).unwrap();
    });
    done
}

#[track_caller]
fn join(threads: impl IntoIterator<Item = mpsc::Receiver<()>>) {
    for done in threads {
        done.recv_timeout(LONG).expect("it is done in time");
    }
}

/// Connections between lanes, opened and closed on both.
#[test]
fn connections_between_lanes() {
    let running = Running::new();
    let listener = TcpListener::bind(&running.handle, localhost()).unwrap();
    let addr = listener.local_addr().unwrap();
    let server = in_lane(1, move || {
        futures::executor::block_on(async {
            for _ in 0..50 {
                let (stream, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 5];
                stream.read_exact(&mut buffer).await.unwrap();
                stream.write_all(&buffer).await.unwrap();
            }
        });
    });
    let handle = running.handle.clone();
    let client = in_lane(0, move || {
        futures::executor::block_on(async {
            for _ in 0..50 {
                let stream = TcpStream::connect(&handle, addr).await.unwrap();
                stream.write_all(b"hello").await.unwrap();
                let mut buffer = [0; 5];
                stream.read_exact(&mut buffer).await.unwrap();
                assert_eq!(&buffer, b"hello");
            }
        });
    });
    join([server, client]);
}

/// Many threads of three lanes wait for the same socket, both to read and for anything.
#[test]
fn one_source_many_lanes() {
    /// All of them fit into the system's buffer of a socket, from which they would be dropped.
    const EACH: usize = 20;
    let running = Running::new();
    let bind = || UdpSocket::bind(&running.handle, localhost()).unwrap();
    let (receiver, sender) = (Arc::new(bind()), bind());
    let addr = receiver.local_addr().unwrap();
    let waiting = (0..6).map(|n| {
        let receiver = receiver.clone();
        in_lane(n % 3, move || {
            futures::executor::block_on(async {
                for _ in 0..EACH {
                    receiver.recv(&mut [0; 1]).await.unwrap();
                }
            });
        })
    });
    let waiting: Vec<_> = waiting.collect();
    let sending = in_lane(0, move || {
        futures::executor::block_on(async {
            for _ in 0..6 * EACH {
                sender.send_to(b"x", addr).await.unwrap();
            }
        });
    });
    join(waiting.into_iter().chain([sending]));
}

/// Whoever waits, on a thread of any lane, is told of the end.
#[test]
fn all_lanes_are_told_of_the_end() {
    let reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let (waits, all_wait) = mpsc::channel();
    let waiting: Vec<_> = (0..3)
        .map(|lane| {
            let (handle, waits) = (handle.clone(), waits.clone());
            in_lane(lane, move || {
                let socket = UdpSocket::bind(&handle, localhost()).unwrap();
                waits.send(()).unwrap();
                let end = futures::executor::block_on(socket.recv(&mut [0; 1]));
                assert!(Closed::is(&end.unwrap_err()));
            })
        })
        .collect();
    for _ in 0..3 {
        all_wait.recv_timeout(LONG).unwrap();
    }
    join([in_lane(1, move || drop(reactor))]);
    join(waiting);
}

/// What has gone is kept until the reactor turns; so, now and then, it has to.
#[test]
#[cfg(unix)]
fn sources_that_go_do_not_pile_up() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let (send, turned) = mpsc::channel();
    let turning = in_lane(0, move || send.send(reactor.turn(None).unwrap()).unwrap());
    for _ in 0..100 {
        let (_sender, receiver) = mio::unix::pipe::new().unwrap();
        // The reactor has gone when it has turned.
        let Ok(source) = handle.register(receiver, Interest::READABLE) else {
            break;
        };
        drop(source);
    }
    assert!(turned.recv_timeout(LONG).unwrap().interrupted);
    join([turning]);
}
