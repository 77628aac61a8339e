//! Nobody takes everything: budget, wake-ups, and a process out of descriptors.

use std::io;

use laneway_reactor::Reactor;
use laneway_reactor::net::UdpSocket;
use laneway_waker::budget;

use crate::support::{Probe, connection, drive, localhost, settle, turn};

/// A task that loops over a source which is always ready gives way after its budget, is woken for that,
/// and loses nothing.
#[test]
fn always_ready_gives_way() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    client.try_write(&[1; 1000]).unwrap();
    turn(&mut reactor);
    let mut read = 0;
    let mut reader = Probe::new(async {
        let mut byte = [0];
        while read < 1000 {
            read += server.read(&mut byte).await.unwrap();
        }
    });
    let mut polls = 1;
    while budget::with(budget::UNITS, || reader.poll()).is_pending() {
        assert_eq!(reader.wakes.get(), polls, "it is woken to go on");
        polls += 1;
    }
    assert_eq!(polls, 1000_usize.div_ceil(budget::UNITS as usize));
}

/// The same for the other leaves: `readable` in a loop, writing, polling.
#[test]
fn every_leaf_asks() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    client.try_write(b"x").unwrap();
    turn(&mut reactor);
    let mut noop = std::task::Context::from_waker(std::task::Waker::noop());
    budget::with(3, || {
        for _ in 0..3 {
            Probe::new(server.readable()).ready().unwrap();
        }
        Probe::new(server.readable()).pending();
        Probe::new(server.read(&mut [0; 4])).pending();
        Probe::new(server.write(b"y")).pending();
        assert!(server.registered().poll_read_ready(&mut noop).is_pending());
        assert!(server.poll_read(&mut noop, &mut [0; 4]).is_pending());
    });
    // Waiting is free.
    budget::with(1, || {
        Probe::new(client.read(&mut [0; 4])).pending();
        Probe::new(client.read(&mut [0; 4])).pending();
        Probe::new(client.write(b"y")).ready().unwrap();
        Probe::new(client.write(b"y")).pending();
    });
}

/// Many messages, one event: a reader that takes one for each wake-up gets them all.
#[test]
fn one_message_at_a_time() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let receiver = UdpSocket::bind(&handle, localhost()).unwrap();
    let senders: Vec<_> = (0..10)
        .map(|_| UdpSocket::bind(&handle, localhost()).unwrap())
        .collect();
    settle(&mut reactor);
    let addr = receiver.local_addr().unwrap();
    for sender in &senders {
        for n in 0..10_u8 {
            assert_eq!(sender.try_send_to(&[n], addr).unwrap(), 1);
        }
    }
    for _ in 0..100 {
        drive(&mut reactor, receiver.recv(&mut [0; 4])).unwrap();
    }
    settle(&mut reactor);
    let error = receiver.try_recv(&mut [0; 4]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

/// Out of descriptors, a listener says so each time it is asked, loses no connection, and goes on as
/// soon as there are some.
#[cfg(target_os = "linux")]
mod descriptors {
    use std::process::Command;

    use laneway_reactor::net::TcpListener;
    use rustix::io::Errno;
    use rustix::process::{Resource, Rlimit, setrlimit};

    use super::*;

    /// The process that has none left. The other test starts it.
    #[test]
    #[ignore = "a child process of the test below"]
    fn child() {
        let mut reactor = Reactor::new().unwrap();
        let listener = TcpListener::bind(&reactor.handle(), localhost()).unwrap();
        let addr = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..30)
            .map(|_| std::net::TcpStream::connect(addr).unwrap())
            .collect();
        let limit = Rlimit {
            current: Some(64),
            maximum: Some(64),
        };
        setrlimit(Resource::Nofile, limit).unwrap();
        let mut held: Vec<_> =
            std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        settle(&mut reactor);
        for _ in 0..3 {
            let error = drive(&mut reactor, listener.accept()).unwrap_err();
            assert_eq!(Errno::from_io_error(&error), Some(Errno::MFILE));
            // No event repeats it: who waits a little does not spin.
            let past = std::time::Instant::now();
            assert_eq!(reactor.turn(Some(past)).unwrap().events, 0);
        }
        held.truncate(1);
        for _ in &clients {
            drive(&mut reactor, listener.accept()).unwrap();
        }
    }

    #[test]
    fn used_up() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["fairness::descriptors::child", "--exact", "--ignored"])
            .status()
            .unwrap();
        assert!(status.success());
    }
}
