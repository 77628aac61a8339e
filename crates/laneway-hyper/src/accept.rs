//! Accepting connections on bad days.

use std::io;
use std::time::Duration;

use laneway::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use laneway_reactor::Closed;

/// The first pause after the system had nothing left for a connection.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// Pauses double up to this: one attempt a second is no load, and a second's delay is what a client of
/// an exhausted server expects.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A listener that keeps trying.
#[derive(Debug)]
pub(crate) struct Acceptor {
    listener: TcpListener,
    pause: Duration,
}

/// What to do about an error of `accept`.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// That connection is gone; the next may be fine.
    Next,
    /// The process or the system is out of something, and the connections wait in the backlog; or
    /// nobody knows.
    Pause,
    /// The listener is of no use any more.
    Fail,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            pause: FIRST_PAUSE,
        }
    }

    /// The next connection.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost.
    ///
    /// # Errors
    ///
    /// Those that say nothing will ever be accepted again, such as the end of the runtime.
    pub(crate) async fn next(&mut self) -> io::Result<TcpStream> {
        loop {
            match self.listener.accept().await {
                Ok((stream, _peer)) => {
                    self.pause = FIRST_PAUSE;
                    return Ok(stream);
                }
                Err(error) => match verdict(&error) {
                    Verdict::Next => {}
                    Verdict::Pause => {
                        sleep(self.pause).await;
                        self.pause = (2 * self.pause).min(LONGEST_PAUSE);
                    }
                    Verdict::Fail => return Err(error),
                },
            }
        }
    }
}

fn verdict(error: &io::Error) -> Verdict {
    if Closed::is(error) || is_no_listener(error) {
        return Verdict::Fail;
    }
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::Interrupted => Verdict::Next,
        // Linux hands errors of the network that wait on the new connection to `accept`, and takes that
        // connection out of the backlog.
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::TimedOut
        | io::ErrorKind::PermissionDenied => Verdict::Next,
        // No descriptors, no memory, no watches. And whatever else a system may say: a pause costs little
        // where none was needed, while a server that ends, or that turns without one, costs much.
        _ => Verdict::Pause,
    }
}

/// What is asked to accept cannot.
fn is_no_listener(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        if let Some(Errno::BADF | Errno::NOTSOCK) = Errno::from_io_error(error) {
            return true;
        }
    }
    // A socket that does not listen, or no more.
    error.kind() == io::ErrorKind::InvalidInput
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_is_gone_costs_no_pause() {
        assert_eq!(
            verdict(&io::ErrorKind::ConnectionAborted.into()),
            Verdict::Next
        );
    }

    #[cfg(unix)]
    #[test]
    fn exhaustion_is_waited_out() {
        use rustix::io::Errno;
        // The last: epoll's limit on watches, once the connection is to be registered.
        for errno in [
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::NOSPC,
        ] {
            assert_eq!(verdict(&errno.into()), Verdict::Pause, "{errno}");
        }
    }

    /// Those that Linux's manual of `accept` says a reliable program must expect.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_error_of_the_network_ends_no_server() {
        use rustix::io::Errno;
        for errno in [
            Errno::NETDOWN,
            Errno::PROTO,
            Errno::NOPROTOOPT,
            Errno::HOSTDOWN,
            Errno::NONET,
            Errno::HOSTUNREACH,
            Errno::OPNOTSUPP,
            Errno::NETUNREACH,
            Errno::PERM,
            Errno::TIMEDOUT,
        ] {
            assert_ne!(verdict(&errno.into()), Verdict::Fail, "{errno}");
        }
    }

    #[test]
    fn an_error_of_an_unknown_kind_ends_no_server() {
        assert_eq!(verdict(&io::Error::other("new here")), Verdict::Pause);
    }

    #[test]
    fn the_end_of_the_listener_is_an_error() {
        assert_eq!(verdict(&io::ErrorKind::InvalidInput.into()), Verdict::Fail);
    }

    #[test]
    fn the_end_of_the_reactor_is_an_error() {
        let reactor = laneway_reactor::Reactor::new().unwrap();
        let handle = reactor.handle();
        drop(reactor);
        let error = TcpListener::bind(&handle, "127.0.0.1:0".parse().unwrap()).unwrap_err();
        assert_eq!(verdict(&error), Verdict::Fail);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_listener_is_an_error() {
        for errno in [rustix::io::Errno::BADF, rustix::io::Errno::NOTSOCK] {
            assert_eq!(verdict(&errno.into()), Verdict::Fail, "{errno}");
        }
    }
}
