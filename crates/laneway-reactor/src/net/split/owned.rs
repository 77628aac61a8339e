//! Halves that own their stream together: for two tasks.

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice};
use std::sync::Arc as StdArc;
use std::task::{Context, Poll};

use super::Stream;
use crate::direction::Direction;

/// The reading half of a stream.
#[derive(Debug)]
pub struct OwnedReadHalf<S: Stream> {
    stream: StdArc<S>,
}

/// The writing half of a stream. Dropping it ends that direction: the other side reads what was
/// written, and then the end.
#[derive(Debug)]
pub struct OwnedWriteHalf<S: Stream> {
    stream: StdArc<S>,
    ends_on_drop: bool,
}

/// Two halves do not belong together. It gives them back.
#[derive(Debug)]
pub struct ReuniteError<S: Stream>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

pub(crate) fn split_owned<S: Stream>(stream: S) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
    let stream = StdArc::new(stream);
    (
        OwnedReadHalf {
            stream: stream.clone(),
        },
        OwnedWriteHalf {
            stream,
            ends_on_drop: true,
        },
    )
}

impl<S: Stream> OwnedReadHalf<S> {
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
        self.stream.io().read(buf).await
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
        self.stream.io().read_exact(buf).await
    }

    /// As [`read`](Self::read), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is known to be there.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.io().try_read(buf)
    }

    /// As [`read`](Self::read), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stream.io().poll_read(cx, buf)
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
        self.stream.io().readable().await
    }

    /// The stream again, if `writer` is its other half.
    ///
    /// # Errors
    ///
    /// Both halves, if it is not.
    pub fn reunite(self, writer: OwnedWriteHalf<S>) -> Result<S, ReuniteError<S>> {
        if !StdArc::ptr_eq(&self.stream, &writer.stream) {
            return Err(ReuniteError(self, writer));
        }
        let stream = self.stream.clone();
        drop(self);
        writer.forget();
        Ok(StdArc::into_inner(stream).expect("a stream has two halves"))
    }

    /// The stream this is a half of, for its addresses and options.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: Stream> OwnedWriteHalf<S> {
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
        self.stream.io().write(buf).await
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
        self.stream.io().write_all(buf).await
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
        self.stream.io().write_vectored(bufs).await
    }

    /// As [`write`](Self::write), without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room known.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.stream.io().try_write(buf)
    }

    /// As [`try_write`](Self::try_write), from several buffers.
    ///
    /// # Errors
    ///
    /// Those of [`try_write`](Self::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.io().try_write_vectored(bufs)
    }

    /// As [`write`](Self::write), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.io().poll_write(cx, buf)
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
        self.stream.io().poll_write_vectored(cx, bufs)
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
        self.stream.io().writable().await
    }

    /// Ends this direction: the other side reads what was written, and then the end.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn shutdown(&self) -> io::Result<()> {
        self.stream.end_writing()
    }

    /// Drops the half without ending its direction, which then ends with the other half.
    pub fn forget(mut self) {
        self.ends_on_drop = false;
    }

    /// The stream again, if `reader` is its other half.
    ///
    /// # Errors
    ///
    /// Both halves, if it is not.
    pub fn reunite(self, reader: OwnedReadHalf<S>) -> Result<S, ReuniteError<S>> {
        reader.reunite(self)
    }

    /// The stream this is a half of, for its addresses and options.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: Stream> Drop for OwnedReadHalf<S> {
    fn drop(&mut self) {
        // The stream may live on in the other half for long: do not keep the reader's task with it.
        self.stream.io().forget_polled(Direction::Read);
    }
}

impl<S: Stream> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if self.ends_on_drop {
            // It fails if the other side is gone: then there is nobody to tell.
            let _ = self.stream.end_writing();
        }
        self.stream.io().forget_polled(Direction::Write);
    }
}

impl<S: Stream> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves belong to different streams")
    }
}

impl<S: Stream> Error for ReuniteError<S> {}
