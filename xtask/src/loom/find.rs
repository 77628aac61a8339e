//! Which models are there?
//!
//! A crate has models in `tests/loom.rs` (all its tests), in test modules of its library named
//! `loom` and kept in files of that name, or in both.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::cargo::{self, Package, Workspace};

/// A crate that has models, and where it has them.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) package: String,
    dir: PathBuf,
    in_library: bool,
    in_tests: bool,
}

/// One model.
#[derive(Debug, Clone)]
pub struct Model {
    /// The package it belongs to.
    pub package: String,
    /// The path of its test.
    pub test: String,
    /// The test binary that has it.
    pub binary: PathBuf,
    /// The package's folder: tests run there.
    pub dir: PathBuf,
}

impl Model {
    /// What the model is called here: `crate::path::of::test`.
    pub fn path(&self) -> String {
        format!("{}::{}", self.package, self.test)
    }

    /// Whether `filter` names this model, or its crate, or some last part of its path.
    fn is_named_by(&self, filter: &str) -> bool {
        let (package, test) = split(filter);
        is_package(&self.package, package)
            && (test.is_empty()
                || self.test == test
                || self
                    .test
                    .strip_suffix(test)
                    .is_some_and(|rest| rest.ends_with("::")))
    }
}

/// The crates with models that the filters may mean.
pub(super) fn homes(workspace: &Workspace, filters: &[String]) -> Result<Vec<Home>> {
    let homes: Vec<Home> = workspace.packages.iter().filter_map(home).collect();
    for filter in filters {
        if !homes
            .iter()
            .any(|home| is_package(&home.package, split(filter).0))
        {
            return Err(format!("`{filter}`: no crate of that name has models").into());
        }
    }
    let wanted = |home: &Home| {
        filters.is_empty()
            || filters
                .iter()
                .any(|f| is_package(&home.package, split(f).0))
    };
    Ok(homes.into_iter().filter(wanted).collect())
}

/// Builds the models of one crate, and names them.
pub(super) fn models(home: &Home, target: &Path) -> Result<Vec<Model>> {
    let mut models = Vec::new();
    for executable in cargo::build(&mut build(home, target))? {
        let mut list = Command::new(&executable.path);
        list.current_dir(&home.dir)
            .args(["--list", "--format", "terse"]);
        let list = list.output()?;
        if !list.status.success() {
            return Err(format!("{}: cannot list its tests", executable.path.display()).into());
        }
        let is_library = executable.kind != "test";
        for test in tests(&String::from_utf8(list.stdout)?) {
            if !is_library || test.split("::").any(|segment| segment == "loom") {
                models.push(Model {
                    package: home.package.clone(),
                    test: test.to_string(),
                    binary: executable.path.clone(),
                    dir: home.dir.clone(),
                });
            }
        }
    }
    if models.is_empty() {
        Err("has files for models, but no models".into())
    } else {
        Ok(models)
    }
}

/// Keeps the models that the filters name; a filter that names none, in a crate that was built, is
/// an error.
pub(super) fn select(models: &mut Vec<Model>, filters: &[String], broken: &[String]) -> Result<()> {
    for filter in filters {
        let is_broken = broken
            .iter()
            .any(|package| is_package(package, split(filter).0));
        if !is_broken && !models.iter().any(|model| model.is_named_by(filter)) {
            return Err(format!("`{filter}` names no model; --list names them all").into());
        }
    }
    if !filters.is_empty() {
        models.retain(|model| filters.iter().any(|filter| model.is_named_by(filter)));
    }
    Ok(())
}

fn home(package: &Package) -> Option<Home> {
    let home = Home {
        package: package.name.clone(),
        dir: package.dir.clone(),
        in_library: has_loom_module(&package.dir.join("src")),
        in_tests: package.dir.join("tests/loom.rs").is_file(),
    };
    // The workshop has a module of that name too: this one.
    (home.in_library || home.in_tests)
        .then_some(home)
        .filter(|home| home.package != "xtask")
}

fn has_loom_module(dir: &Path) -> bool {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            let path = entry.path();
            path.ends_with("loom.rs")
                || path.ends_with("loom/mod.rs")
                || path.is_dir() && has_loom_module(&path)
        })
}

/// The build for the modelled world: optimised, with debug assertions, in a folder of its own, so
/// that neither world throws away what the other has built.
fn build(home: &Home, target: &Path) -> Command {
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = cargo::cargo();
    command
        .current_dir(&home.dir)
        .args(["test", "--no-run", "--release", "--package", &home.package])
        .env("RUSTFLAGS", format!("{flags} --cfg laneway_loom").trim())
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_TARGET_DIR", target);
    if home.in_library {
        command.arg("--lib");
    }
    if home.in_tests {
        command.args(["--test", "loom"]);
    }
    command
}

/// The tests in what `--list --format terse` prints.
fn tests(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.strip_suffix(": test"))
}

/// `crate::model` in its two parts.
fn split(filter: &str) -> (&str, &str) {
    filter.split_once("::").unwrap_or((filter, ""))
}

/// Whether `name` means `package`: `laneway-fifo`, `laneway_fifo` or `fifo`.
pub fn is_package(package: &str, name: &str) -> bool {
    let name = name.replace('_', "-");
    package == name || package.strip_prefix("laneway-") == Some(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(package: &str, test: &str) -> Model {
        let (package, test) = (package.to_string(), test.to_string());
        Model {
            package,
            test,
            binary: PathBuf::new(),
            dir: PathBuf::new(),
        }
    }

    fn selected(filter: &str) -> Result<Vec<String>> {
        let mut models = vec![
            model("laneway-fifo", "ring::loom::steal_half"),
            model("laneway-fifo", "half"),
            model("laneway-waker", "half"),
        ];
        select(
            &mut models,
            &[filter.to_string()],
            &["laneway-task".to_string()],
        )?;
        Ok(models.iter().map(Model::path).collect())
    }

    #[test]
    fn filters_name_crates_and_models() {
        let both = ["laneway-fifo::ring::loom::steal_half", "laneway-fifo::half"];
        assert_eq!(selected("laneway-fifo").unwrap(), both);
        assert_eq!(selected("laneway_fifo").unwrap(), both);
        assert_eq!(selected("fifo::half").unwrap(), both[1..]);
        assert_eq!(selected("fifo::steal_half").unwrap(), both[..1]);
        assert_eq!(selected("fifo::ring::loom::steal_half").unwrap(), both[..1]);
    }

    #[test]
    fn a_filter_must_name_something() {
        assert!(selected("fifo::no_such_model").is_err());
        assert!(
            selected("fifo::alf").is_err(),
            "a part of a name is no name"
        );
        assert!(
            selected("task::unknown").is_ok(),
            "not built: reported as that"
        );
    }

    #[test]
    fn reads_the_list_of_tests() {
        let list = "ring::loom::steal: test\nbench_it: benchmark\nplain: test\n\n2 tests\n";
        assert_eq!(
            tests(list).collect::<Vec<_>>(),
            ["ring::loom::steal", "plain"]
        );
    }
}
