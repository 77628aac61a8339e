//! `cargo xtask asan`, `tsan` and `valgrind`: the tests again, watched by tools that see what memory is
//! used for.
//!
//! Nothing is fetched. What a tool needs and this machine lacks is said, and is an error.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sections::Sections;
use crate::{Result, cargo};

/// The programs of `tests/reference`.
const REFERENCES: [&str; 3] = ["echo", "runtimes", "blocking"];

/// Where sanitizers work; they ask for a target to be named, so that build scripts go without.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Tests that leak: what a user forgets, and a panic whose payload panics in its drop, twice.
const LEAKS: [&str; 5] = [
    "a_forgotten_sleep_still_wakes_its_task",
    "a_turn_ends_although_its_wakers_wait_again",
    "a_waker_that_panics_keeps_nobody_asleep",
    "a_waker_that_panics_when_dropped_by_the_driver",
    "pending_tasks_are_dropped_though_their_wakers_leak",
];

/// All tests of the workspace under the address and leak sanitizers. The compiler brings both; the
/// variable allows the flag on a stable one.
pub fn asan(arguments: &[String]) -> Result<()> {
    let mut test = sanitized("asan", "-Zsanitizer=address")?;
    test.env("ASAN_OPTIONS", "detect_stack_use_after_return=1");
    let leaks = cargo::workspace()?.target.join("leaks.txt");
    fs::write(&leaks, LEAKS.map(|test| format!("leak:{test}\n")).concat())?;
    let options = format!("print_suppressions=0:suppressions={}", leaks.display());
    test.env("LSAN_OPTIONS", options);
    cargo::run(
        test.args(or_all(arguments))
            .args(["--", "--test-threads=1"]),
    )
}

/// The same under the thread sanitizer, which needs an instrumented standard library: a compiler that
/// has its own source, named by `LANEWAY_TSAN_RUSTC`.
pub fn tsan(arguments: &[String]) -> Result<()> {
    let rustc = std::env::var_os("LANEWAY_TSAN_RUSTC").map(PathBuf::from);
    let rustc = rustc.ok_or(HOW_TO_TSAN)?;
    let output = Command::new(&rustc).args(["--print", "sysroot"]).output()?;
    let sysroot = String::from_utf8(output.stdout)?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    if !library.is_dir() {
        return Err(format!("{} is not there.\n{HOW_TO_TSAN}", library.display()).into());
    }
    let mut test = sanitized("tsan", "-Zsanitizer=thread")?;
    test.env("RUSTC", rustc).arg("-Zbuild-std");
    cargo::run(
        test.args(or_all(arguments))
            .args(["--", "--test-threads=1"]),
    )
}

const HOW_TO_TSAN: &str = "\
the thread sanitizer reports what a standard library without it does. It needs a compiler that has its
source, in lib/rustlib/src/rust/library, and librustc-stable_rt.tsan.a beside its libraries: Debian has
them in rustc-web, rust-web-src and libclang-rt-22-dev. Name it: LANEWAY_TSAN_RUSTC=/path/to/rustc";

/// The reference programs under memcheck.
pub fn valgrind() -> Result<()> {
    let version = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.map_err(|error| format!("valgrind is not installed: {error}"))?;
    let program = reference()?;
    let mut sections = Sections::default();
    for name in REFERENCES {
        sections.run(&format!("valgrind {name}"), || {
            let mut command = Command::new("valgrind");
            command.args([
                "--error-exitcode=9",
                "--fair-sched=yes",
                "--leak-check=full",
            ]);
            command.args(["--show-leak-kinds=definite,indirect"]);
            command.args(["--errors-for-leak-kinds=definite,indirect"]);
            let status = command.arg(&program).arg(name).status()?;
            match status.success() {
                true => Ok(()),
                false => Err(format!("{status}").into()),
            }
        });
    }
    sections.finish()
}

/// Builds the reference programs.
pub(crate) fn reference() -> Result<PathBuf> {
    let mut build = cargo::cargo();
    build.args([
        "build",
        "--package",
        "laneway-tests",
        "--example",
        "reference",
    ]);
    let built = cargo::build(&mut build)?;
    let program = built
        .into_iter()
        .next()
        .ok_or("there is no example of that name")?;
    Ok(program.path)
}

fn sanitized(name: &str, flag: &str) -> Result<Command> {
    let workspace = cargo::workspace()?;
    let mut test = cargo::cargo();
    test.args(["test", "--tests", "--no-fail-fast", "--target", TARGET]);
    test.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flag);
    test.env("CARGO_TARGET_DIR", workspace.target.join(name));
    Ok(test)
}

fn or_all(arguments: &[String]) -> Vec<String> {
    match arguments {
        [] => vec!["--workspace".to_string()],
        some => some.to_vec(),
    }
}
