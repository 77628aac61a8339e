//! `cargo xtask loom`: builds every crate that has models for the modelled world, and runs each
//! model in a process of its own.
//!
//! A process each, because a model that finds a bug may leave loom's thread in any state, and
//! because the time limit is then the kernel's business.

mod check;
mod find;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cargo::Workspace;
use crate::{Result, cargo};

pub use check::{Checked, Verdict, check_one};
pub use find::{Model, is_package};

/// What `cargo xtask loom` was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// `crate` or `crate::model`, with or without `laneway-`; none stands for all.
    pub filters: Vec<String>,
    /// Only name the models.
    pub list: bool,
    /// Instead of each model's own bound on preemptions.
    pub preemptions: Option<usize>,
    /// How long one model may take.
    pub limit: Duration,
    /// Where to put the results; `results.json` in the models' target folder if none.
    pub json: Option<PathBuf>,
}

/// Models are written to take at most 30 s on an idle core of a small machine; CI's are neither.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(300);

impl Default for Options {
    fn default() -> Self {
        Self {
            filters: vec![],
            list: false,
            preemptions: None,
            limit: DEFAULT_LIMIT,
            json: None,
        }
    }
}

/// Runs the command: an error if a model fails, does not build, or does not exist.
pub fn run(options: &Options) -> Result<()> {
    let workspace = cargo::workspace()?;
    let target = workspace.target.join("loom");
    let homes = find::homes(&workspace, &options.filters)?;
    let mut models = Vec::new();
    let mut broken = Vec::new();
    for home in &homes {
        match find::models(home, &target) {
            Ok(found) => models.extend(found),
            Err(error) => {
                eprintln!("{}: {error}", home.package);
                broken.push(home.package.clone());
            }
        }
    }
    find::select(&mut models, &options.filters, &broken)?;
    if options.list {
        models.iter().for_each(|model| println!("{}", model.path()));
    } else {
        let checked = check::check(&models, options);
        print!("{}", report::table(&checked, &broken));
        let json = options
            .json
            .clone()
            .unwrap_or_else(|| target.join("results.json"));
        std::fs::write(&json, report::json(&checked, &broken))?;
        eprintln!("results: {}", json.display());
        let failed = checked
            .iter()
            .filter(|checked| checked.verdict.is_failure())
            .count();
        if failed > 0 {
            return Err(format!("{failed} of {} models failed", checked.len()).into());
        }
    }
    if broken.is_empty() {
        Ok(())
    } else {
        Err(format!("no build: {}", broken.join(", ")).into())
    }
}

/// Whether a package has any.
pub fn has_models(workspace: &Workspace, package: &str) -> bool {
    find::homes(workspace, &[package.to_string()]).is_ok()
}

/// Builds the models of one package, and names them.
pub fn models_of(workspace: &Workspace, package: &str, target: &Path) -> Result<Vec<Model>> {
    let homes = find::homes(workspace, &[package.to_string()])?;
    find::models(homes.first().ok_or("has no models")?, target)
}
