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
    /// How many preemptions its orders may have; the largest if it looks at several.
    pub bound: Option<u64>,
    /// How many orders of its steps were executed; none if it did not get to its end.
    pub iterations: Option<u64>,
    /// How long that took.
    pub elapsed: Duration,
    /// What came of it.
    pub verdict: Verdict,
}

impl Checked {
    fn tell(&self, output: &str) {
        let (path, word) = (&self.path, self.verdict.word());
        let seconds = self.elapsed.as_secs_f64();
        if self.verdict.is_failure() {
            eprintln!("━━ {path}: {word} after {seconds:.1} s\n{output}\n━━");
        } else {
            eprintln!("{path}: {word} in {seconds:.1} s");
        }
    }
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
                    let checked = check_one(model, options.preemptions, options.limit, None);
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

/// Runs one model; with a mutant, which is chosen by a variable, it says nothing of what it found.
pub fn check_one(
    model: &Model,
    preemptions: Option<usize>,
    limit: Duration,
    mutant: Option<&(&str, String)>,
) -> Checked {
    let path = model.path();
    let mut command = Command::new(&model.binary);
    command.current_dir(&model.dir);
    command.args(["--exact", &model.test, "--nocapture", "--test-threads=1"]);
    if let Some(preemptions) = preemptions {
        command.env("LOOM_MAX_PREEMPTIONS", preemptions.to_string());
    }
    command.envs(mutant.map(|(name, value)| (name, value)));
    let mut checked = Checked {
        path,
        bound: None,
        iterations: None,
        elapsed: Duration::ZERO,
        verdict: Verdict::Failed,
    };
    let output = match process::run_limited(command, limit) {
        Ok(outcome) => {
            checked.bound = bound(&outcome.output);
            checked.iterations = iterations(&outcome.output);
            checked.elapsed = outcome.elapsed;
            checked.verdict = verdict(&outcome, checked.iterations);
            outcome.tail(SHOWN_LINES)
        }
        Err(error) => error.to_string(),
    };
    if mutant.is_none() {
        checked.tell(&output);
    }
    checked
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
    figures(output, " iterations").reduce(|sum, count| sum + count)
}

/// The largest of the lines `model: N preemptions`.
fn bound(output: &str) -> Option<u64> {
    figures(output, " preemptions").max()
}

fn figures(output: &str, what: &str) -> impl Iterator<Item = u64> {
    output.lines().filter_map(move |line| {
        let (_, figure) = line.strip_suffix(what)?.rsplit_once("model: ")?;
        figure.parse().ok()
    })
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
        assert_eq!(
            bound("model: 2 preemptions\nmodel: 7 iterations\n"),
            Some(2)
        );
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
