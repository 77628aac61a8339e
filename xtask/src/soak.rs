//! `cargo xtask soak`: a runtime under everything at once, for some minutes: see `tests/soak`.

use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::{Result, cargo};

/// What `cargo xtask soak` was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// For how long.
    pub minutes: f64,
    /// How many connections, as far as the limit on descriptors allows.
    pub connections: usize,
    /// What the random choices come from; the time if none.
    pub seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            minutes: 10.0,
            connections: 9_500,
            seed: None,
        }
    }
}

/// Runs the command: an error if anything was lost, late by a second, or left behind.
pub fn run(options: &Options) -> Result<()> {
    let mut build = cargo::cargo();
    build.args([
        "build",
        "--release",
        "--package",
        "laneway-tests",
        "--example",
        "soak",
    ]);
    let built = cargo::build(&mut build)?;
    let soak = built.first().ok_or("there is no example of that name")?;
    let length = Duration::try_from_secs_f64(options.minutes * 60.0)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let seed = options.seed.unwrap_or(now.as_secs());
    let arguments = [length.as_secs(), options.connections as u64, seed];
    let mut command = Command::new(&soak.path);
    command.args(arguments.map(|argument| argument.to_string()));
    let status = command.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{status}: the soak failed").into()),
    }
}
