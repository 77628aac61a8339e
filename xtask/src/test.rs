//! `cargo xtask test`: everything that a user may compile or run.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::cargo::{self, Workspace};
use crate::sections::Sections;
use crate::{Result, process};

/// Features that are off by default and change what is compiled.
const FEATURES: &[(&str, &str)] = &[("laneway-reactor", "futures-io,tokio-io")];

/// Crates that, or parts of which, do without std.
const NO_STD: &[&str] = &[
    "laneway-fifo",
    "laneway-loom",
    "laneway-scheduler",
    "laneway-task",
    "laneway-timer",
    "laneway-waker",
];

/// An example is a page to read: it does what it shows and ends.
const EXAMPLE_LIMIT: Duration = Duration::from_secs(60);

/// Runs the command.
pub fn run() -> Result<()> {
    sections()?.finish()
}

/// Runs its sections.
pub(crate) fn sections() -> Result<Sections> {
    let workspace = cargo::workspace()?;
    let cargo = |arguments: &str| {
        let mut command = cargo::cargo();
        command
            .current_dir(&workspace.root)
            .args(arguments.split(' '));
        cargo::run(&mut command)
    };
    let mut sections = Sections::default();
    sections.run("no_std", || {
        NO_STD
            .iter()
            .try_for_each(|name| cargo(&format!("check -p {name} --no-default-features")))
    });
    sections.run("tests", || {
        cargo("test --workspace --all-targets --no-fail-fast")
    });
    for (package, features) in FEATURES {
        sections.run(&format!("tests, {package} with {features}"), || {
            cargo(&format!(
                "test -p {package} --features {features} --no-fail-fast"
            ))
        });
    }
    sections.run("doctests", || {
        cargo("test --workspace --doc --no-fail-fast")
    });
    sections.run("examples", || run_examples(&workspace));
    Ok(sections)
}

/// Runs every example without arguments and with an empty stdin: each must end, and end well. Those of
/// the package of tests are programs of other commands, which want arguments.
fn run_examples(workspace: &Workspace) -> Result<()> {
    let mut build = cargo::cargo();
    build
        .current_dir(&workspace.root)
        .args(["build", "--workspace", "--examples"])
        .args(["--exclude", "laneway-tests"]);
    let executables = cargo::build(&mut build)?.into_iter();
    let mut examples: Vec<PathBuf> = executables
        .filter(|built| built.kind == "example")
        .map(|built| built.path)
        .collect();
    examples.sort();
    let mut failed = Vec::new();
    for example in examples {
        let name = example
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut command = Command::new(&example);
        command.current_dir(&workspace.root);
        let outcome = process::run_limited(command, EXAMPLE_LIMIT)?;
        let seconds = outcome.elapsed.as_secs_f64();
        if outcome.is_success() {
            eprintln!("example {name} ... ok, {seconds:.1} s");
        } else {
            eprintln!(
                "example {name} ... FAILED, {seconds:.1} s\n{}",
                outcome.tail(40)
            );
            failed.push(name);
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")).into())
    }
}
