//! The comparison: `compare --help`.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use laneway_benches::contestant::{self, CONTESTANTS, family};
use laneway_benches::load::Load;
use laneway_benches::report::{FLOOR, Outcome};
use laneway_benches::rounds::Contestant;
use laneway_benches::workload::{self, Effort, WORKLOADS, Workload};
use laneway_benches::{Result, chart, load, report, rounds};
use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

const HELP: &str = "\
usage: compare [workload or group]…     compare laneway with other runtimes, and with the floor
         --list                         only name the workloads
         --rounds N                     samples of each (7)
         --vs RUNTIME,…                 tokio, smol, or all (tokio)
         --threads mt|st                only contestants of many threads, or of one
         --quick                        a hundredth of the work, to see that it runs
         --json FILE                    where the samples go (target/bench/compare.json);
                                        the chart lies beside it
       compare sample WORKLOAD WHO      one sample, in this process
         --size N --window MS --quick   instead of the workload's own effort
       compare load ADDR CONNECTIONS BYTES|http MS    the load generator of servers
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
            let load = Load {
                connections: parser.value()?.parse()?,
                protocol: parser.value()?.parse()?,
                window: Duration::from_millis(parser.value()?.parse()?),
            };
            load::run(addr, load)
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
    effort: fn(&Workload) -> Effort,
    json: PathBuf,
}

fn compare(mut parser: Parser) -> Result<()> {
    let mut options = Options {
        chosen: vec![],
        rounds: 7,
        peers: vec!["tokio".to_string()],
        threads: None,
        effort: Effort::full,
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
            Long("quick") => options.effort = Effort::quick,
            Long("json") => options.json = parser.value()?.into(),
            other => return Err(other.unexpected().into()),
        }
    }
    let workloads = workloads(&options)?;
    let contestants = contestants(&options)?;
    println!("{}", report::versions());
    let mut outcomes = Vec::new();
    for workload in workloads {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K{}", workload.name);
        }
        let effort = (options.effort)(workload);
        let outcome = Outcome {
            workload,
            size: effort.size,
            all: rounds::run(workload, &contestants, effort, options.rounds),
        };
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        print!("{}", outcome.table());
        outcomes.push(outcome);
    }
    print!("{}", report::summary(&outcomes));
    write(&options, &outcomes)?;
    let mut all = outcomes.iter().flat_map(|it| &it.all);
    match all.any(|series| !series.failures.is_empty()) {
        true => Err("some samples failed".into()),
        false => Ok(()),
    }
}

fn write(options: &Options, outcomes: &[Outcome]) -> Result<()> {
    if let Some(folder) = options.json.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&options.json, format!("{:#}\n", report::json(outcomes)))?;
    let svg = options.json.with_extension("svg");
    chart::draw(&svg, outcomes)?;
    println!("the chart: {}", svg.display());
    Ok(())
}

fn sample(mut parser: Parser) -> Result<()> {
    let name = parser.value()?.string()?;
    let workload = workload::find(&name).ok_or_else(|| format!("no workload {name}"))?;
    let contestant = parser.value()?.string()?;
    let mut effort = Effort::full(workload);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("size") => effort.size = parser.value()?.parse()?,
            Long("window") => effort.window = Duration::from_millis(parser.value()?.parse()?),
            Long("quick") => effort = Effort::quick(workload),
            other => return Err(other.unexpected().into()),
        }
    }
    let sample = contestant::sample(workload, &contestant, effort)?;
    print!("{}", sample.to_lines());
    Ok(())
}

fn list() {
    for Workload {
        name, group, about, ..
    } in WORKLOADS
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

/// laneway, the floor, and the chosen peers; what there is to know of them is told.
fn contestants(options: &Options) -> Result<Vec<Contestant>> {
    let is_known = |peer: &String| CONTESTANTS.iter().any(|it| family(it).0 == peer);
    if let Some(peer) = options
        .peers
        .iter()
        .find(|it| *it != "all" && !is_known(it))
    {
        return Err(format!("no peer {peer}: see --help").into());
    }
    let is_chosen = |name: &&&str| {
        let (family, threads) = family(name);
        let is_ours = [FLOOR, "laneway"].contains(&family);
        let is_peer = options
            .peers
            .iter()
            .any(|peer| peer == family || peer == "all");
        let has_threads = options.threads.as_deref().is_none_or(|it| it == threads);
        (is_ours || is_peer) && has_threads
    };
    let chosen = CONTESTANTS.iter().filter(is_chosen).map(|name| {
        let probed = contestant::probe(name);
        match &probed {
            Ok(None) => {}
            Ok(Some(remark)) => println!("{name}: {remark}"),
            Err(why) => println!("{name} does not run here: {why}"),
        }
        Contestant {
            name,
            cannot: probed.err(),
        }
    });
    let chosen: Vec<_> = chosen.collect();
    match chosen.is_empty() {
        true => Err("no such contestants: see --help".into()),
        false => Ok(chosen),
    }
}
