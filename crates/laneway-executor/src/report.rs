//! What was still running when a shutdown's time was over.

use std::fmt;

use laneway_task::Id;

/// The result of [`Executor::shutdown_timeout`](crate::Executor::shutdown_timeout): who had not
/// stopped in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    still_running: Vec<StillRunning>,
}

/// A worker that was inside a poll when the time was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillRunning {
    thread: String,
    task: Option<Id>,
}

impl Report {
    pub(crate) fn new(still_running: Vec<StillRunning>) -> Self {
        Self { still_running }
    }

    /// `true` if everything had ended.
    pub fn is_complete(&self) -> bool {
        self.still_running.is_empty()
    }

    /// The workers that had not stopped.
    pub fn still_running(&self) -> &[StillRunning] {
        &self.still_running
    }
}

impl StillRunning {
    pub(crate) fn new(thread: String, task: Option<Id>) -> Self {
        Self { thread, task }
    }

    /// The name of the worker's thread.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The task whose poll, or whose drop, keeps the worker; `None` if it is between two tasks.
    pub fn task(&self) -> Option<Id> {
        self.task
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_complete() {
            return f.write_str("every worker stopped");
        }
        for (index, worker) in self.still_running.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{} is still ", worker.thread)?;
            match worker.task {
                Some(task) => write!(f, "polling task {task}")?,
                None => f.write_str("stopping")?,
            }
        }
        Ok(())
    }
}
