//! The executors through their public interface.

mod auto_traits;
mod executor;
mod lanes;
mod local;
mod monitor;
mod support;
