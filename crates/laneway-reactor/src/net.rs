//! TCP, UDP and Unix sockets on a [`Reactor`](crate::Reactor).
//!
//! Every constructor takes the [`Handle`](crate::Handle) of a reactor first. The types are used by
//! shared reference, so one task may read while another writes; [`TcpStream::split`] and
//! [`TcpStream::into_split`] put that into types.
//!
//! - Async methods wait, `try_*` methods say [`WouldBlock`](std::io::ErrorKind::WouldBlock) instead, and
//!   `poll_*` methods are for futures written by hand. Any number of futures may wait for one socket; of
//!   the `poll_*` callers, only the last in each direction is woken.
//! - `registered` reaches what a type has no method for: waiting for both directions at once, operations
//!   of your own ([`Registered::io`](crate::Registered::io)), the mio socket.
//! - Names are not resolved: the resolver of the system blocks, and this crate has no threads.
//!
//! # Limits
//!
//! A read from TCP that fills only part of its buffer is taken to mean that nothing is left, which saves
//! a system call for each message. After urgent data (`MSG_OOB`) that may be wrong, and what follows them
//! may wait until more comes.

mod bytes;
#[cfg(unix)]
mod fd;
#[cfg(feature = "futures-io")]
mod futures_io;
mod split;
mod tcp;
#[cfg(feature = "tokio-io")]
mod tokio_io;
mod udp;
#[cfg(unix)]
mod unix;

pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, Stream, WriteHalf};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use unix::UCred;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};
