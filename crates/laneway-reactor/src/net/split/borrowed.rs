//! Halves by reference: for one task that reads and writes at once.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use super::Stream;

/// The reading half of a stream, by reference.
#[derive(Debug)]
pub struct ReadHalf<'a, S>(&'a S);

/// The writing half of a stream, by reference. Dropping it does not end the direction.
#[derive(Debug)]
pub struct WriteHalf<'a, S>(&'a S);

/// `&mut`, so that there is one half of each kind.
pub(crate) fn split<S: Stream>(stream: &mut S) -> (ReadHalf<'_, S>, WriteHalf<'_, S>) {
    (ReadHalf(stream), WriteHalf(stream))
}

impl<S: Stream> ReadHalf<'_, S> {
    /// Reads what there is, at least one byte, waiting for it if need be; 0 bytes at the end.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.io().read(buf).await
    }

    /// Fills `buf`.
    ///
    /// # Cancel safety
    ///
    /// What it has read until then is lost if it is dropped.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the stream ends before; else its own.
    pub async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        self.0.io().read_exact(buf).await
    }

    /// As [`read`](Self::read), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is known to be there.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.io().try_read(buf)
    }

    /// As [`read`](Self::read), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.io().poll_read(cx, buf)
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
        self.0.io().readable().await
    }

    /// The stream this is a half of, for its addresses and options.
    pub fn stream(&self) -> &S {
        self.0
    }
}

impl<S: Stream> WriteHalf<'_, S> {
    /// Writes as much of `buf` as there is room for, at least one byte, waiting for room if need be.
    ///
    /// # Cancel safety
    ///
    /// Nothing has been written if it is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.io().write(buf).await
    }

    /// Writes all of `buf`.
    ///
    /// # Cancel safety
    ///
    /// Nobody knows how much has been written if it is dropped.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        self.0.io().write_all(buf).await
    }

    /// As [`write`](Self::write), from several buffers.
    ///
    /// # Cancel safety
    ///
    /// Nothing has been written if it is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.io().write_vectored(bufs).await
    }

    /// As [`write`](Self::write), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room known.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.io().try_write(buf)
    }

    /// As [`try_write`](Self::try_write), from several buffers.
    ///
    /// # Errors
    ///
    /// Those of [`try_write`](Self::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.io().try_write_vectored(bufs)
    }

    /// As [`write`](Self::write), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.io().poll_write(cx, buf)
    }

    /// As [`write_vectored`](Self::write_vectored), for a future written by hand. Only the last caller
    /// is woken.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.io().poll_write_vectored(cx, bufs)
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
        self.0.io().writable().await
    }

    /// Ends this direction: the other side reads what was written, and then the end.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn shutdown(&self) -> io::Result<()> {
        self.0.end_writing()
    }

    /// The stream this is a half of, for its addresses and options.
    pub fn stream(&self) -> &S {
        self.0
    }
}
