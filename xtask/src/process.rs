//! Runs a program with a limit on its time.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Of a program's output this much is kept, the end of it.
const KEPT_OUTPUT: usize = 1 << 20;

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status; none when it was killed because its time was up.
    pub status: Option<ExitStatus>,
    /// What it printed, stdout and stderr together; only the end if it was much.
    pub output: String,
    /// How long it ran.
    pub elapsed: Duration,
}

impl Outcome {
    /// Whether the program said that all is well, in time.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// The last lines that it printed.
    pub fn tail(&self, lines: usize) -> String {
        let all: Vec<&str> = self.output.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

/// Runs `command` with an empty stdin until it ends, or kills it after `limit`.
pub fn run_limited(mut command: Command, limit: Duration) -> io::Result<Outcome> {
    let start = Instant::now();
    let (reader, writer) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command.spawn()?;
    drop(command); // holds the pipe's writing end, which must close for the reader to end
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read_end(reader)));
    let in_time = receiver.recv_timeout(limit);
    if in_time.is_err() {
        child.kill()?;
    }
    let status = child.wait()?;
    let (status, output) = match in_time {
        Ok(output) => (Some(status), output?),
        // Whatever the program started may still hold the pipe: do not wait for ever.
        Err(_) => (
            None,
            receiver
                .recv_timeout(Duration::from_secs(1))
                .unwrap_or(Ok(vec![]))?,
        ),
    };
    let output = String::from_utf8_lossy(&output).into_owned();
    Ok(Outcome {
        status,
        output,
        elapsed: start.elapsed(),
    })
}

/// Reads all, keeps the end.
fn read_end(mut reader: impl Read) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(&buffer[..count]);
        if kept.len() > 2 * KEPT_OUTPUT {
            kept.drain(..kept.len() - KEPT_OUTPUT);
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
    fn keeps_output_of_both_streams_and_the_status() {
        let outcome = run_limited(shell("echo out; echo err >&2; exit 3"), LONG).unwrap();
        assert_eq!(outcome.output, "out\nerr\n");
        assert_eq!(outcome.status.unwrap().code(), Some(3));
        assert!(!outcome.is_success());
        assert_eq!(outcome.tail(1), "err");
    }

    #[test]
    fn kills_what_runs_too_long() {
        let outcome = run_limited(shell("echo before; exec sleep 600"), SHORT).unwrap();
        assert!(outcome.status.is_none() && !outcome.is_success());
        assert_eq!(outcome.output, "before\n");
        assert!(outcome.elapsed < LONG);
    }

    #[test]
    fn keeps_only_the_end_of_much_output() {
        let outcome = run_limited(shell("yes | head -c 9000000; echo end"), LONG).unwrap();
        assert!(outcome.output.ends_with("y\nend\n"));
        assert!(outcome.output.len() <= 3 * KEPT_OUTPUT);
    }

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(300);
}
