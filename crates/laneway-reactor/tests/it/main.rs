//! The public API, on real sockets of 127.0.0.1 and a reactor turned by hand or on a thread.

mod support;

mod close;
mod deadline;
mod example;
mod fairness;
#[cfg(feature = "futures-io")]
mod futures_io;
mod lanes;
mod promises;
#[cfg(unix)]
mod registered;
mod tcp;
mod tcp_ends;
#[cfg(feature = "tokio-io")]
mod tokio_io;
mod udp;
#[cfg(unix)]
mod unix;
mod wakers;
