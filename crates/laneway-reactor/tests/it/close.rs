//! A reactor that is closed or dropped tells everyone, once and for all.

use std::cell::RefCell;
use std::io;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Instant;

use laneway_reactor::net::{TcpListener, TcpStream, UdpSocket};
use laneway_reactor::{Closed, Interest, Reactor};

use crate::support::{LONG, Probe, connection, localhost};

#[track_caller]
fn closed<T: std::fmt::Debug>(result: io::Result<T>) {
    assert!(Closed::is(&result.unwrap_err()));
}

/// Whoever waits, in whichever way, is woken and told.
#[test]
fn all_who_wait_are_told() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let (client, server) = connection(&mut reactor);
    let listener = TcpListener::bind(&handle, localhost()).unwrap();
    let udp = UdpSocket::bind(&handle, localhost()).unwrap();
    let (mut a, mut b) = ([0; 4], [0; 4]);
    let mut solo = Probe::new(client.read(&mut a));
    let mut crowd = Probe::new(client.readable());
    let mut both = Probe::new(
        listener
            .registered()
            .ready(Interest::READABLE | Interest::WRITABLE),
    );
    let mut accept = Probe::new(listener.accept());
    let mut polled = Probe::new(std::future::poll_fn(|cx| udp.poll_recv(cx, &mut b)));
    solo.pending();
    crowd.pending();
    both.pending();
    accept.pending();
    polled.pending();
    reactor.close();
    assert_eq!(
        [
            &solo.wakes,
            &crowd.wakes,
            &both.wakes,
            &accept.wakes,
            &polled.wakes
        ]
        .map(|w| w.get()),
        [1; 5]
    );
    closed(solo.ready());
    closed(crowd.ready());
    closed(both.ready());
    closed(accept.ready());
    closed(polled.ready());
    drop((solo, crowd, both, accept, polled));

    // Who comes later is told too.
    closed(Probe::new(server.write(b"x")).ready());
    closed(server.try_write(b"x"));
    closed(server.try_read(&mut [0; 1]));
    closed(server.registered().try_io(Interest::READABLE, |_| Ok(())));
    closed(UdpSocket::bind(&handle, localhost()));
    closed(Probe::new(TcpStream::connect(&handle, listener.local_addr().unwrap())).ready());
    closed(reactor.turn(None));
    closed(reactor.run_until(std::future::pending::<()>()));
    assert!(handle.is_closed());
    drop(reactor);
    // And everything can still be dropped, or taken out.
    handle.interrupt().wake();
    let std = client.into_std().unwrap();
    assert!(std.peer_addr().is_ok());
}

/// Clearing after the end does no harm.
#[test]
fn an_operation_in_flight() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    client.try_write(b"x").unwrap();
    crate::support::turn(&mut reactor);
    let would_block: io::Result<()> = server.registered().try_io(Interest::READABLE, |_| {
        reactor.close();
        Err(io::ErrorKind::WouldBlock.into())
    });
    assert_eq!(would_block.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    closed(server.try_read(&mut [0; 1]));
}

/// Dropping it while others register: each gets an error, then or when it waits. Nobody hangs.
#[test]
fn registering_while_it_closes() {
    for _ in 0..50 {
        let reactor = Reactor::new().unwrap();
        let handle = reactor.handle();
        let (sender, receiver) = mpsc::channel();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (handle, sender) = (handle.clone(), sender.clone());
                thread::spawn(move || {
                    for turn in 0.. {
                        let result = UdpSocket::bind(&handle, localhost()).and_then(|socket| {
                            if turn == 0 {
                                sender.send(()).unwrap();
                            }
                            futures::executor::block_on(socket.writable())
                        });
                        if let Err(error) = result {
                            assert!(Closed::is(&error));
                            break;
                        }
                    }
                    sender.send(()).unwrap();
                })
            })
            .collect();
        // Nobody turns it, so both wait for their first event now, or are about to.
        receiver.recv_timeout(LONG).unwrap();
        receiver.recv_timeout(LONG).unwrap();
        drop(reactor);
        receiver.recv_timeout(LONG).expect("who waits is told");
        receiver.recv_timeout(LONG).expect("who waits is told");
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    }
}

/// Sockets, handles and the reactor may live in thread-locals, in any order of destruction.
#[test]
fn in_thread_locals() {
    type Everything = (Option<UdpSocket>, Option<Reactor>, Option<Waker>);
    thread_local! {
        static FIRST: RefCell<Everything> = const { RefCell::new((None, None, None)) };
        static SECOND: RefCell<Everything> = const { RefCell::new((None, None, None)) };
    }
    for reactor_first in [false, true] {
        thread::spawn(move || {
            FIRST.with(|_| ());
            SECOND.with(|_| ());
            let reactor = Reactor::new().unwrap();
            let socket = UdpSocket::bind(&reactor.handle(), localhost()).unwrap();
            let waker = reactor.handle().interrupt();
            assert!(
                socket
                    .poll_recv(&mut Context::from_waker(&waker), &mut [0; 1])
                    .is_pending()
            );
            let (of_reactor, of_socket) = if reactor_first {
                (&FIRST, &SECOND)
            } else {
                (&SECOND, &FIRST)
            };
            of_reactor.with(|cell| cell.borrow_mut().1 = Some(reactor));
            of_socket.with(|cell| *cell.borrow_mut() = (Some(socket), None, Some(waker)));
        })
        .join()
        .unwrap();
    }
}

/// Made and dropped many times, they leave no descriptor behind.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_behind() {
    // Others open and close descriptors meanwhile, so it is about the slope: a thousand reactors with
    // one left of each would show.
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    for _ in 0..1000 {
        let mut reactor = Reactor::new().unwrap();
        let handle = reactor.handle();
        let _socket = UdpSocket::bind(&handle, localhost()).unwrap();
        reactor.turn(Some(Instant::now())).unwrap();
    }
    assert!(open() < before + 700);
}
