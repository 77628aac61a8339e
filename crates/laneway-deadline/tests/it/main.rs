//! What a `Deadlines` promises beyond what every scheduler does.

#[cfg(not(laneway_loom))]
mod deadlines;
mod types;
