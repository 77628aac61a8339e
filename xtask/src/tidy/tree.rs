//! The tree that tidy looks at, in memory: its tests plant one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::source::{self, Line};
use crate::Result;
use crate::cargo::{self, Package, Workspace};

/// Text files, and what cargo says of the packages.
#[derive(Debug, Default)]
pub struct Tree {
    /// By path from the root, with `/` between folders.
    pub files: BTreeMap<String, File>,
    /// The members of the workspace; their `dir` is relative to the root.
    pub packages: Vec<Package>,
    /// For every package of ours, all packages that it is built from.
    pub closures: BTreeMap<String, Vec<String>>,
}

/// One text file.
#[derive(Debug, Default)]
pub struct File {
    /// All of it.
    pub text: String,
    /// Its lines if it is Rust, else none.
    pub lines: Vec<Line>,
    /// Whether all of it is test code: an integration test, an example, a bench, a test module.
    pub is_test: bool,
}

/// What looks like text is read.
const EXTENSIONS: [&str; 7] = ["rs", "toml", "md", "yml", "yaml", "json", "svg"];

impl Tree {
    /// Reads the workspace that the current folder is in.
    pub fn read() -> Result<Self> {
        let workspace = cargo::workspace()?;
        let mut tree = Self::of_files(&workspace)?;
        for mut package in workspace.packages {
            if package.published {
                let closure = cargo::closure(&workspace.root, &package.name)?;
                tree.closures.insert(package.name.clone(), closure);
            }
            package.dir = package.dir.strip_prefix(&workspace.root)?.to_path_buf();
            tree.packages.push(package);
        }
        Ok(tree)
    }

    /// Reads the files, and asks nothing of cargo.
    pub fn of_files(workspace: &Workspace) -> Result<Self> {
        let mut tree = Self::default();
        let mut files = Vec::new();
        read_files(&workspace.root, "", &workspace.target, &mut files)?;
        for (path, text) in files {
            tree.add(&path, &text);
        }
        tree.mark_test_files();
        Ok(tree)
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, text: &str) {
        let lines = if path.ends_with(".rs") {
            source::lines(text)
        } else {
            vec![]
        };
        let in_test_folder = path
            .split('/')
            .any(|folder| matches!(folder, "tests" | "examples" | "benches"));
        // The testkit runs in other crates' tests and nowhere else.
        let in_testkit = path.starts_with("crates/laneway-testkit/");
        let file = File {
            text: text.to_string(),
            lines,
            is_test: in_test_folder || in_testkit,
        };
        self.files.insert(path.to_string(), file);
    }

    /// Finds the files of modules that are declared under `#[cfg(test)]`.
    pub fn mark_test_files(&mut self) {
        let mut modules = Vec::new();
        for (path, file) in self.rust() {
            let folder = module_folder(path);
            let tests = source::test_modules(&file.lines);
            modules.extend(tests.into_iter().map(|name| format!("{folder}{name}")));
        }
        for (path, file) in &mut self.files {
            let stem = path.trim_end_matches(".rs");
            file.is_test |= modules.iter().any(|module| {
                stem.strip_prefix(module.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        }
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &File)> {
        let files = self.files.iter().map(|(path, file)| (path.as_str(), file));
        files.filter(|(path, _)| path.ends_with(".rs"))
    }

    /// The sources of the crates: what is compiled into them, tests included.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &File)> {
        self.rust()
            .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/"))
    }
}

impl File {
    /// The lines with their numbers that are not tests.
    pub fn code(&self) -> impl Iterator<Item = (usize, &Line)> {
        let lines = self
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !self.is_test && !line.is_test)
    }
}

/// The crate that a path belongs to: `crates/<name>/…`.
pub fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// The folder, with its slash, in which the modules that a file declares have their files.
fn module_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => format!("{folder}/"),
        _ => format!("{}/", path.trim_end_matches(".rs")),
    }
}

fn read_files(
    root: &Path,
    folder: &str,
    target: &Path,
    files: &mut Vec<(String, String)>,
) -> Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        if entry.file_type()?.is_dir() {
            if !matches!(name.as_str(), ".git" | "target") && entry.path() != target {
                read_files(root, &path, target, files)?;
            }
        } else if is_text(&path) {
            files.push((path, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

fn is_text(path: &str) -> bool {
    let extension = Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str());
    path.starts_with(".ci/") || extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_test_files() {
        let mut tree = Tree::default();
        tree.add(
            "crates/a/src/lib.rs",
            "#[cfg(test)]\nmod tests;\nmod ring;\n",
        );
        tree.add("crates/a/src/ring.rs", "#[cfg(test)]\nmod loom;\n");
        tree.add("crates/a/src/tests.rs", "");
        tree.add("crates/a/src/tests/more.rs", "");
        tree.add("crates/a/src/testsuite.rs", "");
        tree.add("crates/a/src/ring/loom.rs", "");
        tree.add("crates/a/tests/it/main.rs", "");
        tree.mark_test_files();
        let tests: Vec<&str> = tree
            .rust()
            .filter(|(_, file)| file.is_test)
            .map(|(path, _)| path)
            .collect();
        let expected = [
            "crates/a/src/ring/loom.rs",
            "crates/a/src/tests.rs",
            "crates/a/src/tests/more.rs",
            "crates/a/tests/it/main.rs",
        ];
        assert_eq!(tests, expected);
    }

    #[test]
    fn knows_crates() {
        assert_eq!(
            crate_of("crates/laneway-fifo/src/lib.rs"),
            Some("laneway-fifo")
        );
        assert_eq!(crate_of("xtask/src/lib.rs"), None);
    }
}
