//! Runs models, two at a time, each with a limit.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::{Model, Options};
use crate::process::{self, Outcome};

/// A model keeps one core busy and needs little memory; CI's machines have two cores.
const AT_ONCE: usize = 2;

/// So much of a failing model's output is shown: loom's trace of the failing order, and the panic.
const SHOWN_LINES: usize = 80;

/// A model that ran.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Its path, beginning with its crate.
    pub path: String,
    /// How many orders of its steps were executed; none if it did not get to its end.
    pub iterations: Option<u64>,
    /// How long that took.
    pub elapsed: Duration,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of running a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It held in every order.
    Held,
    /// It failed, as `#[should_panic]` says that it must.
    FailedAsExpected,
    /// It failed.
    Failed,
    /// It was not through when its time was up.
    TimedOut,
    /// The test ended well without running a model: then it says nothing.
    NoModel,
}

impl Verdict {
    /// Whether something has to be done.
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Held | Self::FailedAsExpected)
    }

    /// The word for the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "ok",
            Self::FailedAsExpected => "ok (must fail)",
            Self::Failed => "FAILED",
            Self::TimedOut => "FAILED (time is up)",
            Self::NoModel => "FAILED (ran no model)",
        }
    }
}

/// Runs the models and says what came of each, in their order.
pub(super) fn check(models: &[Model], options: &Options) -> Vec<Checked> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![None; models.len()]);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(models.len()) {
            scope.spawn(|| {
                while let Some((index, model)) = take(models, &next) {
                    let checked = check_one(model, options);
                    done.lock().unwrap()[index] = Some(checked);
                }
            });
        }
    });
    done.into_inner().unwrap().into_iter().flatten().collect()
}

fn take<'a>(models: &'a [Model], next: &AtomicUsize) -> Option<(usize, &'a Model)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, models.get(index)?))
}

fn check_one(model: &Model, options: &Options) -> Checked {
    let path = model.path();
    let mut command = Command::new(&model.binary);
    command.current_dir(&model.dir);
    command.args(["--exact", &model.test, "--nocapture", "--test-threads=1"]);
    if let Some(preemptions) = options.preemptions {
        command.env("LOOM_MAX_PREEMPTIONS", preemptions.to_string());
    }
    let (verdict, iterations, elapsed, output) = match process::run_limited(command, options.limit)
    {
        Ok(outcome) => {
            let iterations = iterations(&outcome.output);
            let verdict = verdict(&outcome, iterations);
            (
                verdict,
                iterations,
                outcome.elapsed,
                outcome.tail(SHOWN_LINES),
            )
        }
        Err(error) => (Verdict::Failed, None, Duration::ZERO, error.to_string()),
    };
    let seconds = elapsed.as_secs_f64();
    if verdict.is_failure() {
        eprintln!(
            "━━ {path}: {} after {seconds:.1} s\n{output}\n━━",
            verdict.word()
        );
    } else {
        eprintln!("{path}: {} in {seconds:.1} s", verdict.word());
    }
    Checked {
        path,
        iterations,
        elapsed,
        verdict,
    }
}

fn verdict(outcome: &Outcome, iterations: Option<u64>) -> Verdict {
    match (&outcome.status, iterations) {
        (None, _) => Verdict::TimedOut,
        (Some(status), _) if !status.success() => Verdict::Failed,
        _ if outcome.output.contains(" - should panic ... ") => Verdict::FailedAsExpected,
        (Some(_), Some(_)) => Verdict::Held,
        (Some(_), None) => Verdict::NoModel,
    }
}

/// The sum over the lines `model: N iterations`, one of which every model prints when it is
/// through. Libtest's `test name ... ` may stand before the first.
fn iterations(output: &str) -> Option<u64> {
    let counts = output.lines().filter_map(|line| {
        let (_, count) = line.strip_suffix(" iterations")?.rsplit_once("model: ")?;
        count.parse::<u64>().ok()
    });
    counts.fold(None, |sum, count| Some(sum.unwrap_or(0) + count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_many_iterations_there_were() {
        assert_eq!(iterations("test a ... model: 7 iterations\nok\n"), Some(7));
        assert_eq!(
            iterations("model: 7 iterations\nmodel: 35 iterations\n"),
            Some(42)
        );
        assert_eq!(iterations("test a ... ok\n"), None);
        assert_eq!(iterations("a model: of iterations\n"), None);
    }

    /// What a script that stands for a test binary comes to.
    fn verdict_on(script: &str) -> Verdict {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let outcome = process::run_limited(command, Duration::from_secs(2)).unwrap();
        verdict(&outcome, iterations(&outcome.output))
    }

    #[test]
    fn verdicts() {
        assert_eq!(verdict_on("echo 'model: 3 iterations'"), Verdict::Held);
        assert_eq!(
            verdict_on("echo 'model: 3 iterations'; exit 101"),
            Verdict::Failed
        );
        assert_eq!(verdict_on("echo 'test a ... ok'"), Verdict::NoModel);
        let expected = verdict_on("echo 'test a - should panic ... ok'");
        assert_eq!(expected, Verdict::FailedAsExpected);
        assert_eq!(verdict_on("exec sleep 600"), Verdict::TimedOut);
    }
}
