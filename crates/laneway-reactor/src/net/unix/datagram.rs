//! Datagrams over Unix sockets.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::task::{Context, Poll};

use mio::Interest;

use crate::direction::Directions;
use crate::{Handle, Registered};

/// A Unix socket for datagrams.
///
/// They arrive whole, in order, or not at all; sending waits while the receiver has no room.
#[derive(Debug)]
pub struct UnixDatagram {
    io: Registered<mio::net::UnixDatagram>,
}

impl UnixDatagram {
    /// A socket bound to `path`, where there must be no file yet.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn bind(handle: &Handle, path: impl AsRef<Path>) -> io::Result<Self> {
        Self::new(handle, mio::net::UnixDatagram::bind(path)?)
    }

    /// A socket without an address, which can send but not be sent to.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn unbound(handle: &Handle) -> io::Result<Self> {
        Self::new(handle, mio::net::UnixDatagram::unbound()?)
    }

    /// Two sockets without addresses, connected to each other.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn pair(handle: &Handle) -> io::Result<(Self, Self)> {
        let (a, b) = mio::net::UnixDatagram::pair()?;
        Ok((Self::new(handle, a)?, Self::new(handle, b)?))
    }

    /// Takes a socket of std's; makes it non-blocking.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn from_std(handle: &Handle, socket: std::os::unix::net::UnixDatagram) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::new(handle, mio::net::UnixDatagram::from_std(socket))
    }

    /// Gives std's socket back, still non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be deregistered.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixDatagram> {
        self.io.into_inner().map(Into::into)
    }

    /// From now on sends to the socket at `path`, and receives from nobody else.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.io.get_ref().connect(path)
    }

    /// Sends a datagram to the socket it is [connected](Self::connect) to.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .op(Directions::WRITE, |io| io.send(buf), |_| false)
            .await
    }

    /// As [`send`](Self::send), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be writable; else what the system said.
    pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .try_op(Directions::WRITE, |io| io.send(buf), |_| false)
    }

    /// As [`send`](Self::send), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io
            .poll_op(cx, Directions::WRITE, |io| io.send(buf), |_| false)
    }

    /// Receives a datagram.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .op(Directions::READ, |io| io.recv(buf), |_| false)
            .await
    }

    /// As [`recv`](Self::recv), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be readable; else what the system said.
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .try_op(Directions::READ, |io| io.recv(buf), |_| false)
    }

    /// As [`recv`](Self::recv), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io
            .poll_op(cx, Directions::READ, |io| io.recv(buf), |_| false)
    }

    /// Sends a datagram to the socket at `path`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.io
            .op(Directions::WRITE, |io| io.send_to(buf, &path), |_| false)
            .await
    }

    /// As [`send_to`](Self::send_to), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be writable; else what the system said.
    pub fn try_send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.io
            .try_op(Directions::WRITE, |io| io.send_to(buf, &path), |_| false)
    }

    /// As [`send_to`](Self::send_to), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        path: impl AsRef<Path>,
    ) -> Poll<io::Result<usize>> {
        self.io.poll_op(
            cx,
            Directions::WRITE,
            |io| io.send_to(buf, &path),
            |_| false,
        )
    }

    /// Receives a datagram, and tells where it came from.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .op(Directions::READ, |io| io.recv_from(buf), |_| false)
            .await
    }

    /// As [`recv_from`](Self::recv_from), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be readable; else what the system said.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .try_op(Directions::READ, |io| io.recv_from(buf), |_| false)
    }

    /// As [`recv_from`](Self::recv_from), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.io
            .poll_op(cx, Directions::READ, |io| io.recv_from(buf), |_| false)
    }

    /// Waits until there is a datagram, or an error.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn readable(&self) -> io::Result<()> {
        self.io.readable().await
    }

    /// Waits until there is room for a datagram, or an error.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn writable(&self) -> io::Result<()> {
        self.io.writable().await
    }

    /// The address it is bound to.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The address it is connected to.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    /// The error the socket is in, if any, which is reset.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }

    /// Ends one or both directions.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    /// The registration, for what there is no method for.
    pub fn registered(&self) -> &Registered<mio::net::UnixDatagram> {
        &self.io
    }

    fn new(handle: &Handle, socket: mio::net::UnixDatagram) -> io::Result<Self> {
        Ok(Self {
            io: Registered::new(handle, socket, Interest::READABLE | Interest::WRITABLE)?,
        })
    }
}
