//! What a `Fifo` promises beyond what every scheduler does.

#![cfg(feature = "std")]

#[cfg(not(laneway_loom))]
mod fifo;
mod local;
mod types;
