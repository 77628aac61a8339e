//! Unix sockets.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use futures::join;
use laneway_reactor::Reactor;
use laneway_reactor::net::{UnixDatagram, UnixListener, UnixStream};

use crate::support::{Probe, drive, settle, turn};

/// A path for a socket, removed when dropped.
struct Path(PathBuf);

impl Path {
    fn new(name: &str) -> Self {
        let name = format!("laneway-reactor-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn listen_and_connect() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let path = Path::new("stream");
    let listener = UnixListener::bind(&handle, &path.0).unwrap();
    assert_eq!(
        UnixListener::bind(&handle, &path.0).unwrap_err().kind(),
        io::ErrorKind::AddrInUse
    );
    drive(&mut reactor, async {
        let (client, server) = join!(UnixStream::connect(&handle, &path.0), listener.accept());
        let (client, (server, peer)) = (client.unwrap(), server.unwrap());
        assert!(peer.is_unnamed());
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path.0));
        assert_eq!(server.local_addr().unwrap().as_pathname(), Some(&*path.0));
        client
            .write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])
            .await
            .unwrap();
        let mut buffer = [0; 16];
        assert_eq!(server.read(&mut buffer).await.unwrap(), 5);
        #[cfg(target_os = "linux")]
        assert_eq!(server.peer_cred().unwrap().pid, std::process::id() as i32);
        drop(client);
        assert_eq!(server.read(&mut buffer).await.unwrap(), 0);
    });
    let listener = UnixListener::from_std(&handle, listener.into_std().unwrap()).unwrap();
    let addr = listener.local_addr().unwrap();
    drive(&mut reactor, async {
        let (client, server) = join!(UnixStream::connect_addr(&handle, &addr), listener.accept());
        client.unwrap();
        server.unwrap();
    });
    assert!(listener.take_error().unwrap().is_none());
    assert!(listener.as_fd().as_raw_fd() == listener.as_raw_fd());
    drop(listener);
    let error = drive(&mut reactor, UnixStream::connect(&handle, &path.0)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn pair_and_halves() {
    let mut reactor = Reactor::new().unwrap();
    let (a, mut b) = UnixStream::pair(&reactor.handle()).unwrap();
    // A pair can be written to at once.
    assert_eq!(a.try_write(b"one").unwrap(), 3);
    let mut buffer = [0; 16];
    {
        let (reader, writer) = b.split();
        drive(&mut reactor, reader.read(&mut buffer)).unwrap();
        writer.try_write(b"two").unwrap();
    }
    drive(&mut reactor, a.read(&mut buffer)).unwrap();
    let (reader, writer) = b.into_split();
    drop(writer);
    drive(&mut reactor, async {
        assert_eq!(a.read(&mut buffer).await.unwrap(), 0);
        a.write_all(b"three").await.unwrap();
        reader.read_exact(&mut buffer[..5]).await.unwrap();
        assert!(a.try_write(b"").is_ok());
    });
    a.shutdown(Shutdown::Both).unwrap();
    let mut end = Probe::new(reader.read(&mut buffer));
    while end.poll().is_pending() {
        turn(&mut reactor);
        if end.wakes.get() > 0 {
            assert_eq!(end.ready().unwrap(), 0);
            break;
        }
    }
}

/// A short read may have stopped before something that is there already; it must not wait for more.
#[test]
fn short_reads_do_not_lose_what_is_behind() {
    let mut reactor = Reactor::new().unwrap();
    let (a, b) = UnixStream::pair(&reactor.handle()).unwrap();
    settle(&mut reactor);
    a.try_write(b"one").unwrap();
    turn(&mut reactor);
    assert_eq!(b.try_read(&mut [0; 16]).unwrap(), 3);
    // Still worth a try, though the buffer was not filled.
    a.try_write(b"two").unwrap();
    assert_eq!(b.try_read(&mut [0; 16]).unwrap(), 3);
}

#[test]
fn datagrams() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let path = Path::new("datagram");
    let server = UnixDatagram::bind(&handle, &path.0).unwrap();
    let client = UnixDatagram::unbound(&handle).unwrap();
    let mut buffer = [0; 16];
    drive(&mut reactor, async {
        client.send_to(b"one", &path.0).await.unwrap();
        let (n, from) = server.recv_from(&mut buffer).await.unwrap();
        assert!(n == 3 && from.is_unnamed());
        client.connect(&path.0).unwrap();
        client.send(b"four").await.unwrap();
        assert_eq!(server.recv(&mut buffer).await.unwrap(), 4);
        client.writable().await.unwrap();
    });
    assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path.0));
    assert_eq!(server.local_addr().unwrap().as_pathname(), Some(&*path.0));
    let (a, b) = UnixDatagram::pair(&handle).unwrap();
    settle(&mut reactor);
    // Full: the sender waits, until the receiver makes room.
    while a.try_send(b"x").is_ok() {}
    let mut send = Probe::new(a.send(b"last"));
    send.pending();
    let mut received = 0;
    while send.poll().is_pending() {
        received += drive(&mut reactor, b.recv(&mut buffer)).unwrap();
        settle(&mut reactor);
    }
    assert!(received > 0);
    drop(send);
    a.shutdown(Shutdown::Both).unwrap();
    assert!(a.take_error().unwrap().is_none());
    let b = UnixDatagram::from_std(&handle, b.into_std().unwrap()).unwrap();
    drive(&mut reactor, b.readable()).unwrap();
}
