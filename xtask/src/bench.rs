//! `cargo xtask bench`: compares laneway with other runtimes.
//!
//! The comparisons are programs of the package `laneway-benches`, which has the other runtimes as its
//! dependencies. This only builds them and passes the arguments on.

use std::ffi::OsString;
use std::process::Command;

use crate::{Result, cargo};

/// The package.
const PACKAGE: &str = "laneway-benches";

/// Its programs: the second one is chosen by its name.
const COMPARE: &str = "compare";
const PRIORITY: &str = "priority";

/// Runs the command. Unless `arguments` say otherwise, what it measures goes to `bench/` in the target
/// folder.
pub fn run(arguments: &[OsString]) -> Result<()> {
    let (program, arguments) = match arguments.split_first() {
        Some((first, rest)) if first == PRIORITY => (PRIORITY, rest),
        _ => (COMPARE, arguments),
    };
    let out = cargo::workspace()?.target.join("bench");
    let mut build = cargo::cargo();
    build.args(["build", "--release", "--package", PACKAGE, "--bin", program]);
    let built = cargo::build(&mut build)?;
    let path = &built.last().ok_or("nothing was built")?.path;
    let mut command = Command::new(path);
    command.args(arguments);
    // Behind the others, of which the first says what to do.
    if !arguments.iter().any(|argument| argument == "--out") {
        command.arg("--out").arg(out);
    }
    let status = command.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{program} failed: {status}").into()),
    }
}
