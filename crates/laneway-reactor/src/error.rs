//! What waiters are told when nobody turns the reactor any more.

use std::error::Error;
use std::fmt;
use std::io;

/// The reactor is closed or dropped: nothing registered with it will ever be ready again.
///
/// It comes inside an [`io::Error`] of kind [`Other`](io::ErrorKind::Other):
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use laneway_reactor::{Closed, Reactor, net::UdpSocket};
///
/// let reactor = Reactor::new()?;
/// let handle = reactor.handle();
/// drop(reactor);
/// let error = UdpSocket::bind(&handle, "127.0.0.1:0".parse().unwrap()).unwrap_err();
/// assert!(Closed::is(&error));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed;

impl Closed {
    /// `true` if `error` carries a `Closed`.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Closed>())
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reactor is closed: nobody waits for the system's events any more")
    }
}

impl Error for Closed {}

impl From<Closed> for io::Error {
    fn from(closed: Closed) -> Self {
        io::Error::other(closed)
    }
}
