//! The two halves of a stream, for TCP and Unix streams alike.

mod borrowed;
mod owned;

use std::fmt;
use std::io;

use crate::net::bytes::ByteStream;
use crate::registered::Registered;

pub use borrowed::{ReadHalf, WriteHalf};
pub use owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};

pub(crate) use borrowed::split;
pub(crate) use owned::split_owned;

/// A stream that can be split: [`TcpStream`](crate::net::TcpStream) and, on Unix, `UnixStream`. Only
/// this crate implements it.
pub trait Stream: Sealed {}

/// What the halves need to know about a stream.
pub trait Sealed: fmt::Debug {
    /// The mio socket.
    type Io: ByteStream;

    /// Its registration.
    fn io(&self) -> &Registered<Self::Io>;
    /// Ends the writing direction.
    fn end_writing(&self) -> io::Result<()>;
}
