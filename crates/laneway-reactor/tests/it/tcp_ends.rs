//! TCP: ends, halves and options.

use std::io::{self, IoSlice, IoSliceMut, Write};
use std::time::Duration;

use laneway_reactor::Reactor;
use laneway_reactor::net::{TcpListener, TcpStream};

use crate::support::{Probe, connection, drive, localhost, settle, turn};

#[test]
fn options() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    client.set_nodelay(true).unwrap();
    assert!(client.nodelay().unwrap());
    client.set_linger(Some(Duration::from_secs(1))).unwrap();
    assert_eq!(client.linger().unwrap(), Some(Duration::from_secs(1)));
    client.set_linger(None).unwrap();
    client.set_ttl(7).unwrap();
    assert_eq!(client.ttl().unwrap(), 7);
    assert!(client.take_error().unwrap().is_none());
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
    assert!(format!("{client:?}").contains("Registered"));
}

#[test]
fn to_std_and_back() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    let handle = reactor.handle();
    let mut client = client.into_std().unwrap();
    client.write_all(b"std").unwrap();
    let client = TcpStream::from_std(&handle, client).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(drive(&mut reactor, server.read(&mut buffer)).unwrap(), 3);
    drive(&mut reactor, async {
        client.write_all(b"again").await.unwrap();
        server.read_exact(&mut buffer[..5]).await.unwrap();
    });
    let listener = TcpListener::bind(&handle, localhost()).unwrap();
    let addr = listener.local_addr().unwrap();
    let listener = TcpListener::from_std(&handle, listener.into_std().unwrap()).unwrap();
    assert_eq!(listener.local_addr().unwrap(), addr);
    listener.set_ttl(9).unwrap();
    assert_eq!(listener.ttl().unwrap(), 9);
    assert!(listener.take_error().unwrap().is_none());
}

#[test]
fn halves() {
    let mut reactor = Reactor::new().unwrap();
    let (mut client, server) = connection(&mut reactor);
    let mut buffer = [0; 16];
    {
        let (reader, writer) = client.split();
        assert_eq!(writer.try_write(b"one").unwrap(), 3);
        assert!(reader.try_read(&mut [0; 1]).is_err());
        assert_eq!(
            reader.stream().local_addr().unwrap(),
            writer.stream().local_addr().unwrap()
        );
    }
    assert_eq!(drive(&mut reactor, server.read(&mut buffer)).unwrap(), 3);

    let (reader, writer) = client.into_split();
    let (other_reader, other_writer) = server.into_split();
    let error = reader.reunite(other_writer).unwrap_err();
    assert!(error.to_string().contains("different"));
    let (reader, other_writer) = (error.0, error.1);
    let client = writer.reunite(reader).unwrap();
    // Nothing was shut down by that.
    drive(&mut reactor, async {
        client.write_all(b"two").await.unwrap();
        other_reader.read_exact(&mut buffer[..3]).await.unwrap();
        other_writer.write_all(b"three").await.unwrap();
        drop(other_writer);
        client.read_exact(&mut buffer[..5]).await.unwrap();
        // The other writing half is dropped: the end; while the other direction goes on.
        assert_eq!(client.read(&mut buffer).await.unwrap(), 0);
        client.write_all(b"four").await.unwrap();
        other_reader.read_exact(&mut buffer[..4]).await.unwrap();
    });
    assert_eq!(&buffer[..4], b"four");
    // A half that is forgotten ends nothing.
    let (reader, writer) = client.into_split();
    writer.forget();
    let mut end = Probe::new(other_reader.read(&mut buffer));
    end.pending();
    settle(&mut reactor);
    end.pending();
    drop(reader);
    turn(&mut reactor);
    assert_eq!(end.ready().unwrap(), 0);
}

/// A connection that is reset tells so.
#[test]
fn reset() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    let mut buffer = [0; 8];
    let mut read = Probe::new(server.read(&mut buffer));
    read.pending();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    turn(&mut reactor);
    assert_eq!(
        read.ready().unwrap_err().kind(),
        io::ErrorKind::ConnectionReset
    );
    drop(read);
    let error = drive(&mut reactor, server.write(b"x")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn vectored_and_peeked() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    let n = drive(&mut reactor, async {
        client
            .write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])
            .await
    });
    assert_eq!(n.unwrap(), 5);
    let mut buffer = [0; 16];
    assert_eq!(drive(&mut reactor, server.peek(&mut buffer)).unwrap(), 5);
    // Peeking leaves everything where it is, the readiness too.
    let (mut a, mut b) = ([0; 2], [0; 8]);
    let n = server.try_read_vectored(&mut [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)]);
    assert_eq!((n.unwrap(), &a, &b[..3]), (5, b"he", &b"llo"[..]));
    // And at a peek that would block, the next event comes.
    let mut peek = Probe::new(server.peek(&mut buffer));
    peek.pending();
    assert_eq!(client.try_write_vectored(&[IoSlice::new(b"x")]).unwrap(), 1);
    turn(&mut reactor);
    assert_eq!(peek.ready().unwrap(), 1);
}
