//! Unix sockets.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod cred;
mod datagram;
mod listener;
mod stream;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use cred::UCred;
pub use datagram::UnixDatagram;
pub use listener::UnixListener;
pub use stream::UnixStream;
