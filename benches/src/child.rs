//! One sample in a process of its own, with a limit on its time.

use std::env;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::machine::Load;
use crate::sample::Sample;
use crate::workload::{Effort, Workload};

/// No sample takes so long, unless something hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// What a child process came to.
#[derive(Debug, Clone)]
pub struct Run {
    /// What it measured.
    pub sample: Sample,
    /// Cores that other processes used meanwhile.
    pub others: Option<f64>,
}

/// Has `contestant` do `workload` in a new process of this program.
///
/// # Errors
///
/// If it fails or hangs; then what it wrote to stderr has been shown.
pub fn run(workload: &Workload, contestant: &str, effort: Effort) -> Result<Run> {
    let (size, window) = (
        effort.size.to_string(),
        effort.window.as_millis().to_string(),
    );
    let how_much = ["--size", &size, "--window", &window];
    let arguments = [&["sample", workload.name, contestant][..], &how_much].concat();
    let Output { text, others } = output(&arguments)?;
    let sample = Sample::from_lines(&text).ok_or("printed something else than figures")?;
    Ok(Run { sample, others })
}

/// What a process printed.
#[derive(Debug, Clone)]
pub struct Output {
    /// To its stdout.
    pub text: String,
    /// Cores that other processes used meanwhile.
    pub others: Option<f64>,
}

/// Runs a new process of this program.
///
/// # Errors
///
/// If it fails or hangs; then what it wrote to stderr has been shown.
pub fn output(arguments: &[&str]) -> Result<Output> {
    let load = Load::now();
    let mut child = Command::new(env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdout = child.stdout.take().ok_or("the sample has no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map(|_| text);
        // Nobody listens any more when the limit has passed.
        let _ = sender.send(read);
    });
    let Ok(text) = receiver.recv_timeout(LIMIT) else {
        child.kill()?;
        child.wait()?;
        return Err(format!("hangs: killed after {LIMIT:?}").into());
    };
    let status = child.wait()?;
    let others = load.others_since();
    match status.success() {
        true => Ok(Output {
            text: text?,
            others,
        }),
        false => Err(format!("failed: {status}").into()),
    }
}
