//! `cargo xtask loom --mutants`: is each memory ordering, each fence and each second look needed,
//! and does a model say so?
//!
//! A mutant that no model kills is either a hole in the models, or something that loom cannot see
//! or that the C11 model allows; `docs/mutants.md` says which, and why.

mod scratch;
mod sites;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::loom::{self, Checked, Model};
use crate::tidy::Tree;
use crate::{Result, cargo};

pub use sites::{Key, Mutant, mutants};
pub use table::{PAGE, Verdict, parse};

/// What `cargo xtask loom --mutants` was asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `crate` or `crate::part`, where a part is in a file's path or is a function; none: all.
    pub filters: Vec<String>,
    /// Keep the results of a run that was interrupted.
    pub resume: bool,
    /// Put the results into `docs/mutants.md`.
    pub write: bool,
    /// Where to put the results; `results.json` in the mutants' target folder if none.
    pub json: Option<PathBuf>,
}

/// A mutated model has so many times as long as it usually takes, and some seconds: others may use the
/// machine too.
const PATIENCE: u32 = 10;
const MORE: Duration = Duration::from_secs(60);

/// What came of one mutant.
struct Tried {
    key: Key,
    /// The model that failed; none if all held.
    killer: Option<String>,
    /// It did not fail, but its time was up.
    by_time: bool,
    models: usize,
    seconds: f64,
}

/// Runs the command. That mutants survive is no error here: `tidy` asks for the reasons.
pub fn run(options: &Options) -> Result<()> {
    let workspace = cargo::workspace()?;
    let (all, findings) = mutants(&Tree::of_files(&workspace)?);
    if let Some(finding) = findings.first() {
        return Err(finding.to_string().into());
    }
    let folder = workspace.target.join("loom-mutants");
    let copy = folder.join("workspace");
    scratch::write(&workspace.root, &workspace.target, &all, &copy)?;

    let path = options
        .json
        .clone()
        .unwrap_or_else(|| folder.join("results.json"));
    let mut tried = match options.resume {
        true => read(&path, &all),
        false => vec![],
    };
    let copied = cargo::workspace_at(&copy)?;
    let wanted: Vec<(usize, &Mutant)> = all
        .iter()
        .enumerate()
        .filter(|(_, mutant)| is_wanted(&mutant.key, &options.filters))
        .collect();
    let mut packages: Vec<&str> = wanted
        .iter()
        .map(|(_, mutant)| mutant.key.package())
        .collect();
    packages.dedup();
    if packages.is_empty() {
        return Err("no mutant is named so".into());
    }
    for package in packages {
        let of_package = wanted
            .iter()
            .filter(|(_, mutant)| mutant.key.package() == package);
        let left: Vec<(usize, &Mutant)> = of_package
            .filter(|(_, mutant)| tried.iter().all(|tried| tried.key != mutant.key))
            .copied()
            .collect();
        if left.is_empty() {
            continue;
        }
        let models = match loom::has_models(&copied, package) {
            true => loom::models_of(&copied, package, &folder.join("target"))?,
            false => vec![],
        };
        kill(&models, &left, &mut tried, &path)?;
    }
    if options.write {
        let page = workspace.root.join(PAGE);
        let found: Vec<(Key, Verdict)> = tried
            .iter()
            .map(|tried| (tried.key.clone(), tried.verdict()))
            .collect();
        let text = table::updated(&fs::read_to_string(&page)?, &all, &found);
        fs::write(page, text)?;
    }
    report(&tried);
    eprintln!("results: {}", path.display());
    Ok(())
}

/// Whether a filter names the mutant.
fn is_wanted(key: &Key, filters: &[String]) -> bool {
    let names = |filter: &String| {
        let (package, part) = filter.split_once("::").unwrap_or((filter, ""));
        let file = key.file.trim_end_matches(".rs");
        loom::is_package(key.package(), package)
            && (part.is_empty() || key.function == part || file.split('/').any(|name| name == part))
    };
    filters.is_empty() || filters.iter().any(names)
}

/// Runs the models on each mutant until one fails.
fn kill(
    models: &[Model],
    mutants: &[(usize, &Mutant)],
    tried: &mut Vec<Tried>,
    path: &Path,
) -> Result<()> {
    let mut usual: Vec<(&Model, Checked)> = Vec::new();
    for model in models {
        let checked = loom::check_one(model, None, loom::DEFAULT_LIMIT, None);
        if checked.verdict.is_failure() {
            return Err(format!("{} fails without a mutant", checked.path).into());
        }
        usual.push((model, checked));
    }
    // The quickest first; and before all others the one that killed the mutant before.
    usual.sort_by_key(|(_, checked)| checked.elapsed);
    for (number, mutant) in mutants {
        let start = Instant::now();
        let (mut killer, mut late, mut models) = (None, None, 0);
        for (model, checked) in &usual {
            let limit = checked.elapsed * PATIENCE + MORE;
            models += 1;
            let choice = (scratch::CHOICE, number.to_string());
            let verdict = loom::check_one(model, None, limit, Some(&choice)).verdict;
            if verdict == loom::Verdict::TimedOut {
                late = Some(model.path());
            } else if verdict.is_failure() {
                killer = Some(model.path());
                break;
            }
        }
        if let Some(at) = usual
            .iter()
            .position(|(model, _)| Some(model.path()) == killer)
        {
            usual[..=at].rotate_right(1);
        }
        let done = Tried {
            key: mutant.key.clone(),
            by_time: killer.is_none() && late.is_some(),
            killer: killer.or(late),
            models,
            seconds: start.elapsed().as_secs_f64(),
        };
        eprintln!("{done}");
        tried.push(done);
        fs::write(path, written(tried))?;
    }
    Ok(())
}

impl Tried {
    fn verdict(&self) -> Verdict {
        match &self.killer {
            Some(model) if self.by_time => Verdict::Killed(format!("`{model}` (its time was up)")),
            Some(model) => Verdict::Killed(format!("`{model}`")),
            None => Verdict::Survives(String::new()),
        }
    }
}

impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Key {
            file,
            function,
            code,
            change,
        } = &self.key;
        let killer = self.killer.as_deref().unwrap_or("SURVIVED");
        let time = if self.by_time {
            " (its time was up)"
        } else {
            ""
        };
        let (models, seconds) = (self.models, self.seconds);
        write!(
            f,
            "{file}: {function}: {code}: {change}: {killer}{time}, {models} models, {seconds:.1} s"
        )
    }
}

fn report(tried: &[Tried]) {
    let survivors: Vec<&Tried> = tried
        .iter()
        .filter(|tried| tried.killer.is_none())
        .collect();
    let seconds: f64 = tried.iter().map(|tried| tried.seconds).sum();
    for tried in tried {
        println!("{tried}");
    }
    println!(
        "{} mutants, {} survived, {seconds:.0} s",
        tried.len(),
        survivors.len()
    );
}

/// The results as a file.
fn written(tried: &[Tried]) -> String {
    let results = tried.iter().map(|tried| {
        json!({
            "file": tried.key.file,
            "function": tried.key.function,
            "code": tried.key.code,
            "change": tried.key.change,
            "killed_by": tried.killer,
            "by_time": tried.by_time,
            "models": tried.models,
            "seconds": tried.seconds,
        })
    });
    format!("{:#}\n", Value::Array(results.collect()))
}

/// The results of a run before, of mutants that there still are.
fn read(path: &Path, all: &[Mutant]) -> Vec<Tried> {
    let results: Value = fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let read = results
        .as_array()
        .into_iter()
        .flatten()
        .map(|result| Tried {
            key: Key {
                file: text(&result["file"]),
                function: text(&result["function"]),
                code: text(&result["code"]),
                change: text(&result["change"]),
            },
            killer: result["killed_by"].as_str().map(str::to_string),
            by_time: result["by_time"].as_bool().unwrap_or_default(),
            models: result["models"].as_u64().unwrap_or_default() as usize,
            seconds: result["seconds"].as_f64().unwrap_or_default(),
        });
    read.filter(|tried| all.iter().any(|mutant| mutant.key == tried.key))
        .collect()
}
