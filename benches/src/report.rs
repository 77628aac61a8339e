//! Tables for people, JSON for machines.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::rounds::{Series, Spread};
use crate::runtime::WORKERS;
use crate::workload::Workload;

/// What everything is compared with.
const REFERENCE: &str = "tokio";

/// The versions that are compared.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The packages whose versions are told.
const PACKAGES: [&str; 5] = ["laneway", "tokio", "async-executor", "async-io", "blocking"];

/// The table of one workload.
pub fn table(workload: &Workload, all: &[Series]) -> String {
    let Workload {
        name,
        primary,
        size,
        about,
        ..
    } = workload;
    let mut table = format!("\n{name}, size {size}: {about}; {primary}\n");
    let header = [
        "runtime",
        "median",
        "[min..max]",
        "/tokio",
        "others",
        "also",
    ];
    let _ = writeln!(table, "{}", row(header.map(str::to_string)));
    for series in all {
        let runs = series.runs.len();
        if let Some(spread) = series.spread(primary) {
            let line = row([
                series.runtime.to_string(),
                number(spread.median),
                format!("[{}..{}]", number(spread.min), number(spread.max)),
                ratio(workload, series, all).map_or("-".to_string(), |it| format!("{it:.2}")),
                series
                    .others()
                    .map_or("-".to_string(), |it| format!("{:.2}", it.median)),
                also(workload, series),
            ]);
            let _ = writeln!(table, "{}", line.trim_end());
        }
        if let Some(failure) = series.failures.first() {
            let count = series.failures.len();
            let rounds = count + runs;
            let _ = writeln!(
                table,
                "{:<12} {count} of {rounds} FAILED, first: {failure}",
                series.runtime
            );
        }
    }
    table
}

/// Everything, each sample by itself.
pub fn json(results: &[(&Workload, Vec<Series>)]) -> Value {
    let versions = PACKAGES.map(|name| (name.to_string(), version(name).into()));
    json!({
        "versions": Value::Object(versions.into_iter().collect()),
        "workers": WORKERS,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "workloads": results.iter().map(workload_json).collect::<Vec<_>>(),
    })
}

/// One line that says what is compared.
pub fn versions() -> String {
    PACKAGES
        .map(|name| format!("{name} {}", version(name)))
        .join(", ")
}

fn workload_json((workload, all): &(&Workload, Vec<Series>)) -> Value {
    let sample = |run: &crate::child::Run| {
        let figures = run.sample.figures();
        let figures = figures.map(|(name, value)| (name.to_string(), json!(value)));
        let others = ("others".to_string(), json!(run.others));
        Value::Object(figures.chain([others]).collect())
    };
    let series = |series: &Series| {
        json!({
            "runtime": series.runtime,
            "samples": series.runs.iter().map(sample).collect::<Vec<_>>(),
            "failures": series.failures,
        })
    };
    json!({
        "name": workload.name,
        "primary": workload.primary,
        "size": workload.size,
        "runtimes": all.iter().map(series).collect::<Vec<_>>(),
    })
}

/// The version of a package in the lock file.
fn version(package: &str) -> &'static str {
    let name = format!("name = \"{package}\"\nversion = \"");
    let found = LOCK
        .split_once(&name)
        .and_then(|(_, rest)| rest.split_once('"'));
    found.map_or("?", |(version, _)| version)
}

/// The median over that of the reference with as many threads.
fn ratio(workload: &Workload, series: &Series, all: &[Series]) -> Option<f64> {
    let (_, threads) = series.runtime.rsplit_once('_')?;
    let reference = format!("{REFERENCE}_{threads}");
    let reference = all.iter().find(|series| series.runtime == reference)?;
    let median = |series: &Series| Some(series.spread(workload.primary)?.median);
    Some(median(series)? / median(reference)?)
}

/// The medians of the other figures.
fn also(workload: &Workload, series: &Series) -> String {
    let Some(first) = series.runs.first() else {
        return String::new();
    };
    let names = first.sample.figures().map(|(name, _)| name);
    let others = names.filter(|name| *name != workload.primary);
    let figure = |name| Some((name, series.spread(name)?));
    others
        .filter_map(figure)
        .map(|(name, Spread { median, .. })| format!("{name}={} ", number(median)))
        .collect()
}

fn row([runtime, median, range, ratio, others, also]: [String; 6]) -> String {
    format!("{runtime:<12} {median:>9} {range:>22} {ratio:>7} {others:>7}  {also}")
}

/// Three digits or more.
fn number(value: f64) -> String {
    match value.abs() {
        1e7.. => format!("{:.1}M", value / 1e6),
        1e4.. => format!("{:.1}k", value / 1e3),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.234, 12.34, 123.4, 1234.5, 12_345.0, 12_345_678.0].map(number);
        assert_eq!(
            shown,
            ["0.00", "1.23", "12.3", "123", "1234", "12.3k", "12.3M"]
        );
    }

    #[test]
    fn versions_are_known() {
        assert!(PACKAGES.iter().all(|package| version(package) != "?"));
    }
}
