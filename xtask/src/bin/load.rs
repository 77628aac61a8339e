//! The load generator's command line: `load ADDR [options]`.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use xtask::Result;
use xtask::load::{self, Options};

const HELP: &str = "\
usage: load ADDR [options]       the protocol is in xtask/src/load/protocol.rs

  --connections N     keep-alive connections (64)
  --seconds N         at least so long (10)
  --stream-mib N      and until so much has been streamed (1024)
  --cap N             but never longer than so many seconds (120)
  --mix WEIGHTS       kinds of request (hello=70,stream=4,echo=20,work=6)
  --stream-bytes N    per streamed answer (4194304)
  --echo-bytes N      per echoed body (16384)
  --work-rounds N     per request for work (100000)
  --pid PID           the service's process, to tell its CPU time
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
    let Some(options) = options(Parser::from_env())? else {
        print!("{HELP}");
        return Ok(true);
    };
    let report = load::run(&options)?;
    print!("{report}");
    Ok(report.errors == 0)
}

/// What the arguments say; none if they ask for help.
fn options(mut parser: Parser) -> Result<Option<Options>> {
    let mut options = Options::default();
    let mut address = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if address.is_none() => address = Some(value.parse()?),
            Long("connections") => options.connections = parser.value()?.parse()?,
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
    Ok(Some(options))
}

fn seconds(parser: &mut Parser) -> Result<Duration> {
    Ok(Duration::try_from_secs_f64(parser.value()?.parse()?)?)
}
