//! The service as a process: how it starts, what it tells, how it ends. The page of that is
//! [`load::protocol`](crate::load::protocol).

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::Result;

/// How long the service may take to start, to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a line about the jobs begins with.
const JOBS: &str = "jobs ";

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
                    if !line.starts_with(JOBS) {
                        println!("service: {line}");
                    }
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

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Seconds of work that its background jobs have done so far.
    pub fn jobs(&mut self) -> Result<f64> {
        self.stdin.write_all(b"jobs\n")?;
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.map_err(|_| "the service does not tell what its jobs have done")?;
            if let Some(seconds) = line.strip_prefix(JOBS) {
                return Ok(seconds.trim().parse()?);
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
        let script = "echo starting; echo listening on 127.0.0.1:81; read line; echo $line 2.5; cat; \
                      echo closed; exit 3";
        let mut service = Service::start(shell(script)).unwrap();
        assert_eq!(service.jobs().unwrap(), 2.5);
        assert_eq!(service.address, SocketAddr::from(([127, 0, 0, 1], 81)));
        assert_eq!(service.end().unwrap().code(), Some(3));
    }

    #[test]
    fn a_service_that_does_not_listen_is_an_error() {
        assert!(Service::start(shell("echo no")).is_err());
        assert!(Service::start(shell("echo listening on the stars; cat")).is_err());
    }
}
