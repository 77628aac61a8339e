//! Who is at the other side of a Unix socket.

use std::io;
use std::os::fd::AsFd;

/// The process and user at the other side of a [`UnixStream`](crate::net::UnixStream).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UCred {
    /// The process.
    pub pid: i32,
    /// Its effective user.
    pub uid: u32,
    /// Its effective group.
    pub gid: u32,
}

impl UCred {
    pub(super) fn of_peer(socket: &impl AsFd) -> io::Result<Self> {
        let cred = rustix::net::sockopt::socket_peercred(socket)?;
        Ok(Self {
            pid: cred.pid.as_raw_nonzero().get(),
            uid: cred.uid.as_raw(),
            gid: cred.gid.as_raw(),
        })
    }
}
