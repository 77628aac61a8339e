//! What a `Priorities` promises beyond what every scheduler does.

#[cfg(not(laneway_loom))]
mod bound;
#[cfg(not(laneway_loom))]
mod clock;
#[cfg(not(laneway_loom))]
mod ends;
#[cfg(not(laneway_loom))]
mod order;
mod types;
