//! Whether priorities hold: `priority --help`.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::time::{Duration, Instant};

use laneway_benches::priority::cell::Cell;
use laneway_benches::priority::pace::{self, Pace};
use laneway_benches::priority::row::{self, ROWS, Row};
use laneway_benches::priority::work::Speed;
use laneway_benches::priority::{criterion, table};
use laneway_benches::{Result, callgrind, report};
use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

const HELP: &str = "\
usage: priority                     do priorities hold? (about six minutes, on a quiet machine)
         --list                     only name the rows
         --rounds N                 samples of each (5)
         --rows GROUP,…             only these: a, b, c, w, one-lane, overload, inversion, instructions
         --only NAME,…              only these contestants
         --out FOLDER               where the samples go (target/bench)
       priority sample ROW CONTESTANT STEPS        one sample, in this process; steps of work a µs
       priority count WORKLOAD WHO SIZE            what `instructions` counts
       priority load ADDR CONNECTIONS MEAN WINDOW  the load generator; nanoseconds
";

fn main() -> ExitCode {
    match run(Parser::from_env()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut parser: Parser) -> Result<ExitCode> {
    let first = match parser.next()? {
        Some(Value(first)) => first,
        _ => OsString::new(),
    };
    match first.to_str() {
        Some("sample") => sample(parser),
        Some("count") => {
            let (workload, contestant) = (parser.value()?.string()?, parser.value()?.string()?);
            callgrind::work(&workload, &contestant, parser.value()?.parse()?)?;
            Ok(ExitCode::SUCCESS)
        }
        Some("load") => load(parser),
        _ => compare(Parser::from_env()),
    }
}

/// What to measure.
struct Options {
    groups: Vec<String>,
    only: Vec<String>,
    rounds: usize,
    out: PathBuf,
}

fn compare(mut parser: Parser) -> Result<ExitCode> {
    let mut options = Options {
        groups: vec![],
        only: vec![],
        rounds: 5,
        out: "target/bench".into(),
    };
    let list = |value: OsString| -> Result<Vec<String>> {
        let text = value.string()?;
        Ok(text.split(',').map(str::to_string).collect())
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("list") => {
                for Row { group, about, .. } in &ROWS {
                    println!("{group:<13} {about}");
                }
                return Ok(ExitCode::SUCCESS);
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            Long("rounds") => options.rounds = parser.value()?.parse()?,
            Long("rows") => options.groups = list(parser.value()?)?,
            Long("only") => options.only = list(parser.value()?)?,
            Long("out") => options.out = parser.value()?.into(),
            other => return Err(other.unexpected().into()),
        }
    }
    let rows = rows(&options)?;
    let start = Instant::now();
    println!("{}", report::versions());
    let speed = Speed::measure();
    println!("{:.0} steps of work in a microsecond", speed.steps_per_us);
    let cells = measure(&rows, &options, speed);
    let criteria = criterion::all(&cells);
    print!(
        "{}\n{}",
        table::measured(&cells),
        table::verdicts(&criteria)
    );
    let good = criteria.iter().filter(|it| it.verdict().is_good()).count();
    let (all, seconds) = (criteria.len(), start.elapsed().as_secs());
    println!("\n{good} of {all} as they must be; {seconds} s");
    fs::create_dir_all(&options.out)?;
    let json = table::json(speed, &cells, &criteria);
    fs::write(options.out.join("priority.json"), format!("{json:#}\n"))?;
    let any_failed = cells.iter().any(|cell| !cell.failures.is_empty());
    match good == all && !any_failed {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

fn rows(options: &Options) -> Result<Vec<&'static Row>> {
    for group in &options.groups {
        if !ROWS.iter().any(|row| row.group == group) {
            return Err(format!("no rows {group}: see --list").into());
        }
    }
    let is_chosen =
        |row: &&Row| options.groups.is_empty() || options.groups.iter().any(|it| it == row.group);
    Ok(ROWS.iter().filter(is_chosen).collect())
}

/// In rounds, so that what disturbs the machine for a while disturbs all of them.
fn measure(rows: &[&'static Row], options: &Options, speed: Speed) -> Vec<Cell> {
    let takes_part =
        |name: &&&str| options.only.is_empty() || options.only.iter().any(|it| it == **name);
    let mut cells: Vec<(&Row, Cell)> = Vec::new();
    for row in rows {
        for name in row.contestants.iter().filter(takes_part) {
            cells.push((row, Cell::new(row.name, name)));
        }
    }
    for round in 0..options.rounds {
        let now = |row: &Row| round == 0 || row.in_every_round;
        for (row, cell) in cells.iter_mut().filter(|(row, _)| now(row)) {
            if io::stderr().is_terminal() {
                let (row, contestant) = (row.name, cell.contestant);
                eprint!("\r\x1b[Kround {}: {row}, {contestant}", round + 1);
            }
            cell.sample(row, speed);
        }
    }
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    cells.into_iter().map(|(_, cell)| cell).collect()
}

fn sample(mut parser: Parser) -> Result<ExitCode> {
    let (row, contestant) = (parser.value()?.string()?, parser.value()?.string()?);
    let speed = Speed {
        steps_per_us: parser.value()?.parse()?,
    };
    println!("{}", row::sample(&row, &contestant, speed)?.to_line());
    io::stdout().flush()?;
    // Polls that never end are still under way.
    process::exit(0)
}

fn load(mut parser: Parser) -> Result<ExitCode> {
    let address = parser.value()?.parse()?;
    let pace = Pace {
        connections: parser.value()?.parse()?,
        mean: Duration::from_nanos(parser.value()?.parse()?),
        window: Duration::from_nanos(parser.value()?.parse()?),
    };
    pace::run(address, pace)?;
    Ok(ExitCode::SUCCESS)
}
