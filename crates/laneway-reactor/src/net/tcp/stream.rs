//! A TCP connection.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

use mio::Interest;
use socket2::SockRef;

use crate::direction::Directions;
use crate::net::bytes::connected;
use crate::net::split::{
    OwnedReadHalf, OwnedWriteHalf, ReadHalf, Sealed, Stream, WriteHalf, split, split_owned,
};
use crate::{Handle, Registered};

/// A TCP connection.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use laneway_reactor::{Reactor, net::{TcpListener, TcpStream}};
///
/// let mut reactor = Reactor::new()?;
/// let handle = reactor.handle();
/// let listener = TcpListener::bind(&handle, "127.0.0.1:0".parse().unwrap())?;
/// reactor.run_until(async {
///     let client = TcpStream::connect(&handle, listener.local_addr()?).await?;
///     let (server, _) = listener.accept().await?;
///     client.write_all(b"hello").await?;
///     let mut buffer = [0; 5];
///     server.read_exact(&mut buffer).await?;
///     assert_eq!(&buffer, b"hello");
///     Ok(())
/// })?
/// # }
/// ```
#[derive(Debug)]
pub struct TcpStream {
    pub(super) io: Registered<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to `addr`.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives the attempt up.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub async fn connect(handle: &Handle, addr: SocketAddr) -> io::Result<Self> {
        let stream = mio::net::TcpStream::connect(addr)?;
        let io = Registered::new(handle, stream, Interest::READABLE | Interest::WRITABLE)?;
        connected(&io, is_connected).await?;
        Ok(Self { io })
    }

    /// Connects to each of `addrs` in turn, until one answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives the attempt up.
    ///
    /// # Errors
    ///
    /// Of the last address; [`InvalidInput`](io::ErrorKind::InvalidInput) if there is none.
    pub async fn connect_any(handle: &Handle, addrs: &[SocketAddr]) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to");
        for &addr in addrs {
            match Self::connect(handle, addr).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes a connection of std's; makes it non-blocking.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn from_std(handle: &Handle, stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = mio::net::TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        Ok(Self {
            io: Registered::new(handle, stream, interest)?,
        })
    }

    /// A connection that was just accepted.
    pub(super) fn accepted(handle: &Handle, stream: mio::net::TcpStream) -> io::Result<Self> {
        Ok(Self {
            io: Registered::connected(handle, stream)?,
        })
    }

    /// Gives std's connection back, still non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be deregistered.
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
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

    /// As [`read`](Self::read), and leaves what it read to be read again.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .op(Directions::READ, |io| io.peek(buf), |_| false)
            .await
    }

    /// As [`peek`](Self::peek), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io
            .poll_op(cx, Directions::READ, |io| io.peek(buf), |_| false)
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

    /// Whether small packets are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.get_ref().nodelay()
    }

    /// Sends small packets at once, rather than collect them until earlier ones are acknowledged.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.get_ref().set_nodelay(nodelay)
    }

    /// How long closing the connection waits for what is not sent yet (`SO_LINGER`).
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self.io.get_ref()).linger()
    }

    /// Sets how long closing the connection waits for what is not sent yet. With zero it is cut off
    /// at once; with more, dropping the stream blocks the thread.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn set_linger(&self, limit: Option<Duration>) -> io::Result<()> {
        SockRef::from(self.io.get_ref()).set_linger(limit)
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

    /// The error the socket is in, if any, which is reset.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }

    /// The registration, for what there is no method for.
    pub fn registered(&self) -> &Registered<mio::net::TcpStream> {
        &self.io
    }
}

/// `WouldBlock` while nobody knows yet.
fn is_connected(stream: &mio::net::TcpStream) -> io::Result<()> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        // It was connected and is gone already: whoever uses it will see.
        _ => Ok(()),
    }
}

impl Stream for TcpStream {}

impl Sealed for TcpStream {
    type Io = mio::net::TcpStream;

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
