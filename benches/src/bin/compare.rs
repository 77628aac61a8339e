//! The comparison: `compare --help`.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use laneway_benches::workload::{self, RUNTIMES, WORKLOADS, Workload};
use laneway_benches::{Result, load, report, rounds};
use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

const HELP: &str = "\
usage: compare [workload or group]…     compare laneway with other runtimes
         --list                         only name the workloads
         --rounds N                     samples of each (7)
         --vs RUNTIME,…                 tokio, smol (tokio)
         --threads mt|st                only runtimes of many threads, or of one
         --json FILE                    where the samples go (target/bench/compare.json)
       compare sample WORKLOAD RUNTIME  one sample, in this process
         --size N                       instead of the workload's own size
       compare load ADDR CONNECTIONS    the load generator of `echo`
";

fn main() -> ExitCode {
    match run(Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut parser: Parser) -> Result<()> {
    let first = match parser.next()? {
        Some(Value(first)) => first,
        _ => OsString::new(),
    };
    match first.to_str() {
        Some("sample") => sample(parser),
        Some("load") => {
            let addr: SocketAddr = parser.value()?.parse()?;
            load::run(addr, parser.value()?.parse()?)
        }
        _ => compare(Parser::from_env()),
    }
}

/// What to compare.
struct Options {
    chosen: Vec<String>,
    rounds: usize,
    peers: Vec<String>,
    threads: Option<String>,
    json: PathBuf,
}

fn compare(mut parser: Parser) -> Result<()> {
    let mut options = Options {
        chosen: vec![],
        rounds: 7,
        peers: vec!["tokio".to_string()],
        threads: None,
        json: "target/bench/compare.json".into(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(chosen) => options.chosen.push(chosen.string()?),
            Long("list") => {
                list();
                return Ok(());
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            Long("rounds") => options.rounds = parser.value()?.parse()?,
            Long("vs") => {
                let peers = parser.value()?.string()?;
                options.peers = peers.split(',').map(str::to_string).collect();
            }
            Long("threads") => options.threads = Some(parser.value()?.string()?),
            Long("json") => options.json = parser.value()?.into(),
            other => return Err(other.unexpected().into()),
        }
    }
    let workloads = workloads(&options)?;
    let runtimes = runtimes(&options)?;
    println!("{}", report::versions());
    let mut results = Vec::new();
    for workload in workloads {
        let series = rounds::run(workload, &runtimes, options.rounds);
        print!("{}", report::table(workload, &series));
        results.push((workload, series));
    }
    if let Some(folder) = options.json.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&options.json, format!("{:#}\n", report::json(&results)))?;
    let mut all = results.iter().flat_map(|(_, series)| series);
    match all.any(|series| !series.failures.is_empty()) {
        true => Err("some samples failed".into()),
        false => Ok(()),
    }
}

fn sample(mut parser: Parser) -> Result<()> {
    let name = parser.value()?.string()?;
    let workload = workload::find(&name).ok_or_else(|| format!("no workload {name}"))?;
    let runtime = parser.value()?.string()?;
    let mut size = workload.size;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("size") => size = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    print!("{}", workload::sample(workload, &runtime, size)?.to_lines());
    Ok(())
}

fn list() {
    for Workload {
        name, group, about, ..
    } in &WORKLOADS
    {
        println!("{group:<9} {name:<15} {about}");
    }
}

/// Those that are chosen by name or group; all if none is.
fn workloads(options: &Options) -> Result<Vec<&'static Workload>> {
    let is = |workload: &Workload, name: &String| name == workload.name || name == workload.group;
    for name in &options.chosen {
        if !WORKLOADS.iter().any(|workload| is(workload, name)) {
            return Err(format!("no workload or group {name}: see --list").into());
        }
    }
    let is_chosen = |workload: &&Workload| {
        options.chosen.is_empty() || options.chosen.iter().any(|name| is(workload, name))
    };
    Ok(WORKLOADS.iter().filter(is_chosen).collect())
}

fn runtimes(options: &Options) -> Result<Vec<&'static str>> {
    let chosen = |runtime: &&&str| {
        let Some((family, threads)) = runtime.split_once('_') else {
            return false;
        };
        let is_family = family == "laneway" || options.peers.iter().any(|peer| peer == family);
        let has_threads = options.threads.as_deref().is_none_or(|it| it == threads);
        is_family && has_threads
    };
    let runtimes: Vec<_> = RUNTIMES.iter().filter(chosen).copied().collect();
    match runtimes.is_empty() {
        true => Err("no such runtime: see --help".into()),
        false => Ok(runtimes),
    }
}
