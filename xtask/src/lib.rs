//! The workshop: everything that builds, tests, models, checks and shows the workspace.
//!
//! `cargo xtask help` lists the commands; CI runs `cargo xtask ci` and nothing else. There is no
//! script and no tool beside cargo, so what a contributor runs is what CI runs.

#![forbid(unsafe_code)]

pub mod bench;
pub mod cargo;
pub mod ci;
pub mod demo;
pub mod faults;
pub mod load;
pub mod loom;
pub mod mutants;
pub mod process;
pub mod sanitize;
pub mod sections;
pub mod soak;
pub mod test;
pub mod tidy;

/// The result of a command of the workshop.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
