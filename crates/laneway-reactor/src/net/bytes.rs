//! Reading and writing streams of bytes: what TCP and Unix streams have in common.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
#[cfg(feature = "tokio-io")]
use std::mem::MaybeUninit;
use std::task::{Context, Poll};

use mio::{Interest, event};
#[cfg(feature = "tokio-io")]
use socket2::SockRef;

use crate::direction::Directions;
use crate::registered::Registered;

/// On these systems an edge-triggered event comes whenever a source becomes ready, whether or not an
/// operation has said `WouldBlock` before; so a transfer that moved less than it could has shown that
/// the next one would block, and that one need not be tried. It is what makes a request cost one read
/// and one write. Elsewhere mio waits for the `WouldBlock`.
const SHORT_MEANS_BLOCKED: bool = cfg!(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
));

/// How many buffers one call takes (`IOV_MAX` of all systems above); what is in further ones is not
/// moved, which says nothing about the socket.
const MAX_BUFFERS: usize = 1024;

/// A mio socket that carries a stream of bytes.
pub trait ByteStream: event::Source + fmt::Debug + Send + Sync + 'static {
    /// `true` if a read stops short only when there is nothing left.
    const SHORT_READ_DRAINS: bool;

    /// `recv`
    fn recv(&self, buf: &mut [u8]) -> io::Result<usize>;
    /// `recv`
    fn recv_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize>;
    /// `recv`; that many bytes at the beginning of `buf` are initialised then.
    #[cfg(feature = "tokio-io")]
    fn recv_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize>;
    /// `send`
    fn send(&self, buf: &[u8]) -> io::Result<usize>;
    /// `send`
    fn send_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize>;
}

impl ByteStream for mio::net::TcpStream {
    const SHORT_READ_DRAINS: bool = true;

    fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }

    fn recv_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(bufs)
    }

    #[cfg(feature = "tokio-io")]
    fn recv_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        self.try_io(|| SockRef::from(self).recv(buf))
    }

    fn send(&self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    fn send_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(bufs)
    }
}

#[cfg(unix)]
impl ByteStream for mio::net::UnixStream {
    // A read ends where descriptors were sent along, even if there are bytes behind them.
    const SHORT_READ_DRAINS: bool = false;

    fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }

    fn recv_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(bufs)
    }

    #[cfg(feature = "tokio-io")]
    fn recv_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        self.try_io(|| SockRef::from(self).recv(buf))
    }

    fn send(&self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    fn send_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(bufs)
    }
}

impl<S: ByteStream> Registered<S> {
    pub(crate) async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let drained = read_drained::<S>(buf.len());
        self.op(Directions::READ, |io| io.recv(buf), drained).await
    }

    pub(crate) fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let drained = read_drained::<S>(buf.len());
        self.try_op(Directions::READ, |io| io.recv(buf), drained)
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let drained = read_drained::<S>(buf.len());
        self.poll_op(cx, Directions::READ, |io| io.recv(buf), drained)
    }

    #[cfg(feature = "futures-io")]
    pub(crate) fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let drained = read_drained::<S>(total_mut(bufs));
        self.poll_op(cx, Directions::READ, |io| io.recv_vectored(bufs), drained)
    }

    pub(crate) fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let drained = read_drained::<S>(total_mut(bufs));
        self.try_op(Directions::READ, |io| io.recv_vectored(bufs), drained)
    }

    #[cfg(feature = "tokio-io")]
    pub(crate) fn poll_read_uninit(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [MaybeUninit<u8>],
    ) -> Poll<io::Result<usize>> {
        let drained = read_drained::<S>(buf.len());
        self.poll_op(cx, Directions::READ, |io| io.recv_uninit(buf), drained)
    }

    pub(crate) async fn read_exact(&self, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.read(buf).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => buf = &mut buf[n..],
            }
        }
        Ok(())
    }

    pub(crate) async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.op(
            Directions::WRITE,
            |io| io.send(buf),
            write_filled(buf.len()),
        )
        .await
    }

    pub(crate) fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.try_op(
            Directions::WRITE,
            |io| io.send(buf),
            write_filled(buf.len()),
        )
    }

    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_op(
            cx,
            Directions::WRITE,
            |io| io.send(buf),
            write_filled(buf.len()),
        )
    }

    pub(crate) async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.op(
            Directions::WRITE,
            |io| io.send_vectored(bufs),
            write_filled(total(bufs)),
        )
        .await
    }

    pub(crate) fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_op(
            Directions::WRITE,
            |io| io.send_vectored(bufs),
            write_filled(total(bufs)),
        )
    }

    pub(crate) fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let filled = write_filled(total(bufs));
        self.poll_op(cx, Directions::WRITE, |io| io.send_vectored(bufs), filled)
    }

    pub(crate) async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.write(buf).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }
}

/// Waits until an attempt to connect is over. `is_connected` says `WouldBlock` while nobody knows yet.
pub(crate) async fn connected<S: ByteStream>(
    io: &Registered<S>,
    is_connected: fn(&S) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        let ready = io.ready(Interest::WRITABLE).await?;
        match io.try_io(Interest::WRITABLE, is_connected) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if ready.is_write_closed() {
                    // No other event would come.
                    return Err(io::ErrorKind::NotConnected.into());
                }
            }
            result => return result,
        }
    }
}

/// Whether a read of at most `len` bytes left nothing. Reading nothing at all is the end of the stream,
/// which stays.
fn read_drained<S: ByteStream>(len: usize) -> impl Fn(&usize) -> bool {
    move |&n| SHORT_MEANS_BLOCKED && S::SHORT_READ_DRAINS && 0 < n && n < len
}

/// Whether a write of `len` bytes left no room for more.
fn write_filled(len: usize) -> impl Fn(&usize) -> bool {
    move |&n| SHORT_MEANS_BLOCKED && 0 < n && n < len
}

fn total(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().take(MAX_BUFFERS).map(|buf| buf.len()).sum()
}

fn total_mut(bufs: &[IoSliceMut<'_>]) -> usize {
    bufs.iter().take(MAX_BUFFERS).map(|buf| buf.len()).sum()
}
