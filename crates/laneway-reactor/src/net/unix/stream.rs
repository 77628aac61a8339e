//! A connection over a Unix socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::task::{Context, Poll};

use mio::Interest;

use crate::net::bytes::connected;
use crate::net::split::{
    OwnedReadHalf, OwnedWriteHalf, ReadHalf, Sealed, Stream, WriteHalf, split, split_owned,
};
use crate::{Handle, Registered};

/// A connection over a Unix socket.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use laneway_reactor::{Reactor, net::UnixStream};
///
/// let mut reactor = Reactor::new()?;
/// let (a, b) = UnixStream::pair(&reactor.handle())?;
/// reactor.run_until(async {
///     a.write_all(b"hello").await?;
///     let mut buffer = [0; 5];
///     b.read_exact(&mut buffer).await?;
///     assert_eq!(&buffer, b"hello");
///     Ok(())
/// })?
/// # }
/// ```
#[derive(Debug)]
pub struct UnixStream {
    io: Registered<mio::net::UnixStream>,
}

impl UnixStream {
    /// Connects to the socket at `path`.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives the attempt up.
    ///
    /// # Errors
    ///
    /// What the system said, on Linux [`WouldBlock`](io::ErrorKind::WouldBlock) if too many connections wait
    /// there to be accepted; [`Closed`](crate::Closed) if the reactor is closed.
    pub async fn connect(handle: &Handle, path: impl AsRef<Path>) -> io::Result<Self> {
        Self::finish(handle, mio::net::UnixStream::connect(path)?).await
    }

    /// Connects to the socket at `addr`, which may be no path.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives the attempt up.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_addr(handle: &Handle, addr: &SocketAddr) -> io::Result<Self> {
        Self::finish(handle, mio::net::UnixStream::connect_addr(addr)?).await
    }

    /// Two streams connected to each other.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn pair(handle: &Handle) -> io::Result<(Self, Self)> {
        let (a, b) = mio::net::UnixStream::pair()?;
        Ok((Self::connected(handle, a)?, Self::connected(handle, b)?))
    }

    /// Takes a connection of std's; makes it non-blocking.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn from_std(handle: &Handle, stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = mio::net::UnixStream::from_std(stream);
        Ok(Self {
            io: Registered::new(handle, stream, Interest::READABLE | Interest::WRITABLE)?,
        })
    }

    /// A connection that was just made.
    pub(super) fn connected(handle: &Handle, stream: mio::net::UnixStream) -> io::Result<Self> {
        Ok(Self {
            io: Registered::connected(handle, stream)?,
        })
    }

    /// Gives std's connection back, still non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be deregistered.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixStream> {
        self.io.into_inner().map(Into::into)
    }

    /// Reads what there is, at least one byte, waiting for it if need be; 0 bytes at the end.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.read(buf).await
    }

    /// Fills `buf`.
    ///
    /// # Cancel safety
    ///
    /// What it has read until then is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the connection ends before; else those of
    /// [`read`](Self::read).
    pub async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        self.io.read_exact(buf).await
    }

    /// As [`read`](Self::read), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is known to be there; else those of
    /// [`read`](Self::read).
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_read(buf)
    }

    /// As [`try_read`](Self::try_read), into several buffers.
    ///
    /// # Errors
    ///
    /// Those of [`try_read`](Self::try_read).
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io.try_read_vectored(bufs)
    }

    /// As [`read`](Self::read), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read(cx, buf)
    }

    /// Writes as much of `buf` as there is room for, at least one byte, waiting for room if need be.
    ///
    /// # Cancel safety
    ///
    /// Nothing has been written if it is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.write(buf).await
    }

    /// Writes all of `buf`.
    ///
    /// # Cancel safety
    ///
    /// Nobody knows how much has been written if it is dropped.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        self.io.write_all(buf).await
    }

    /// As [`write`](Self::write), from several buffers.
    ///
    /// # Cancel safety
    ///
    /// Nothing has been written if it is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io.write_vectored(bufs).await
    }

    /// As [`write`](Self::write), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room known; else those of
    /// [`write`](Self::write).
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.try_write(buf)
    }

    /// As [`try_write`](Self::try_write), from several buffers.
    ///
    /// # Errors
    ///
    /// Those of [`try_write`](Self::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io.try_write_vectored(bufs)
    }

    /// As [`write`](Self::write), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(cx, buf)
    }

    /// As [`write_vectored`](Self::write_vectored), for a future written by hand. Only the last caller
    /// is woken.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write_vectored(cx, bufs)
    }

    /// Waits until there is something to read, or the end.
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

    /// Waits until there is room to write, or nobody to read it.
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

    /// Ends one or both directions.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    /// Two halves, for reading and writing, by reference.
    pub fn split(&mut self) -> (ReadHalf<'_, Self>, WriteHalf<'_, Self>) {
        split(self)
    }

    /// Two halves, for reading and writing, which may go to different tasks. Dropping the writing one
    /// ends that direction.
    pub fn into_split(self) -> (OwnedReadHalf<Self>, OwnedWriteHalf<Self>) {
        split_owned(self)
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    /// The process and user at the other side, when it connected.
    ///
    /// # Errors
    ///
    /// What the system said.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn peer_cred(&self) -> io::Result<super::UCred> {
        super::UCred::of_peer(self.io.get_ref())
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
    pub fn registered(&self) -> &Registered<mio::net::UnixStream> {
        &self.io
    }

    async fn finish(handle: &Handle, stream: mio::net::UnixStream) -> io::Result<Self> {
        let io = Registered::new(handle, stream, Interest::READABLE | Interest::WRITABLE)?;
        connected(&io, |stream| stream.take_error()?.map_or(Ok(()), Err)).await?;
        Ok(Self { io })
    }
}

impl Stream for UnixStream {}

impl Sealed for UnixStream {
    type Io = mio::net::UnixStream;

    fn io(&self) -> &Registered<Self::Io> {
        &self.io
    }

    fn end_writing(&self) -> io::Result<()> {
        match self.shutdown(Shutdown::Write) {
            // The connection is gone, and with it this direction.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}
