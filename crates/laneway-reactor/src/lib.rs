//! Readiness from the operating system, for any executor; and TCP, UDP and Unix sockets on it.
//!
//! An executor polls futures; something has to tell it when a socket that a future waits for has become
//! readable. Most runtimes have that something built in, or start a thread for it. Here it is a value: a
//! [`Reactor`] is *turned*, by an executor's idle worker or by a thread of yours, and what it says to the
//! rest of the program it says through [`Waker`](std::task::Waker)s. So the sockets here work under any
//! executor.
//!
//! # One program, grown
//!
//! A reactor, a socket, and a future that waits. Whoever turns the reactor drives the future too:
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use laneway_reactor::{Reactor, net::UdpSocket};
//!
//! let mut reactor = Reactor::new()?;
//! let socket = UdpSocket::bind(&reactor.handle(), "127.0.0.1:0".parse().unwrap())?;
//! let addr = socket.local_addr()?;
//!
//! let n = reactor.run_until(async {
//!     socket.send_to(b"hello", addr).await?;
//!     socket.recv(&mut [0; 64]).await
//! })??;
//! assert_eq!(n, 5);
//! # Ok(())
//! # }
//! ```
//!
//! Under another executor the reactor has a thread, or a worker's idle moments, and the futures are the
//! executor's; a [`Handle`] is what it takes to make sockets from there:
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use futures::{channel::oneshot, executor::block_on};
//! use laneway_reactor::{Reactor, net::{TcpListener, TcpStream}};
//!
//! let mut reactor = Reactor::new()?;
//! let handle = reactor.handle();
//! let (stop, stopped) = oneshot::channel::<()>();
//! let thread = std::thread::spawn(move || reactor.run_until(stopped));
//!
//! let listener = TcpListener::bind(&handle, "127.0.0.1:0".parse().unwrap())?;
//! block_on(async {
//!     let client = TcpStream::connect(&handle, listener.local_addr()?).await?;
//!     let (server, _) = listener.accept().await?;
//!     client.write_all(b"hello").await?;
//!     let mut buffer = [0; 64];
//!     assert_eq!(server.read(&mut buffer).await?, 5);
//!     std::io::Result::Ok(())
//! })?;
//!
//! drop(stop);
//! thread.join().unwrap()?.ok();
//! # Ok(())
//! # }
//! ```
//!
//! An executor that wants the reactor in its own loop calls [`turn`](Reactor::turn) when it has nothing
//! else to do, with the next deadline of its timers, and is woken from it by the
//! [interrupt](Handle::interrupt):
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use std::time::{Duration, Instant};
//! use laneway_reactor::Reactor;
//!
//! let mut reactor = Reactor::new()?;
//! let wake_me = reactor.handle().interrupt();
//! let other = std::thread::spawn(move || wake_me.wake());
//!
//! let timers_next = Instant::now() + Duration::from_secs(10);
//! let turn = reactor.turn(Some(timers_next))?;
//! assert!(turn.interrupted && Instant::now() < timers_next);
//! # other.join().unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! Whatever else mio can watch, a pipe or a descriptor of a C library, becomes a [`Registered`] source.
//!
//! # What it is not
//!
//! No executor, no timers, no thread of its own, nothing global. No resolver for names, and no files:
//! both block, and want a pool of threads. On Linux it is epoll; it does not use io_uring.
//!
//! # Features
//!
//! - `tokio-io`: `tokio::io::{AsyncRead, AsyncWrite}` on the streams and their halves. That is the traits'
//!   crate without any of its features, not the runtime.
//! - `futures-io`: `futures_io::{AsyncRead, AsyncWrite}` on the same.

#![deny(unsafe_code)]

pub mod net;

mod crowd;
mod deadline;
mod direction;
mod error;
mod handle;
mod interrupt;
mod reactor;
mod readiness;
mod registered;
mod source;
mod table;
mod wait;

pub use error::Closed;
pub use handle::Handle;
pub use mio::Interest;
pub use reactor::{Reactor, Turn};
pub use registered::{Ready, Registered};
