//! The comparison: `compare --help`.

#![forbid(unsafe_code)]

mod options;

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use laneway_benches::callgrind::OPERATIONS;
use laneway_benches::child::{self, Run};
use laneway_benches::instructions::{self, FIGURE, Kept};
use laneway_benches::load::Load;
use laneway_benches::report::Outcome;
use laneway_benches::rounds::{self, Contestant};
use laneway_benches::sample::Sample;
use laneway_benches::scaling::{self, AXES, Growth};
use laneway_benches::workload::{self, Effort, WORKLOADS, Workload};
use laneway_benches::{Result, callgrind, chart, contestant, load, report};
use lexopt::prelude::{Long, Value};
use lexopt::{Parser, ValueExt};

use options::Options;

const HELP: &str = "\
usage: compare [workload or group]…     compare laneway with other runtimes, and with the floor
       compare overhead                 what a request costs on top of a loop written by hand
       compare scaling                  what an operation costs beside 10 to 1,000,000 others
       compare instructions             how many instructions an operation takes (needs valgrind)
         --check                        fail if laneway takes more than the table that is kept says
         --bless                        keep what was counted
   all:  --vs RUNTIME,…                 tokio, smol, monoio, glommio, or all (tokio)
         --threads mt|st                only contestants of many threads, or of one
         --rounds N                     samples of each (7; scaling and instructions 3)
         --quick                        a hundredth of the work, to see that it runs
         --out FOLDER                   where samples and charts go (target/bench)
         --list                         only name the workloads
       compare sample WORKLOAD WHO      one sample, in this process
         --size N --window MS --quick   instead of the workload's own effort
       compare count WORKLOAD WHO SIZE  what `instructions` counts
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
        Some("count") => {
            let (workload, contestant) = (parser.value()?.string()?, parser.value()?.string()?);
            callgrind::work(&workload, &contestant, parser.value()?.parse()?)
        }
        Some("load") => {
            let addr: SocketAddr = parser.value()?.parse()?;
            let load = Load {
                connections: parser.value()?.parse()?,
                protocol: parser.value()?.parse()?,
                window: Duration::from_millis(parser.value()?.parse()?),
            };
            load::run(addr, load)
        }
        Some("scaling") => measure(parser, scale),
        Some("instructions") => measure(parser, count),
        _ => measure(Parser::from_env(), compare),
    }
}

fn measure(parser: Parser, how: fn(&Options) -> Result<()>) -> Result<()> {
    let options = Options::parse(parser)?;
    if options.help {
        print!("{HELP}");
    } else if options.list {
        for Workload {
            name, group, about, ..
        } in WORKLOADS
        {
            println!("{group:<9} {name:<15} {about}");
        }
    } else {
        fs::create_dir_all(&options.out)?;
        how(&options)?;
    }
    Ok(())
}

fn compare(options: &Options) -> Result<()> {
    let workloads = options.workloads()?;
    println!("{}", report::versions());
    let contestants = options.contestants()?;
    let mut outcomes = Vec::new();
    for workload in workloads {
        let rounds = options.rounds.unwrap_or(7);
        let outcome = outcome(workload, &contestants, options.effort(workload), rounds);
        print!("{}", outcome.table());
        outcomes.push(outcome);
    }
    print!("{}", report::summary(&outcomes));
    keep(options, "compare", &outcomes)?;
    let svg = options.out.join("compare.svg");
    chart::draw(&svg, &outcomes)?;
    println!("the chart: {}", svg.display());
    all_well(&outcomes)
}

fn scale(options: &Options) -> Result<()> {
    println!("{}", report::versions());
    let contestants = options.contestants()?;
    let mut all = Vec::new();
    for axis in AXES {
        let workload = workload::find(axis.workload).ok_or("an axis without a workload")?;
        let largest = match options.is_quick {
            true => 1000,
            false => usize::MAX,
        };
        let sizes = axis.sizes.iter().filter(|size| **size <= largest);
        let outcomes = sizes.map(|&size| {
            let effort = Effort {
                size,
                ..options.effort(workload)
            };
            outcome(workload, &contestants, effort, options.rounds.unwrap_or(3))
        });
        let growth = Growth {
            axis,
            outcomes: outcomes.collect(),
        };
        print!("{}", growth.table());
        all.push(growth);
    }
    let svg = options.out.join("scaling.svg");
    scaling::draw(&svg, &all)?;
    println!("\nthe chart: {}", svg.display());
    let outcomes: Vec<Outcome> = all.into_iter().flat_map(|it| it.outcomes).collect();
    keep(options, "scaling", &outcomes)?;
    all_well(&outcomes)
}

fn count(options: &Options) -> Result<()> {
    callgrind::probe()?;
    println!("{}", report::versions());
    let contestants = options.contestants()?;
    let mut outcomes = Vec::new();
    for operation in OPERATIONS {
        let workload =
            workload::find(operation.workload).ok_or("an operation without a workload")?;
        let rounds = options.rounds.unwrap_or(3);
        let all = rounds::run(workload, &contestants, rounds, |contestant| {
            progress(workload, contestant);
            let count = operation.count(contestant)?;
            Ok(Run {
                sample: Sample::default().with(FIGURE, count),
                others: None,
            })
        });
        progress_ends();
        let outcome = Outcome {
            workload,
            figure: FIGURE,
            size: workload.size,
            all,
        };
        print!("{}", outcome.table());
        outcomes.push(outcome);
    }
    print!("{}", report::summary(&outcomes));
    keep(options, "instructions", &outcomes)?;
    all_well(&outcomes)?;
    if options.bless {
        return instructions::bless(&outcomes);
    }
    if options.check {
        let (table, bad) = Kept::read()?.compare(&outcomes);
        print!("\n{table}");
        if bad > 0 {
            return Err(format!("{bad} counts are more than what is kept, or new").into());
        }
    }
    Ok(())
}

/// What all contestants come to in one workload.
fn outcome(
    workload: &'static Workload,
    contestants: &[Contestant],
    effort: Effort,
    rounds: usize,
) -> Outcome {
    let all = rounds::run(workload, contestants, rounds, |contestant| {
        progress(workload, contestant);
        child::run(workload, contestant, effort)
    });
    progress_ends();
    Outcome {
        workload,
        figure: workload.primary,
        size: effort.size,
        all,
    }
}

fn progress(workload: &Workload, contestant: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{}, {contestant}", workload.name);
    }
}

fn progress_ends() {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

/// Writes all samples.
fn keep(options: &Options, name: &str, outcomes: &[Outcome]) -> Result<()> {
    let file = options.out.join(name).with_extension("json");
    Ok(fs::write(file, format!("{:#}\n", report::json(outcomes)))?)
}

fn all_well(outcomes: &[Outcome]) -> Result<()> {
    let mut all = outcomes.iter().flat_map(|it| &it.all);
    match all.any(|series| !series.failures.is_empty()) {
        true => Err("some samples failed".into()),
        false => Ok(()),
    }
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
