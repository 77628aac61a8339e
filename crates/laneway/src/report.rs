//! What a shutdown left running.

use std::fmt;

/// The result of [`Runtime::shutdown_timeout`](crate::Runtime::shutdown_timeout).
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Polls that had not ended.
    pub tasks: laneway_executor::Report,
    /// Closures that had not ended.
    pub blocking: laneway_blocking::Report,
}

impl Report {
    /// `true` if everything had ended.
    pub fn is_complete(&self) -> bool {
        self.tasks.is_complete() && self.blocking.is_complete()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.tasks, self.blocking)
    }
}
