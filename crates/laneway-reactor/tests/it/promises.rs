//! What the types promise the compiler.

use laneway_reactor::net::{
    OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpListener, TcpStream, UdpSocket, WriteHalf,
};
use laneway_reactor::{Closed, Handle, Reactor, Ready, Registered, Turn};

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_unpin<T: Unpin>() {}
fn is_send_value<T: Send>(_: T) {}

macro_rules! promises {
    ($($type:ty),* $(,)?) => { $( is_send::<$type>(); is_sync::<$type>(); is_unpin::<$type>(); )* };
}

#[test]
fn send_sync_unpin() {
    promises!(
        Closed,
        Handle,
        Ready,
        Turn,
        Registered<mio::net::TcpStream>,
        TcpListener,
        TcpStream,
        UdpSocket,
        ReadHalf<'static, TcpStream>,
        WriteHalf<'static, TcpStream>,
        OwnedReadHalf<TcpStream>,
        OwnedWriteHalf<TcpStream>,
    );
    #[cfg(unix)]
    promises!(
        laneway_reactor::net::UnixListener,
        laneway_reactor::net::UnixStream,
        laneway_reactor::net::UnixDatagram,
    );
    is_send::<Reactor>();
    is_sync::<Reactor>();
}

/// The futures of the methods may move between threads.
#[test]
fn futures_are_send() {
    let mut reactor = Reactor::new().unwrap();
    let handle = reactor.handle();
    let addr = ([127, 0, 0, 1], 0).into();
    let udp = UdpSocket::bind(&handle, addr).unwrap();
    let listener = TcpListener::bind(&handle, addr).unwrap();
    is_send_value(udp.recv(&mut [0; 4]));
    is_send_value(udp.send_to(&[0; 4], addr));
    is_send_value(udp.readable());
    is_send_value(listener.accept());
    is_send_value(TcpStream::connect(&handle, addr));
    is_send_value(TcpStream::connect_any(&handle, &[addr]));
    let (stream, _peer) = crate::support::connection(&mut reactor);
    is_send_value(stream.read(&mut [0; 4]));
    is_send_value(stream.write_all(&[0; 4]));
    let (reader, writer) = stream.into_split();
    is_send_value(async move { reader.read_exact(&mut [0; 4]).await });
    is_send_value(async move { writer.write(&[0; 4]).await });
}
