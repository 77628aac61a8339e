//! What was still running when a shutdown's time was over.

use std::fmt;
use std::panic::Location;

use laneway_task::Id;

use crate::seat::Running;

/// The result of [`Pool::shutdown_timeout`](crate::Pool::shutdown_timeout): the closures that had
/// not ended in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    still_running: Vec<StillRunning>,
}

/// A closure that was running when the time was over, and that runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillRunning {
    thread: String,
    task: Id,
    name: Option<String>,
    location: &'static Location<'static>,
}

impl Report {
    pub(crate) fn new(still_running: Vec<StillRunning>) -> Self {
        Self { still_running }
    }

    /// `true` if every closure had ended.
    pub fn is_complete(&self) -> bool {
        self.still_running.is_empty()
    }

    /// What two pools left running.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.still_running.extend(other.still_running);
        self
    }

    /// The closures that had not.
    pub fn still_running(&self) -> &[StillRunning] {
        &self.still_running
    }
}

impl StillRunning {
    pub(crate) fn new(thread: String, running: Running) -> Self {
        Self {
            thread,
            task: running.id,
            name: running.name,
            location: running.location,
        }
    }

    /// The name of the thread that runs it.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The number of the task, as its `JoinHandle` gives it.
    pub fn task(&self) -> Id {
        self.task
    }

    /// What the task was [named](laneway_task::Builder::name).
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it was spawned.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_complete() {
            return f.write_str("every closure ended");
        }
        for (index, running) in self.still_running.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let StillRunning {
                thread,
                task,
                name,
                location,
            } = running;
            write!(f, "{separator}{thread} is still running task {task}")?;
            if let Some(name) = name {
                write!(f, " ({name})")?;
            }
            write!(f, " from {location}")?;
        }
        Ok(())
    }
}
