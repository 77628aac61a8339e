//! hyper 1.x on laneway.
//!
//! [`serve`] answers HTTP/1.1 and HTTP/2 on a listener, with a plain hyper service or, through
//! [`tower`], with anything that speaks tower's, such as an axum `Router` (axum without its `tokio`
//! feature). The parts it is made of are public: [`Executor`], [`Timer`] and [`Io`] are what hyper asks
//! of a runtime.
//!
//! # One program, grown
//!
//! Answer every request with a greeting:
//!
//! ```no_run
//! use std::convert::Infallible;
//! use hyper::{Request, Response, body::Incoming, service::service_fn};
//! use laneway::{Runtime, net};
//!
//! async fn greet(_request: Request<Incoming>) -> Result<Response<String>, Infallible> {
//!     Ok(Response::new("hello\n".to_owned()))
//! }
//!
//! Runtime::new()?.block_on(async {
//!     let listener = net::listen_tcp("127.0.0.1:8080").await?;
//!     laneway_hyper::serve(listener, service_fn(greet)).await
//! })
//! # ?; Ok::<(), std::io::Error>(())
//! ```
//!
//! Stop when told to, but answer first what was asked:
//!
//! ```
//! # use std::convert::Infallible;
//! # use hyper::{Request, Response, body::Incoming, service::service_fn};
//! # use laneway::{Runtime, net};
//! # async fn greet(_request: Request<Incoming>) -> Result<Response<String>, Infallible> {
//! #     Ok(Response::new("hello\n".to_owned()))
//! # }
//! use std::time::Duration;
//! use laneway::time::sleep;
//!
//! # Runtime::new()?.block_on(async {
//! let listener = net::listen_tcp("127.0.0.1:0").await?;
//! laneway_hyper::serve(listener, service_fn(greet))
//!     .with_graceful_shutdown(sleep(Duration::from_millis(10)))
//!     .await
//! # })?; Ok::<(), std::io::Error>(())
//! ```
//!
//! # What a server here does unasked
//!
//! - A connection that does not send the head of a request within 30 seconds is closed, whether it is
//!   silent, slow, or has yet to say which version it speaks
//!   ([`header_read_timeout`](Serve::header_read_timeout)).
//! - When accepting fails because the process is out of file descriptors or the system of memory, it
//!   waits, from a millisecond up to a second, and tries again; nobody in the backlog is lost.
//! - A connection that breaks ends alone.

#![deny(unsafe_code)]

mod accept;
mod connection;
mod executor;
mod io;
mod serve;
mod timer;

pub use executor::Executor;
pub use hyper_util::service::TowerToHyperService;
pub use io::Io;
pub use serve::{Serve, serve};
pub use timer::Timer;

/// Makes a hyper service of a tower service, such as an axum `Router`.
pub fn tower<S>(service: S) -> TowerToHyperService<S> {
    TowerToHyperService::new(service)
}

/// Keeps the README's program true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
