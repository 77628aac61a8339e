//! `cargo xtask ci`: all that must hold before a change is taken in.

use crate::sections::Sections;
use crate::{Result, cargo, loom, test, tidy};

/// Runs the command. What is quick comes first; every section runs, whatever the others say.
pub fn run() -> Result<()> {
    let root = cargo::workspace()?.root;
    let cargo = |arguments: &str| {
        let mut command = cargo::cargo();
        command.current_dir(&root).args(arguments.split(' '));
        command
    };
    let mut sections = Sections::default();
    sections.run("fmt", || cargo::run(&mut cargo("fmt --all --check")));
    sections.run("tidy", tidy::run);
    sections.run("clippy", || {
        let arguments = "clippy --workspace --all-targets --all-features -- -D warnings";
        cargo::run(&mut cargo(arguments))
    });
    sections.run("doc", || {
        let mut doc = cargo("doc --workspace --no-deps --all-features");
        cargo::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    sections.run("loom", || loom::run(&loom::Options::default()));
    sections.append(test::sections()?);
    sections.finish()
}
