//! Sources of one's own: pipes, descriptors, and what the system thinks of them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::task::{Context, Waker};
use std::thread;
use std::time::Instant;

use laneway_reactor::{Interest, Reactor, Registered};
use mio::unix::{SourceFd, pipe};

use crate::support::{Probe, Running, block_on, settle, turn};

/// A pipe whose reading end is registered.
fn pipe(reactor: &Reactor) -> (pipe::Sender, Registered<pipe::Receiver>) {
    let (sender, receiver) = pipe::new().unwrap();
    (
        sender,
        reactor
            .handle()
            .register(receiver, Interest::READABLE)
            .unwrap(),
    )
}

fn would_block<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

/// Also while there is nothing to look for, and just after.
#[test]
fn a_look_finds_what_there_is() {
    let mut reactor = Reactor::new().unwrap();
    let past = Instant::now();
    let look = |reactor: &mut Reactor| {
        let turn = reactor.turn(Some(past)).unwrap();
        (turn.events, turn.interrupted)
    };
    assert_eq!(look(&mut reactor), (0, false));
    reactor.handle().interrupt().wake();
    assert_eq!(look(&mut reactor), (0, true));
    for _ in 0..2 {
        let (mut sender, receiver) = pipe(&reactor);
        sender.write_all(b"1").unwrap();
        assert_eq!(look(&mut reactor), (1, false));
        drop((sender, receiver));
        assert_eq!(look(&mut reactor), (0, false), "an event comes once");
    }
}

#[test]
fn operations() {
    let mut reactor = Reactor::new().unwrap();
    let (mut sender, receiver) = pipe(&reactor);
    let read = |mut pipe: &pipe::Receiver| pipe.read(&mut [0; 4]);
    // Not ready: the operation is not even tried.
    would_block(receiver.try_io(Interest::READABLE, |_| -> io::Result<()> { unreachable!() }));
    let mut future = Probe::new(receiver.io(Interest::READABLE, read));
    future.pending();
    sender.write_all(b"123456").unwrap();
    turn(&mut reactor);
    assert_eq!(future.ready().unwrap(), 4);
    drop(future);
    // It stays ready until an operation says otherwise.
    Probe::new(receiver.readable()).ready().unwrap();
    assert_eq!(receiver.try_io(Interest::READABLE, read).unwrap(), 2);
    would_block(receiver.try_io(Interest::READABLE, read));
    Probe::new(receiver.readable()).pending();
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(receiver.poll_io(cx, Interest::READABLE, read).is_pending());
    assert!(receiver.poll_read_ready(cx).is_pending());
    assert!(receiver.poll_write_ready(cx).is_pending());
    // Errors of the operation are the caller's, and change nothing.
    sender.write_all(b"7").unwrap();
    turn(&mut reactor);
    let error = receiver.try_io(Interest::READABLE, |_| -> io::Result<()> {
        Err(io::ErrorKind::InvalidData.into())
    });
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidData);
    let ready = Probe::new(receiver.ready(Interest::READABLE))
        .ready()
        .unwrap();
    assert!(ready.is_readable() && !ready.is_writable() && !ready.is_error());
    assert!(!ready.is_read_closed() && !ready.is_write_closed());
    drop(sender);
    turn(&mut reactor);
    let ready = Probe::new(receiver.ready(Interest::READABLE))
        .ready()
        .unwrap();
    assert!(ready.is_read_closed());
    let mut receiver = receiver;
    assert_eq!(receiver.get_mut().read(&mut [0; 4]).unwrap(), 1);
    // Given back, it is nobody's, and can be registered again, elsewhere.
    let receiver = receiver.into_inner().unwrap();
    let other = Reactor::new().unwrap();
    let receiver = other
        .handle()
        .register(receiver, Interest::READABLE)
        .unwrap();
    assert!(format!("{receiver:?}").contains("Readiness"));
    assert!(!receiver.handle().is_closed());
}

/// One event wakes all who wait for that direction, and nobody else.
#[test]
fn many_wait() {
    let mut reactor = Reactor::new().unwrap();
    let (a, b) = laneway_reactor::net::UnixStream::pair(&reactor.handle()).unwrap();
    settle(&mut reactor);
    // Fill it, so that it is neither readable nor writable.
    while a.try_write(&[0; 4096]).is_ok() {}
    let both = Interest::READABLE | Interest::WRITABLE;
    let io = a.registered();
    let mut readers: Vec<_> = (0..40).map(|_| Probe::new(io.readable())).collect();
    let mut writers: Vec<_> = (0..40).map(|_| Probe::new(io.writable())).collect();
    let mut any: Vec<_> = (0..40).map(|_| Probe::new(io.ready(both))).collect();
    readers.iter_mut().for_each(Probe::pending);
    writers.iter_mut().for_each(Probe::pending);
    any.iter_mut().for_each(Probe::pending);
    // Some leave before it happens.
    readers.truncate(39);
    any.drain(..2);
    let woken = |wakes: usize, n: usize| assert_eq!(wakes, n);
    b.try_write(b"x").unwrap();
    turn(&mut reactor);
    readers.iter().for_each(|probe| woken(probe.wakes.get(), 1));
    writers.iter().for_each(|probe| woken(probe.wakes.get(), 0));
    any.iter().for_each(|probe| woken(probe.wakes.get(), 1));
    readers.iter_mut().for_each(|probe| probe.ready().unwrap());
    for probe in &mut any {
        let ready = probe.ready().unwrap();
        assert!(ready.is_readable() && !ready.is_writable());
    }
    // And the other direction.
    let mut buffer = vec![0; 1 << 20];
    while b.try_read(&mut buffer).is_ok() {}
    turn(&mut reactor);
    writers.iter().for_each(|probe| woken(probe.wakes.get(), 1));
}

/// Threads that share a source: every byte is read by someone.
#[test]
fn many_threads_read_one_pipe() {
    const BYTES: usize = 20_000;
    let running = Running::new();
    let (mut sender, receiver) = pipe::new().unwrap();
    let receiver = running
        .handle
        .register(receiver, Interest::READABLE)
        .unwrap();
    let receiver = std::sync::Arc::new(receiver);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let receiver = receiver.clone();
            thread::spawn(move || {
                block_on(async move {
                    let mut bytes = 0;
                    loop {
                        let read = |mut pipe: &pipe::Receiver| pipe.read(&mut [0; 3]);
                        match receiver.io(Interest::READABLE, read).await.unwrap() {
                            0 => return bytes,
                            n => bytes += n,
                        }
                    }
                })
            })
        })
        .collect();
    sender.set_nonblocking(false).unwrap();
    for chunk in vec![0; BYTES].chunks(7) {
        sender.write_all(chunk).unwrap();
    }
    drop(sender);
    let total: usize = readers
        .into_iter()
        .map(|reader| reader.join().unwrap())
        .sum();
    assert_eq!(total, BYTES);
}

/// What the system refuses leaves nothing behind.
#[test]
fn refused() {
    let reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    let fd = file.as_raw_fd();
    for _ in 0..100_000 {
        let error = handle
            .register(SourceFd(&fd), Interest::READABLE)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}

/// The same descriptor twice is an error, and does not disturb the first.
#[test]
fn registered_twice() {
    let mut reactor = Reactor::new().unwrap();
    let (mut sender, receiver) = pipe(&reactor);
    let fd = receiver.get_ref().as_raw_fd();
    let error = reactor
        .handle()
        .register(SourceFd(&fd), Interest::READABLE)
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    let mut wait = Probe::new(receiver.readable());
    wait.pending();
    sender.write_all(b"x").unwrap();
    turn(&mut reactor);
    wait.ready().unwrap();
}

/// Two sources are ready in one batch; whoever is woken for the first drops the second and registers
/// another with the same descriptor number. The event of the one that is gone is nobody's.
#[test]
fn a_descriptor_number_used_again() {
    struct Swap {
        handle: laneway_reactor::Handle,
        victim: std::sync::Mutex<Option<Registered<pipe::Receiver>>>,
        new: std::sync::Mutex<Option<(pipe::Sender, Registered<pipe::Receiver>)>>,
    }
    impl std::task::Wake for Swap {
        fn wake(self: std::sync::Arc<Self>) {
            let Some(victim) = self.victim.lock().unwrap().take() else {
                return;
            };
            let number = victim.get_ref().as_raw_fd();
            let (sender, receiver) = pipe::new().unwrap();
            drop(victim);
            // The lowest free number is taken, if no other test is faster.
            let copy: OwnedFd = OwnedFd::from(receiver).try_clone().unwrap();
            let same = copy.as_raw_fd() == number;
            let receiver = pipe::Receiver::from(copy);
            let new = self.handle.register(receiver, Interest::READABLE).unwrap();
            if same {
                *self.new.lock().unwrap() = Some((sender, new));
            }
        }
    }
    let mut seen = 0;
    for _ in 0..200 {
        let mut reactor = Reactor::new().unwrap();
        let (mut sender_a, a) = pipe(&reactor);
        let (mut sender_b, b) = pipe(&reactor);
        sender_a.write_all(b"x").unwrap();
        sender_b.write_all(b"x").unwrap();
        let swap = std::sync::Arc::new(Swap {
            handle: reactor.handle(),
            victim: None.into(),
            new: None.into(),
        });
        let waker = Waker::from(swap.clone());
        assert!(
            a.poll_read_ready(&mut Context::from_waker(&waker))
                .is_pending()
        );
        *swap.victim.lock().unwrap() = Some(b);
        turn(&mut reactor);
        settle(&mut reactor);
        if let Some((_sender, new)) = swap.new.lock().unwrap().take() {
            Probe::new(new.readable()).pending();
            seen += 1;
        }
    }
    assert!(seen > 0, "it did happen");
}

/// Sources come and go on other threads while the reactor waits: none is lost.
#[test]
fn churn() {
    let running = Running::new();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let handle = running.handle.clone();
            thread::spawn(move || {
                for _ in 0..200 {
                    let (mut sender, receiver) = pipe::new().unwrap();
                    let receiver = handle.register(receiver, Interest::READABLE).unwrap();
                    sender.write_all(b"x").unwrap();
                    let wait = async move {
                        receiver.readable().await.unwrap();
                        receiver.into_inner().unwrap()
                    };
                    drop(block_on(wait));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
