//! Asks cargo: which packages are there, what did it build?

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;

/// What `cargo metadata` says of the workspace.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    pub target: PathBuf,
    /// The members, by name.
    pub packages: Vec<Package>,
}

/// One member of the workspace.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Whether it may be published.
    pub published: bool,
    /// What its manifest depends on.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package depended on.
    pub name: String,
    /// Under `[dev-dependencies]`.
    pub dev: bool,
}

/// An executable that cargo built.
#[derive(Debug, Clone)]
pub struct Executable {
    /// The target's name, for example `loom` for `tests/loom.rs`.
    pub target: String,
    /// The target's kind: `lib`, `test`, `bin`, `example`…
    pub kind: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// A command that runs the cargo that runs us.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Reads the workspace that the current folder is in.
pub fn workspace() -> Result<Workspace> {
    workspace_at(Path::new("."))
}

/// Reads the workspace that `folder` is in.
pub fn workspace_at(folder: &Path) -> Result<Workspace> {
    let mut command = cargo();
    command.current_dir(folder);
    command.args(["metadata", "--format-version=1", "--no-deps"]);
    let metadata: Value = serde_json::from_slice(&output(&mut command)?)?;
    let mut packages: Vec<Package> = array(&metadata["packages"]).map(package).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Workspace {
        root: PathBuf::from(string(&metadata["workspace_root"])),
        target: PathBuf::from(string(&metadata["target_directory"])),
        packages,
    })
}

/// The names of all packages that `package` is built from, without its dev-dependencies and with
/// no feature beyond its default ones.
pub fn closure(root: &Path, package: &str) -> Result<Vec<String>> {
    let mut command = cargo();
    command
        .current_dir(root)
        .args(["tree", "--package", package]);
    command.args(["--edges=normal,build", "--prefix=none", "--format={p}"]);
    let text = String::from_utf8(output(&mut command)?)?;
    let names = text.lines().filter_map(|line| line.split(' ').next());
    let mut names: Vec<String> = names.map(str::to_string).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Runs a cargo command that builds, and returns the executables it names.
pub fn build(command: &mut Command) -> Result<Vec<Executable>> {
    command.arg("--message-format=json-render-diagnostics");
    let messages = String::from_utf8(output(command)?)?;
    let mut executables = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Value = serde_json::from_str(line)?;
        if let Some(path) = message["executable"].as_str() {
            let target = &message["target"];
            executables.push(Executable {
                target: string(&target["name"]),
                kind: string(&target["kind"][0]),
                path: PathBuf::from(path),
            });
        }
    }
    Ok(executables)
}

/// Runs `command` with its output shown; an unsuccessful end is an error.
pub fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", shown(command));
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{status}: {}", shown(command)).into())
    }
}

/// Runs `command` and returns what it prints to stdout.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{}: {}", output.status, shown(command)).into())
    }
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let settings = command
        .get_envs()
        .filter_map(|(key, value)| Some(format!("{}={:?} ", key.to_str()?, value?.to_str()?)));
    let args = command
        .get_args()
        .map(|arg| format!(" {}", arg.to_string_lossy()));
    settings.chain(["cargo".to_string()]).chain(args).collect()
}

fn package(value: &Value) -> Package {
    let manifest = PathBuf::from(string(&value["manifest_path"]));
    Package {
        name: string(&value["name"]),
        dir: manifest.parent().map(Path::to_path_buf).unwrap_or_default(),
        published: value["publish"].is_null(),
        dependencies: array(&value["dependencies"]).map(dependency).collect(),
    }
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: string(&value["name"]),
        dev: value["kind"] == "dev",
    }
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}
