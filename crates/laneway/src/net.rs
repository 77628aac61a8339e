//! Sockets on the reactor of the current runtime, and names resolved on its blocking pool.
//!
//! The functions here find the reactor of the current runtime. The types are those of
//! `laneway-reactor`, whose own constructors take a reactor by name
//! ([`Handle::reactor`](crate::Handle::reactor)).

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

pub use laneway_reactor::net::{TcpListener, TcpStream, UdpSocket};
#[cfg(unix)]
pub use laneway_reactor::net::{UnixDatagram, UnixListener, UnixStream};

use crate::handle::with_current;

/// Listens on the first of the addresses of `addr` that can be bound.
///
/// # Cancel safety
///
/// Dropping it gives the attempt up; nothing is left behind.
///
/// # Errors
///
/// What the system said about the last address it tried, or about the name.
///
/// # Panics
///
/// On a thread without a runtime.
pub async fn listen_tcp<A: ToSocketAddrs + Send + 'static>(addr: A) -> io::Result<TcpListener> {
    let addrs = lookup(addr).await?;
    first_ok(addrs, |addr| {
        with_current(|handle| TcpListener::bind(handle.reactor(), addr))
    })
}

/// Connects to the addresses of `addr`, one after another, until one answers.
///
/// # Cancel safety
///
/// Dropping it gives the attempt up.
///
/// # Errors
///
/// What the system said about the last address it tried, or about the name.
///
/// # Panics
///
/// On a thread without a runtime.
pub async fn connect_tcp<A: ToSocketAddrs + Send + 'static>(addr: A) -> io::Result<TcpStream> {
    let addrs = lookup(addr).await?;
    let reactor = with_current(|handle| handle.reactor().clone());
    TcpStream::connect_any(&reactor, &addrs).await
}

/// Binds a UDP socket to the first of the addresses of `addr` that can be bound.
///
/// # Cancel safety
///
/// Dropping it gives the attempt up; nothing is left behind.
///
/// # Errors
///
/// What the system said about the last address it tried, or about the name.
///
/// # Panics
///
/// On a thread without a runtime.
pub async fn bind_udp<A: ToSocketAddrs + Send + 'static>(addr: A) -> io::Result<UdpSocket> {
    let addrs = lookup(addr).await?;
    first_ok(addrs, |addr| {
        with_current(|handle| UdpSocket::bind(handle.reactor(), addr))
    })
}

/// Listens on a Unix socket at `path`.
///
/// # Errors
///
/// What the system said, [`AddrInUse`](io::ErrorKind::AddrInUse) if there is a file already.
///
/// # Panics
///
/// On a thread without a runtime.
#[cfg(unix)]
pub fn listen_unix(path: impl AsRef<std::path::Path>) -> io::Result<UnixListener> {
    with_current(|handle| UnixListener::bind(handle.reactor(), path))
}

/// Connects to the Unix socket at `path`.
///
/// # Cancel safety
///
/// Dropping it gives the attempt up; nothing is left behind.
///
/// # Errors
///
/// What the system said.
///
/// # Panics
///
/// On a thread without a runtime.
#[cfg(unix)]
pub async fn connect_unix(path: impl AsRef<std::path::Path>) -> io::Result<UnixStream> {
    let reactor = with_current(|handle| handle.reactor().clone());
    UnixStream::connect(&reactor, path).await
}

/// Binds a Unix datagram socket to `path`.
///
/// # Errors
///
/// What the system said, [`AddrInUse`](io::ErrorKind::AddrInUse) if there is a file already.
///
/// # Panics
///
/// On a thread without a runtime.
#[cfg(unix)]
pub fn bind_unix_datagram(path: impl AsRef<std::path::Path>) -> io::Result<UnixDatagram> {
    with_current(|handle| UnixDatagram::bind(handle.reactor(), path))
}

/// All addresses of `addr`, resolved on the blocking pool, since the system's resolver blocks.
///
/// # Cancel safety
///
/// Dropping it gives the attempt up; nothing is left behind.
///
/// # Errors
///
/// What the resolver said; [`Other`](io::ErrorKind::Other) when the pool is full or shut down.
///
/// # Panics
///
/// On a thread without a runtime.
pub async fn lookup<A: ToSocketAddrs + Send + 'static>(addr: A) -> io::Result<Vec<SocketAddr>> {
    let job = with_current(|handle| {
        handle.spawn_blocking(move || addr.to_socket_addrs().map(Iterator::collect::<Vec<_>>))
    });
    let addrs = job
        .await
        .map_err(|error| io::Error::other(format!("looking a name up: {error}")))??;
    if addrs.is_empty() {
        return Err(no_address());
    }
    Ok(addrs)
}

/// The first success, or the last error.
fn first_ok<T>(
    addrs: Vec<SocketAddr>,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut result = Err(no_address());
    for addr in addrs {
        result = attempt(addr);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the name has no address")
}
