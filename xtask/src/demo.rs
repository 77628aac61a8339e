//! `cargo xtask demo`: starts the HTTP service that the repository shows as an example, loads it,
//! and prints what came of it.
//!
//! Service and load generator are processes of their own. What they say to each other, and how the
//! service starts and ends, is told in [`load::protocol`](crate::load::protocol).

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::cargo;

/// The service: an example of this package.
const PACKAGE: &str = "laneway-hyper";
const EXAMPLE: &str = "service";

/// How long the service may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the service listens, to stay there for whoever comes, without load.
    pub serve: Option<SocketAddr>,
    /// How many connections there are.
    pub connections: usize,
    /// For how long, at least.
    pub seconds: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            serve: None,
            connections: 64,
            seconds: 10.0,
        }
    }
}

/// Runs the command: an error if a request failed or the service did not end as it should.
pub fn run(options: &Options) -> Result<()> {
    let service = built(&["--package", PACKAGE, "--example", EXAMPLE])?;
    if let Some(address) = options.serve {
        return keep_up(service, address);
    }
    let load = built(&["--package", "xtask", "--bin", "load"])?;
    let service = Service::start(Command::new(service))?;
    let loaded = Command::new(load)
        .arg(service.address.to_string())
        .args(["--connections", &options.connections.to_string()])
        .args(["--seconds", &options.seconds.to_string()])
        .args(["--pid", &service.child.id().to_string()])
        .status()?;
    let ended = service.end()?;
    match (loaded.success(), ended.success()) {
        (true, true) => Ok(()),
        (false, _) => Err("requests failed: see `wrong:` above".into()),
        (_, false) => Err(format!("the service did not end well: {ended}").into()),
    }
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

/// A running service. Its stdin ends when this is dropped, and then it ends.
#[derive(Debug)]
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Service {
    /// Starts it, and waits until it listens.
    pub fn start(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take().ok_or("the service has no stdin")?;
        let stdout = child.stdout.take().ok_or("the service has no stdout")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(|line| line.ok())
                .for_each(|line| {
                    println!("service: {line}");
                    // Nobody listens any more when the command has ended.
                    let _ = sender.send(line);
                });
        });
        match listening(&lines) {
            Ok(address) => Ok(Self {
                address,
                child,
                stdin,
                lines,
            }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// Asks it to end, and waits until it has.
    pub fn end(self) -> Result<ExitStatus> {
        let Self {
            mut child,
            stdin,
            lines,
            ..
        } = self;
        drop(stdin);
        // Its stdout ends with it.
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(child.wait()?),
                Err(RecvTimeoutError::Timeout) => {
                    child.kill()?;
                    child.wait()?;
                    return Err("the service did not end in time".into());
                }
            }
        }
    }
}

/// The address in the line `listening on ADDR`.
fn listening(lines: &Receiver<String>) -> Result<SocketAddr> {
    loop {
        let line = lines
            .recv_timeout(PATIENCE)
            .map_err(|_| "the service does not listen")?;
        if let Some(address) = line.strip_prefix("listening on ") {
            return Ok(address.trim().parse()?);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn starts_and_ends() {
        let script = "echo starting; echo listening on 127.0.0.1:81; cat; echo closed; exit 3";
        let service = Service::start(shell(script)).unwrap();
        assert_eq!(service.address, SocketAddr::from(([127, 0, 0, 1], 81)));
        assert_eq!(service.end().unwrap().code(), Some(3));
    }

    #[test]
    fn a_service_that_does_not_listen_is_an_error() {
        assert!(Service::start(shell("echo no")).is_err());
        assert!(Service::start(shell("echo listening on the stars; cat")).is_err());
    }
}
