//! UDP.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use mio::Interest;

use crate::direction::Directions;
use crate::{Handle, Registered};

/// A UDP socket.
///
/// A datagram that is longer than the buffer it is received into loses its end.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use laneway_reactor::{Reactor, net::UdpSocket};
///
/// let mut reactor = Reactor::new()?;
/// let handle = reactor.handle();
/// let a = UdpSocket::bind(&handle, "127.0.0.1:0".parse().unwrap())?;
/// let b = UdpSocket::bind(&handle, "127.0.0.1:0".parse().unwrap())?;
/// reactor.run_until(async {
///     a.send_to(b"hello", b.local_addr()?).await?;
///     let mut buffer = [0; 16];
///     let (n, from) = b.recv_from(&mut buffer).await?;
///     assert_eq!((&buffer[..n], from), (&b"hello"[..], a.local_addr()?));
///     Ok(())
/// })?
/// # }
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    io: Registered<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// A socket bound to `addr`; port 0 lets the system choose one.
    ///
    /// For options that must be set before, make a socket with socket2, and use
    /// [`from_std`](Self::from_std).
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn bind(handle: &Handle, addr: SocketAddr) -> io::Result<Self> {
        Self::from_std(handle, std::net::UdpSocket::bind(addr)?)
    }

    /// Takes a socket of std's; makes it non-blocking.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn from_std(handle: &Handle, socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let socket = mio::net::UdpSocket::from_std(socket);
        Ok(Self {
            io: Registered::new(handle, socket, Interest::READABLE | Interest::WRITABLE)?,
        })
    }

    /// Gives std's socket back, still non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be deregistered.
    pub fn into_std(self) -> io::Result<std::net::UdpSocket> {
        self.io.into_inner().map(Into::into)
    }

    /// From now on sends to `addr`, and receives from nobody else.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.io.get_ref().connect(addr)
    }

    /// Sends a datagram to the address it is [connected](Self::connect) to.
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

    /// Receives a datagram from the address it is [connected](Self::connect) to.
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

    /// As [`recv`](Self::recv), and leaves the datagram to be received again.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .op(Directions::READ, |io| io.peek(buf), |_| false)
            .await
    }

    /// As [`peek`](Self::peek), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be readable; else what the system said.
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .try_op(Directions::READ, |io| io.peek(buf), |_| false)
    }

    /// As [`peek`](Self::peek), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io
            .poll_op(cx, Directions::READ, |io| io.peek(buf), |_| false)
    }

    /// Sends a datagram to `target`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io
            .op(Directions::WRITE, |io| io.send_to(buf, target), |_| false)
            .await
    }

    /// As [`send_to`](Self::send_to), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be writable; else what the system said.
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io
            .try_op(Directions::WRITE, |io| io.send_to(buf, target), |_| false)
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
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.io.poll_op(
            cx,
            Directions::WRITE,
            |io| io.send_to(buf, target),
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

    /// As [`recv_from`](Self::recv_from), and leaves the datagram to be received again.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .op(Directions::READ, |io| io.peek_from(buf), |_| false)
            .await
    }

    /// As [`peek_from`](Self::peek_from), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it is not known to be readable; else what the system said.
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .try_op(Directions::READ, |io| io.peek_from(buf), |_| false)
    }

    /// As [`peek_from`](Self::peek_from), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.io
            .poll_op(cx, Directions::READ, |io| io.peek_from(buf), |_| false)
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

    /// Whether it may send to broadcast addresses.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn broadcast(&self) -> io::Result<bool> {
        self.io.get_ref().broadcast()
    }

    /// Allows it to send to broadcast addresses.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_broadcast(on)
    }

    /// The time to live of packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets the time to live of packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }

    /// The time to live of multicast packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.io.get_ref().multicast_ttl_v4()
    }

    /// Sets the time to live of multicast packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_multicast_ttl_v4(ttl)
    }

    /// Whether it receives its own multicast packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.io.get_ref().multicast_loop_v4()
    }

    /// Sets whether it receives its own multicast packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_multicast_loop_v4(on)
    }

    /// Whether it receives its own multicast packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.io.get_ref().multicast_loop_v6()
    }

    /// Sets whether it receives its own multicast packets.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_multicast_loop_v6(on)
    }

    /// Joins a multicast group, on one interface or, if unspecified, any.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.get_ref().join_multicast_v4(&group, &interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.get_ref().leave_multicast_v4(&group, &interface)
    }

    /// Joins a multicast group, on the interface of that index or, with 0, any.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn join_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.get_ref().join_multicast_v6(group, interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn leave_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.get_ref().leave_multicast_v6(group, interface)
    }

    /// The registration, for what there is no method for.
    pub fn registered(&self) -> &Registered<mio::net::UdpSocket> {
        &self.io
    }
}
