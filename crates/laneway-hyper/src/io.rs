//! hyper's idea of a byte stream over tokio's. A room with unsafe code.
//!
//! # Invariants
//!
//! 1. hyper hands out memory that may be uninitialised, and wants to be told how much of it was
//!    filled. `ReadBuf` keeps exactly this count: it cannot be raised without initialised bytes to show
//!    for it, and initialised bytes stay so.
//! 2. The inner stream gets the `ReadBuf` by reference, through a safe trait, and may put another in its
//!    place. If ours has room, no other one begins at its address: the memory is lent to ours alone. If
//!    it has none, another one of its capacity has nothing to fill. So address and capacity are compared
//!    before the count is believed.
#![allow(unsafe_code)]

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pin_project_lite::pin_project! {
    /// Makes a stream with `tokio::io`'s traits one with `hyper::rt`'s: laneway's sockets (with feature
    /// `tokio-io`), or TLS over them.
    ///
    /// Nothing is copied or zeroed on the way, and vectored writes stay vectored.
    ///
    /// # Panics
    ///
    /// In a read, if the inner stream puts another buffer in the place of the one it was given.
    #[derive(Debug)]
    pub struct Io<T> {
        #[pin]
        inner: T,
    }
}

impl<T> Io<T> {
    /// Wraps `inner`.
    pub fn new(inner: T) -> Self {
        Self { inner }
    }

    /// Takes the stream out again.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncRead> hyper::rt::Read for Io<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        // SAFETY: by invariant 1 nothing in the memory becomes less initialised than it was.
        let mut buf = ReadBuf::uninit(unsafe { cursor.as_mut() });
        let lent = place(&buf);
        ready!(self.project().inner.poll_read(cx, &mut buf))?;
        assert_eq!(place(&buf), lent, "the inner stream replaced the buffer");
        let filled = buf.filled().len();
        // SAFETY: by invariants 1 and 2 the first `filled` bytes of the cursor are initialised.
        unsafe { cursor.advance(filled) };
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite> hyper::rt::Write for Io<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.project().inner.poll_write_vectored(cx, slices)
    }
}

/// Which memory it is.
fn place(buf: &ReadBuf<'_>) -> (*const u8, usize) {
    (buf.filled().as_ptr(), buf.capacity())
}
