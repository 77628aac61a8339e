//! One sample of requests and timers beside work that saturates the workers.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use laneway::task::Priority;
use serde_json::Value;

use super::contestant::{Contestant, Ticks};
use super::observed::Observed;
use super::pace::{Pace, READY};
use super::work::{Meter, Speed};
use crate::Result;

/// From the start of the work until the window: every queue is full by then.
const RAMP: Duration = Duration::from_millis(300);

/// No start takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What happens in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The class of what saturates the workers.
    pub class: Priority,
    /// How many tasks of it there are.
    pub tasks: usize,
    /// How long each of their polls takes.
    pub poll: Duration,
    /// CPU time that a request takes.
    pub request: Duration,
    /// How requests come.
    pub pace: Pace,
}

/// Measures a contestant.
///
/// # Errors
///
/// If the load generator fails.
pub fn measure(contestant: &dyn Contestant, plan: Plan, speed: Speed) -> Result<Observed> {
    let (sender, address) = mpsc::channel();
    contestant.serve(speed.steps(plan.request), sender);
    let address = address.recv_timeout(PATIENCE)?.to_string();
    let ticks = Arc::new(Ticks::new());
    contestant.tick(ticks.clone());
    let mut generator = Generator::start(&address, plan.pace)?;

    let meter = Arc::new(Meter::new(plan.tasks));
    contestant.press(plan.class, speed.steps(plan.poll), &meter);
    // why: the work has to get everywhere before anything is measured.
    thread::sleep(RAMP);
    let (from, before) = (Instant::now(), meter.done());
    generator.begin()?;
    // why: this is the window.
    thread::sleep(plan.pace.window);
    let (done, now) = (meter.done() - before, Instant::now());
    let late = ticks.late_in(from, now);

    let result = generator.end()?;
    let latencies = result["latencies"].as_array().ok_or("no latencies")?;
    let latencies: Vec<f64> = latencies.iter().filter_map(Value::as_f64).collect();
    let unanswered = result["unanswered"].as_f64().ok_or("no count")?;
    let is_realtime = result["realtime"].as_bool() == Some(true);
    let answered = latencies.len() as f64 - unanswered;
    Ok(Observed::default()
        .figure("kept", speed.share(done, now - from))
        .figure("answered", answered)
        .figure("unanswered", unanswered)
        .figure("realtime", f64::from(u8::from(is_realtime)))
        .series("echo", latencies)
        .series("timer", late))
}

/// The load generator, a process of its own.
struct Generator {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Generator {
    /// Starts it, and waits until all its connections have been answered.
    fn start(address: &str, pace: Pace) -> Result<Self> {
        let nanos = |duration: Duration| duration.as_nanos().to_string();
        let mut child = Command::new(env::current_exe()?)
            .args(["load", address, &pace.connections.to_string()])
            .args([nanos(pace.mean), nanos(pace.window)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("the generator has no output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        match line.trim() == READY {
            true => Ok(Self { child, output }),
            false => Err("the load generator could not start".into()),
        }
    }

    fn begin(&mut self) -> Result<()> {
        let stdin = self.child.stdin.as_mut().ok_or("no input")?;
        Ok(stdin.write_all(b"begin\n")?)
    }

    fn end(mut self) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        match self.child.wait()?.success() {
            true => Ok(serde_json::from_str(&line)?),
            false => Err("the load generator failed".into()),
        }
    }
}
