//! `cargo xtask bench`: compares laneway with other runtimes.
//!
//! The comparison is a program of the package `laneway-benches`, which has the other runtimes as its
//! dependencies. This only builds it and passes the arguments on.

use std::ffi::OsString;
use std::process::Command;

use crate::{Result, cargo};

/// The package, and its program.
const PACKAGE: &str = "laneway-benches";
const PROGRAM: &str = "compare";

/// Runs the command. Unless `arguments` say otherwise, the samples go to `bench/compare.json` in the
/// target folder.
pub fn run(arguments: &[OsString]) -> Result<()> {
    let json = cargo::workspace()?.target.join("bench/compare.json");
    let mut build = cargo::cargo();
    build.args(["build", "--release", "--package", PACKAGE, "--bin", PROGRAM]);
    let program = cargo::build(&mut build)?
        .pop()
        .ok_or("nothing was built")?
        .path;
    let status = Command::new(program)
        .arg("--json")
        .arg(json)
        .args(arguments)
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("the comparison failed: {status}").into()),
    }
}
