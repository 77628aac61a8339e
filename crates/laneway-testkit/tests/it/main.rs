//! The kit is tested with a scheduler that is right and with others that are wrong.

#[cfg(not(laneway_loom))]
mod classes;
#[cfg(not(laneway_loom))]
mod planted;
#[path = "../toy/mod.rs"]
#[cfg(not(laneway_loom))]
mod toy;
