//! `cargo xtask demo`: an HTTP service under load, while background jobs take every core.
//!
//! The service is the example that the repository shows. It runs three times: with tasks in order of
//! arrival; with the most urgent task first; and with threads of their own for what is not urgent.
//! Each time the same requests are due at the same instants. What came of it is printed as a table and
//! drawn as a chart. Service and load generator are processes of their own.

mod chart;
mod service;
mod table;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

pub use service::Service;

use crate::Result;
use crate::cargo;
use table::Outcome;

/// The service: an example of this package.
const PACKAGE: &str = "laneway-hyper";
const EXAMPLE: &str = "service";

/// The ways to run tasks, as the service knows them and as people read them.
const WAYS: [(&str, &str); 3] = [
    ("fifo", "one lane, order of arrival"),
    ("classes", "one lane, most urgent first"),
    ("lanes", "two lanes (the default)"),
];

/// For so long the jobs are alone, to know what they can do.
const ALONE: Duration = Duration::from_secs(2);

/// Bytes of a streamed answer: some writes of a socket's usual buffer.
const STREAM_BYTES: &str = "131072";

/// What to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the service listens, to stay there for whoever comes, without load.
    pub serve: Option<SocketAddr>,
    /// How many connections there are.
    pub connections: usize,
    /// How many requests are due in a second.
    pub rate: f64,
    /// For how long, each time.
    pub seconds: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            serve: None,
            connections: 64,
            rate: 500.0,
            seconds: 10.0,
        }
    }
}

/// What is run, and where results go.
struct Programs {
    service: PathBuf,
    load: PathBuf,
    folder: PathBuf,
}

/// Runs the command: an error if a request failed or the service did not end as it should.
pub fn run(options: &Options) -> Result<()> {
    let service = built(&["--package", PACKAGE, "--example", EXAMPLE])?;
    if let Some(address) = options.serve {
        return keep_up(service, address);
    }
    let programs = Programs {
        service,
        load: built(&["--package", "xtask", "--bin", "load"])?,
        folder: cargo::workspace()?.target.join("demo"),
    };
    fs::create_dir_all(&programs.folder)?;
    let mut measured = Vec::new();
    for (way, title) in WAYS {
        println!("\n━━ {title}");
        measured.push((title, measure(&programs, way, options)?));
    }
    // Neighbours only ever slow the jobs down: the best is what they can do.
    let alone = measured.iter().map(|(_, it)| it.alone).fold(0.0, f64::max);
    let outcomes = measured
        .iter()
        .map(|(title, it)| Outcome::new(title, &it.json, it.loaded / alone))
        .collect::<Result<Vec<_>>>()?;
    let chart = programs.folder.join("latency.svg");
    chart::draw(&chart, &outcomes)?;
    println!("\n{}", table::of(&outcomes));
    println!("the chart: {}", chart.display());
    Ok(())
}

/// What one way came to.
struct Measured {
    /// What the load generator says.
    json: String,
    /// What the jobs did in a second, before the load and under it.
    alone: f64,
    loaded: f64,
}

/// Starts the service in one way, loads it, ends it.
fn measure(programs: &Programs, way: &str, options: &Options) -> Result<Measured> {
    let json = programs.folder.join(format!("{way}.json"));
    let mut command = Command::new(&programs.service);
    command.args(["127.0.0.1:0", way]);
    let mut service = Service::start(command)?;
    let address = service.address.to_string();
    let alone = pace_of_jobs(&mut service, || {
        // why: the jobs are measured for so long.
        thread::sleep(ALONE);
        Ok(())
    })?;
    let pid = service.pid().to_string();
    let loaded = pace_of_jobs(&mut service, || {
        let status = Command::new(&programs.load)
            .args([&address, "--pid", &pid])
            .args(["--connections", &options.connections.to_string()])
            .args(["--rate", &options.rate.to_string()])
            .args(["--seconds", &options.seconds.to_string()])
            .args(["--stream-mib=0", "--stream-bytes", STREAM_BYTES])
            .arg("--json")
            .arg(&json)
            .status()?;
        match status.success() {
            true => Ok(()),
            false => Err("requests failed: see `wrong:` above".into()),
        }
    })?;
    let ended = service.end()?;
    match ended.success() {
        true => Ok(Measured {
            json: fs::read_to_string(json)?,
            alone,
            loaded,
        }),
        false => Err(format!("the service did not end well: {ended}").into()),
    }
}

/// Seconds of work that the jobs do in a second, while something else happens.
fn pace_of_jobs(service: &mut Service, meanwhile: impl FnOnce() -> Result<()>) -> Result<f64> {
    let (start, before) = (Instant::now(), service.jobs()?);
    meanwhile()?;
    let done = service.jobs()? - before;
    Ok(done / start.elapsed().as_secs_f64())
}

/// Runs the service until this command's stdin ends, or it is interrupted.
fn keep_up(service: PathBuf, address: SocketAddr) -> Result<()> {
    println!("the service stays up until its input ends (Ctrl-D) or it is interrupted (Ctrl-C)");
    println!("try: curl http://{address}/hello");
    match Command::new(service).arg(address.to_string()).status()? {
        status if status.success() => Ok(()),
        status => Err(format!("the service did not end well: {status}").into()),
    }
}

/// Builds one program in release, and returns where it lies.
fn built(what: &[&str]) -> Result<PathBuf> {
    let mut command = cargo::cargo();
    command.args(["build", "--release"]).args(what);
    let last = cargo::build(&mut command)?
        .pop()
        .ok_or("nothing was built")?;
    Ok(last.path)
}
