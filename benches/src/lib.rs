//! Comparisons of laneway with other runtimes.
//!
//! A [workload] is one function, generic in the [`Runtime`](runtime::Runtime), so that every
//! runtime runs the same code. The program `compare` runs each sample in a process of its own and
//! prints [a table](report); [`priority`] does the same for what must hold under load. The benches in `micro/` run the workloads on laneway alone.

#![deny(unsafe_code)]

pub mod child;
pub mod load;
pub mod machine;
pub mod priority;
pub mod report;
pub mod rounds;
pub mod runtime;
pub mod sample;
pub mod signal;
pub mod workload;

/// What a command can fail with.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
