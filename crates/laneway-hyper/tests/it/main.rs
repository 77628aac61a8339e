//! hyper on laneway over real sockets: versions, bodies, timeouts, and the ways in which things end.

mod axum;
mod bodies;
mod client;
#[cfg(unix)]
mod exhaustion;
mod failures;
mod graceful;
mod http1;
mod http2;
mod parts;
mod server;
mod timeouts;
mod upgrade;

#[path = "../../examples/service/made.rs"]
mod made;
