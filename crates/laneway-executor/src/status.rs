//! What became of a lane: what was asked for, and what the system gave.

use std::fmt;
use std::io;
use std::sync::Arc;

use laneway_scheduler::Priority;

use crate::{policy::Policy, start::Outcome};

/// What [`Executor::lanes`](crate::Executor::lanes) says of a lane.
#[derive(Debug, Clone)]
pub struct LaneStatus {
    pub(crate) name: String,
    pub(crate) classes: Vec<Priority>,
    pub(crate) threads: usize,
    pub(crate) is_started: bool,
    pub(crate) requested: Policy,
    pub(crate) outcome: Arc<Outcome>,
}

impl LaneStatus {
    /// What the lane is called; `main` is the first.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The classes of the tasks that run here, the most urgent first.
    pub fn classes(&self) -> &[Priority] {
        &self.classes
    }

    /// How many threads it has, or will have.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Whether they were started, which the first task does.
    pub fn is_started(&self) -> bool {
        self.is_started
    }

    /// The policy that was asked for.
    pub fn requested(&self) -> Policy {
        self.requested
    }

    /// The policy that the kernel says the threads have; `None` before they run, and for a lane that
    /// inherits its policy.
    ///
    /// # Errors
    ///
    /// Why the system refused the one that was requested. The threads run all the same, with the
    /// policy that they inherited.
    pub fn effective(&self) -> Option<Result<Policy, &io::Error>> {
        Some(self.outcome.policy.get()?.as_ref().copied())
    }

    /// Why the system gave the lane no thread, or fewer than it asked for. The tasks of a lane without
    /// any run in the main one.
    pub fn refusal(&self) -> Option<&io::Error> {
        self.outcome.refusal.get()
    }
}

impl fmt::Display for LaneStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} threads, ", self.name, self.threads)?;
        match (self.refusal(), self.effective()) {
            (Some(error), _) => write!(f, "some refused: {error}"),
            (None, Some(Ok(policy))) => policy.fmt(f),
            (None, Some(Err(error))) => write!(f, "{} refused: {error}", self.requested),
            (None, None) if self.requested.is_inherit() => self.requested.fmt(f),
            (None, None) => write!(f, "{} when started", self.requested),
        }
    }
}
