//! The executors through their public interface.

mod auto_traits;
mod executor;
mod local;
mod support;
