//! Deadlines by the timeout of the wait itself, which the system rounds up to milliseconds.

use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::Limit;

#[cfg(test)]
mod tests;

/// A wait is never longer than this; a turn then begins another. Some systems count in 32 bits of
/// milliseconds, which is 24 days.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Ends waits by their timeout.
#[derive(Debug)]
#[cfg_attr(any(target_os = "linux", target_os = "android"), allow(dead_code))]
pub(crate) struct Timer {
    /// A moment that is over, so that a deadline before it needs no look at the clock.
    passed: Instant,
}

impl Timer {
    pub(crate) fn new(_registry: &Registry, _token: Token) -> io::Result<Self> {
        Ok(Self {
            passed: Instant::now(),
        })
    }

    /// How long to wait for `deadline`.
    pub(crate) fn limit(&mut self, deadline: Instant) -> io::Result<Limit> {
        if deadline <= self.passed {
            return Ok(Limit::Passed);
        }
        self.passed = Instant::now();
        let left = deadline.saturating_duration_since(self.passed);
        Ok(if left.is_zero() {
            Limit::Passed
        } else {
            Limit::Wait(Some(left.min(LONGEST)))
        })
    }

    /// No event ever has its token.
    pub(crate) fn fired(&mut self) -> Option<Instant> {
        None
    }
}
