//! The load generator's command line: `load ADDR [options]`.

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use xtask::Result;
use xtask::load::{self, Options};

const HELP: &str = "\
usage: load ADDR [options]       the protocol is in xtask/src/load/protocol.rs

  --connections N     keep-alive connections (64)
  --rate N            requests due in a second; without it, as many as are answered
  --seconds N         at least so long (10)
  --stream-mib N      and until so much has been streamed (1024)
  --cap N             but never longer than so many seconds (120)
  --mix WEIGHTS       kinds of request (hello=70,stream=4,echo=20,work=6)
  --stream-bytes N    per streamed answer (4194304)
  --echo-bytes N      per echoed body (16384)
  --work-rounds N     per request for work (100000)
  --pid PID           the service's process, to tell its CPU time
  --json FILE         where the result goes, for a program to read
  --quiet             no lines of progress
";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
fn run() -> Result<bool> {
    let Some((options, json)) = options(Parser::from_env())? else {
        print!("{HELP}");
        return Ok(true);
    };
    let report = load::run(&options)?;
    if let Some(json) = json {
        fs::write(json, format!("{:#}\n", report.to_json()))?;
    }
    print!("{report}");
    Ok(report.errors == 0)
}

/// What the arguments say; none if they ask for help.
fn options(mut parser: Parser) -> Result<Option<(Options, Option<PathBuf>)>> {
    let mut options = Options::default();
    let mut address = None;
    let mut json = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if address.is_none() => address = Some(value.parse()?),
            Long("connections") => options.connections = parser.value()?.parse()?,
            Long("rate") => options.rate = Some(rate(&mut parser)?),
            Long("json") => json = Some(parser.value()?.into()),
            Long("seconds") => options.duration = seconds(&mut parser)?,
            Long("stream-mib") => options.streamed = parser.value()?.parse::<u64>()? << 20,
            Long("cap") => options.cap = seconds(&mut parser)?,
            Long("mix") => options.mix = parser.value()?.parse()?,
            Long("stream-bytes") => options.stream_bytes = parser.value()?.parse()?,
            Long("echo-bytes") => options.echo_bytes = parser.value()?.parse()?,
            Long("work-rounds") => options.work_rounds = parser.value()?.parse()?,
            Long("pid") => options.pid = Some(parser.value()?.parse()?),
            Long("quiet") => options.progress = false,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    options.address = address.ok_or("no address to load; --help tells more")?;
    Ok(Some((options, json)))
}

fn rate(parser: &mut Parser) -> Result<f64> {
    match parser.value()?.parse()? {
        rate if rate > 0.0 => Ok(rate),
        rate => Err(format!("{rate} requests in a second are none").into()),
    }
}

fn seconds(parser: &mut Parser) -> Result<Duration> {
    Ok(Duration::try_from_secs_f64(parser.value()?.parse()?)?)
}
