//! Accepting connections on a Unix socket.

use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::task::{Context, Poll};

use mio::Interest;

use crate::direction::Directions;
use crate::net::UnixStream;
use crate::{Handle, Registered};

/// A Unix socket that accepts connections.
///
/// The file of its address stays when it is dropped.
#[derive(Debug)]
pub struct UnixListener {
    io: Registered<mio::net::UnixListener>,
}

impl UnixListener {
    /// Listens at `path`, where there must be no file yet.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn bind(handle: &Handle, path: impl AsRef<Path>) -> io::Result<Self> {
        Self::new(handle, mio::net::UnixListener::bind(path)?)
    }

    /// Takes a listener of std's; makes it non-blocking. This is also the way to listen at an address
    /// that is no path (`std::os::unix::net::UnixListener::bind_addr`).
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn from_std(
        handle: &Handle,
        listener: std::os::unix::net::UnixListener,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::new(handle, mio::net::UnixListener::from_std(listener))
    }

    /// Gives std's listener back, still non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be deregistered.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixListener> {
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
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let accepted = self
            .io
            .op(Directions::READ, mio::net::UnixListener::accept, |_| false)
            .await?;
        self.adopt(accepted)
    }

    /// As [`accept`](Self::accept), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.io
            .poll_op(cx, Directions::READ, mio::net::UnixListener::accept, |_| {
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
    pub fn try_accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let accepted = self
            .io
            .try_op(Directions::READ, mio::net::UnixListener::accept, |_| false)?;
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

    /// The error the socket is in, if any, which is reset.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }

    /// The registration, for what there is no method for.
    pub fn registered(&self) -> &Registered<mio::net::UnixListener> {
        &self.io
    }

    fn new(handle: &Handle, listener: mio::net::UnixListener) -> io::Result<Self> {
        Ok(Self {
            io: Registered::new(handle, listener, Interest::READABLE)?,
        })
    }

    fn adopt(
        &self,
        (stream, peer): (mio::net::UnixStream, SocketAddr),
    ) -> io::Result<(UnixStream, SocketAddr)> {
        Ok((UnixStream::connected(self.io.handle(), stream)?, peer))
    }
}
