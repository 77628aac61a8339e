//! Comparisons of laneway with other runtimes.
//!
//! A [workload] is one function, generic in the [`Runtime`](runtime::Runtime), so that every
//! runtime runs the same code; the [`floor`] is the same work done by hand. The program `compare` has
//! each [contestant] do each sample in a process of its own, and prints [a table](report) with the
//! [targets](target); [`priority`] does the same for what must hold under load. The benches in `micro/`
//! run the workloads on laneway alone.

#![deny(unsafe_code)]

pub mod callgrind;
pub mod chart;
pub mod child;
pub mod contestant;
pub mod floor;
pub mod instructions;
pub mod load;
pub mod machine;
pub mod priority;
pub mod report;
pub mod rounds;
pub mod runtime;
pub mod sample;
pub mod scaling;
pub mod signal;
pub mod target;
pub mod text;
pub mod workload;

/// What a command can fail with.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
