//! `cargo xtask loom` on a small workspace of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"laneway-a\"]\n";
const MANIFEST: &str = "[package]\nname = \"laneway-a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const LIBRARY: &str = "
#[cfg(test)]
mod loom;

#[test]
fn is_no_model() { panic!() }
";

/// What a model prints; it holds only in the modelled world, optimised, with debug assertions.
const MODEL: &str = "
#[test]
fn holds() {
    assert!(cfg!(laneway_loom) && cfg!(debug_assertions));
    let bound = std::env::var(\"LOOM_MAX_PREEMPTIONS\").map_or(7, |it| it.parse().unwrap());
    println!(\"model: {bound} preemptions\");
    println!(\"model: {bound} iterations\");
}
";
const FAILING: &str = "#[test]\nfn fails() { panic!(\"lost a wake-up\") }\n";

/// A workspace with one crate, which has a model in its library and those of `tests`.
fn workspace(name: &str, tests: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let package = root.join("laneway-a");
    fs::create_dir_all(package.join("src")).unwrap();
    fs::create_dir_all(package.join("tests")).unwrap();
    fs::write(root.join("Cargo.toml"), ROOT).unwrap();
    fs::write(package.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(package.join("src/lib.rs"), LIBRARY).unwrap();
    fs::write(package.join("src/loom.rs"), MODEL).unwrap();
    fs::write(package.join("tests/loom.rs"), tests).unwrap();
    root
}

/// Whether the command went well, and what it printed.
fn xtask(root: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(root)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .arg("loom")
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    eprintln!("{text}{}", String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[test]
fn models_are_found_and_run() {
    let root = workspace(
        "good",
        "#[test]\nfn also_holds() { println!(\"model: 5 iterations\") }",
    );
    let (is_good, list) = xtask(&root, &["--list"]);
    assert!(is_good);
    let mut names: Vec<&str> = list.lines().collect();
    names.sort();
    assert_eq!(names, ["laneway-a::also_holds", "laneway-a::loom::holds"]);

    let (is_good, table) = xtask(&root, &[]);
    assert!(is_good);
    let cells = |row: &str| {
        row.split_whitespace()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let row = |name: &str| cells(table.lines().find(|line| line.starts_with(name)).unwrap());
    assert_eq!(row("laneway-a::loom::holds")[1..3], ["7", "7"]);
    assert_eq!(row("laneway-a::also_holds")[1..3], ["-", "5"]);
    assert_eq!(row("total")[1], "12");
    assert!(
        fs::read_to_string(root.join("target/loom/results.json"))
            .unwrap()
            .contains("holds")
    );

    let (is_good, table) = xtask(&root, &["a::holds", "--preemptions", "3"]);
    assert!(is_good && !table.contains("also_holds"));
    assert!(table.lines().any(|line| cells(line)[1] == "3"));

    assert!(!xtask(&root, &["a::no_such_model"]).0);
    assert!(!xtask(&root, &["no_such_crate"]).0);
}

#[test]
fn a_model_that_fails_is_an_error() {
    let root = workspace("bad", FAILING);
    let (is_good, table) = xtask(&root, &[]);
    assert!(!is_good);
    assert!(
        table
            .lines()
            .any(|line| line.contains("::fails") && line.ends_with("FAILED"))
    );
    assert!(
        table
            .lines()
            .any(|line| line.contains("::holds") && line.ends_with("ok"))
    );
    assert!(xtask(&root, &["a::holds"]).0);
}

#[test]
fn a_crate_that_does_not_build_is_an_error() {
    let root = workspace("broken", "fn broken( {");
    let (is_good, table) = xtask(&root, &[]);
    assert!(!is_good && table.contains("laneway-a") && table.contains("FAILED (no build)"));
}
