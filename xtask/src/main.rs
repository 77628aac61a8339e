//! The command line of the workshop: reads arguments, calls what they name.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value};
use lexopt::{Arg, Parser, ValueExt};
use xtask::{Result, bench, ci, demo, faults, loom, mutants, sanitize, soak, test, tidy};

const HELP: &str = "\
usage: cargo xtask <command>

  help                    this page
  ci                      fmt, tidy, clippy, doc, loom and test: what a change must pass
  test                    tests, doctests, examples, features, builds without std
  loom [crate[::model]]…  run the concurrency models under loom
         --list             only name them
         --preemptions N    instead of each model's own bound
         --limit SECONDS    for one model (300)
         --json FILE        where the results go (target/loom/results.json)
  loom --mutants [crate[::part]]…
                          which model fails if an ordering is weakened, a fence or a look left out?
         --resume           go on where the last run was interrupted
         --write            put the results into docs/mutants.md
         --json FILE        where the results go (target/loom-mutants/results.json)
  soak [minutes]          thousands of connections, timers, blocking, aborts: nothing late or lost (10)
         --connections N    as far as the limit on open files allows (9500)
         --seed N           the random choices of an earlier run
  asan [cargo test …]     all tests, or those named, under the address and leak sanitizers
  tsan [cargo test …]     the same under the thread sanitizer; says what it needs
  valgrind                small programs that use all of a runtime, under memcheck
  faults [times]          system calls that fail, each at its first time, its second… (200)
  tidy                    check the rules that a machine can check
  bench [group]…          compare with other runtimes, on a machine that does nothing else
         --help             its options, and what else it measures: overhead, scaling, instructions
  bench priority          do priorities hold, beside work that takes every core?
         --help             its options
  demo                    an HTTP service while background jobs take every core: run three ways
         --serve ADDR       no load: keep the service up at ADDR, for curl
         --connections N    keep-alive connections (64)
         --rate N           requests due in a second (500)
         --seconds N        each way for so long (10)
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
    let command = match parser.next()? {
        None | Some(Long("help") | Short('h')) => OsString::from("help"),
        Some(Value(command)) => command,
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.to_str() {
        Some("help") => {
            print!("{HELP}");
            Ok(())
        }
        Some("ci") => no_more(parser).and_then(|()| ci::run()),
        Some("test") => no_more(parser).and_then(|()| test::run()),
        Some("loom") => loom(parser),
        Some("soak") => soak::run(&soak_options(parser)?),
        Some("asan") => sanitize::asan(&rest(parser)?),
        Some("tsan") => sanitize::tsan(&rest(parser)?),
        Some("valgrind") => no_more(parser).and_then(|()| sanitize::valgrind()),
        Some("faults") => faults::run(match parser.next()? {
            Some(Value(times)) => times.parse()?,
            Some(other) => return Err(other.unexpected().into()),
            None => faults::TIMES,
        }),
        Some("tidy") => no_more(parser).and_then(|()| tidy::run()),
        Some("bench") => bench::run(&parser.raw_args()?.collect::<Vec<_>>()),
        Some("demo") => demo::run(&demo_options(parser)?),
        _ => Err(format!("unknown command {command:?}\n\n{HELP}").into()),
    }
}

/// Both forms of the command share their arguments; which it is is known at the end.
fn loom(mut parser: Parser) -> Result<()> {
    let mut options = loom::Options::default();
    let mut mutants = mutants::Options::default();
    let mut with_mutants = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(filter) => options.filters.push(filter.string()?),
            Long("mutants") => with_mutants = true,
            Long("resume") => mutants.resume = true,
            Long("write") => mutants.write = true,
            Long("list") => options.list = true,
            Long("preemptions") => options.preemptions = Some(parser.value()?.parse()?),
            Long("limit") => {
                options.limit = Duration::try_from_secs_f64(parser.value()?.parse()?)?;
            }
            Long("json") => options.json = Some(parser.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    if with_mutants {
        mutants.filters = options.filters;
        mutants.json = options.json;
        mutants::run(&mutants)
    } else {
        loom::run(&options)
    }
}

fn soak_options(mut parser: Parser) -> Result<soak::Options> {
    let mut options = soak::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(minutes) => options.minutes = minutes.parse()?,
            Long("connections") => options.connections = parser.value()?.parse()?,
            Long("seed") => options.seed = Some(parser.value()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn demo_options(mut parser: Parser) -> Result<demo::Options> {
    let mut options = demo::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("serve") => options.serve = Some(parser.value()?.parse()?),
            Long("connections") => options.connections = parser.value()?.parse()?,
            Long("rate") => options.rate = parser.value()?.parse()?,
            Long("seconds") => options.seconds = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// What is for cargo.
fn rest(mut parser: Parser) -> Result<Vec<String>> {
    let arguments = parser.raw_args()?.map(|argument| argument.string());
    Ok(arguments.collect::<std::result::Result<_, _>>()?)
}

/// Refuses arguments behind a command that has none.
fn no_more(mut parser: Parser) -> Result<()> {
    match parser.next()? {
        None => Ok(()),
        Some(argument) => Err(Arg::unexpected(argument).into()),
    }
}
