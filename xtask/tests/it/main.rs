//! The workshop as its users call it.

mod load;
mod loom;
mod server;
mod tidy;
