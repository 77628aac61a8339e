//! Accepting TCP connections.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use mio::Interest;
use socket2::{Domain, Protocol, Socket, Type};

use crate::direction::Directions;
use crate::net::TcpStream;
use crate::{Handle, Registered};

/// How many connections may wait to be accepted. The system has the last word (`somaxconn`, 4096 on
/// Linux); 1024 is what std, mio and Tokio ask for, more or less.
const BACKLOG: i32 = 1024;

/// A TCP socket that accepts connections.
///
/// ```
/// use laneway_reactor::{Reactor, net::{TcpListener, TcpStream}};
///
/// let mut reactor = Reactor::new()?;
/// let handle = reactor.handle();
/// let listener = TcpListener::bind(&handle, "127.0.0.1:0".parse().unwrap())?;
/// let client = std::net::TcpStream::connect(listener.local_addr()?)?;
/// let (_server, peer) = reactor.run_until(listener.accept())??;
/// assert_eq!(peer, client.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TcpListener {
    io: Registered<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens at `addr`, for up to 1024 connections that are not accepted yet.
    ///
    /// On Unix the address may be bound again while connections of a former listener linger
    /// (`SO_REUSEADDR`). For other options make a socket with socket2, and use
    /// [`from_std`](Self::from_std).
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn bind(handle: &Handle, addr: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        // On Windows the option means something else: to share the port with another listener.
        if cfg!(unix) {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&addr.into())?;
        socket.listen(BACKLOG)?;
        Self::from_std(handle, socket.into())
    }

    /// Takes a listener of std's; makes it non-blocking.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn from_std(handle: &Handle, listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = mio::net::TcpListener::from_std(listener);
        Ok(Self {
            io: Registered::new(handle, listener, Interest::READABLE)?,
        })
    }

    /// Gives std's listener back, still non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be deregistered.
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        self.io.into_inner().map(Into::into)
    }

    /// Waits for the next connection; the stream is registered with the same reactor.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said, after which the listener can still be used. When the process has too many
    /// open files, the connection stays where it is and the next call will say so again: wait a little
    /// before. [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accepted = self
            .io
            .op(Directions::READ, mio::net::TcpListener::accept, |_| false)
            .await?;
        self.adopt(accepted)
    }

    /// As [`accept`](Self::accept), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.io
            .poll_op(cx, Directions::READ, mio::net::TcpListener::accept, |_| {
                false
            })
            .map(|accepted| self.adopt(accepted?))
    }

    /// As [`accept`](Self::accept), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if no connection is known to be there; else those of
    /// [`accept`](Self::accept).
    pub fn try_accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accepted = self
            .io
            .try_op(Directions::READ, mio::net::TcpListener::accept, |_| false)?;
        self.adopt(accepted)
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The time to live of the packets of connections to be accepted.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets the time to live of the packets of connections to be accepted.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }

    /// The error the socket is in, if any, which is reset.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }

    /// The registration, for what there is no method for.
    pub fn registered(&self) -> &Registered<mio::net::TcpListener> {
        &self.io
    }

    fn adopt(
        &self,
        (stream, peer): (mio::net::TcpStream, SocketAddr),
    ) -> io::Result<(TcpStream, SocketAddr)> {
        Ok((TcpStream::accepted(self.io.handle(), stream)?, peer))
    }
}
