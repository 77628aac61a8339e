//! UDP.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::task::{Context, Poll, Waker};

use laneway_reactor::Reactor;
use laneway_reactor::net::UdpSocket;

use crate::support::{Probe, drive, localhost, settle, turn};

fn pair(reactor: &mut Reactor) -> (UdpSocket, UdpSocket) {
    let handle = reactor.handle();
    let [a, b] = [(); 2].map(|()| UdpSocket::bind(&handle, localhost()).unwrap());
    a.connect(b.local_addr().unwrap()).unwrap();
    b.connect(a.local_addr().unwrap()).unwrap();
    settle(reactor);
    (a, b)
}

#[test]
fn connected() {
    let mut reactor = Reactor::new().unwrap();
    let (a, b) = pair(&mut reactor);
    assert_eq!(a.peer_addr().unwrap(), b.local_addr().unwrap());
    let mut buffer = [0; 16];
    drive(&mut reactor, async {
        assert_eq!(a.send(b"one").await.unwrap(), 3);
        assert_eq!(b.peek(&mut buffer).await.unwrap(), 3);
        assert_eq!(b.recv(&mut buffer).await.unwrap(), 3);
        // A datagram may be empty, and is received as such.
        assert_eq!(a.send(b"").await.unwrap(), 0);
        assert_eq!(b.recv(&mut buffer).await.unwrap(), 0);
    });
    let mut recv = Probe::new(b.recv(&mut buffer));
    recv.pending();
    assert_eq!(a.try_send(b"four").unwrap(), 4);
    turn(&mut reactor);
    assert_eq!(recv.ready().unwrap(), 4);
}

/// Datagrams of one event are received one by one: a short one does not mean that it was the last.
#[test]
fn several_of_one_event() {
    let mut reactor = Reactor::new().unwrap();
    let (a, b) = pair(&mut reactor);
    for n in 1..=5 {
        a.try_send(&vec![0; n]).unwrap();
    }
    turn(&mut reactor);
    for n in 1..=5 {
        assert_eq!(b.try_recv(&mut [0; 64]).unwrap(), n);
    }
    assert_eq!(
        b.try_recv(&mut [0; 64]).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
}

#[test]
fn unconnected() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let [a, b] = [(); 2].map(|()| UdpSocket::bind(&handle, localhost()).unwrap());
    let (from, to) = (a.local_addr().unwrap(), b.local_addr().unwrap());
    let mut buffer = [0; 16];
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(b.poll_recv_from(cx, &mut buffer).is_pending());
    drive(&mut reactor, async {
        a.send_to(b"one", to).await.unwrap();
        assert_eq!(b.peek_from(&mut buffer).await.unwrap(), (3, from));
        assert_eq!(b.recv_from(&mut buffer).await.unwrap(), (3, from));
    });
    assert!(matches!(a.poll_send_to(cx, b"two", to), Poll::Ready(Ok(3))));
    drive(&mut reactor, b.readable()).unwrap();
    assert_eq!(b.try_recv_from(&mut buffer).unwrap(), (3, from));
}

/// What the network answers is an error of the next operation, once, and not a busy loop.
#[cfg(target_os = "linux")]
#[test]
fn nobody_there() {
    let mut reactor = Reactor::new().unwrap();
    let (a, b) = pair(&mut reactor);
    drop(b);
    a.try_send(b"x").unwrap();
    let mut buffer = [0; 4];
    let error = drive(&mut reactor, a.recv(&mut buffer)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let mut recv = Probe::new(a.recv(&mut buffer));
    recv.pending();
    settle(&mut reactor);
    recv.pending();
    assert!(a.take_error().unwrap().is_none());
}

#[test]
fn options() {
    let reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let socket = UdpSocket::bind(&handle, (Ipv4Addr::UNSPECIFIED, 0).into()).unwrap();
    socket.set_broadcast(true).unwrap();
    assert!(socket.broadcast().unwrap());
    socket.set_ttl(3).unwrap();
    assert_eq!(socket.ttl().unwrap(), 3);
    socket.set_multicast_ttl_v4(4).unwrap();
    assert_eq!(socket.multicast_ttl_v4().unwrap(), 4);
    socket.set_multicast_loop_v4(false).unwrap();
    assert!(!socket.multicast_loop_v4().unwrap());
    let group = Ipv4Addr::new(239, 1, 2, 3);
    socket
        .join_multicast_v4(group, Ipv4Addr::LOCALHOST)
        .unwrap();
    socket
        .leave_multicast_v4(group, Ipv4Addr::LOCALHOST)
        .unwrap();
    let std = socket.into_std().unwrap();
    assert!(
        UdpSocket::from_std(&handle, std)
            .unwrap()
            .take_error()
            .unwrap()
            .is_none()
    );
    // IPv6 is not everywhere.
    if let Ok(socket) = UdpSocket::bind(&handle, (Ipv6Addr::LOCALHOST, 0).into()) {
        socket.set_multicast_loop_v6(false).unwrap();
        assert!(!socket.multicast_loop_v6().unwrap());
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x123);
        if socket.join_multicast_v6(&group, 1).is_ok() {
            socket.leave_multicast_v6(&group, 1).unwrap();
        }
    }
}
