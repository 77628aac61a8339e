//! Deadlines by timerfd: precise to microseconds, where the timeout of `epoll_wait` has milliseconds.
//!
//! The timer is armed again only if an earlier deadline comes, or after it has fired. When deadlines
//! move away, as those of timeouts that are not reached do, it is left alone: it fires once too early,
//! which costs one wake-up instead of a system call for each wait.
//!
//! It is edge-triggered and never read: to fire again it must be armed again, which resets it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Instant;

use mio::{Interest, Registry, Token, unix::SourceFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::Limit;

#[cfg(test)]
mod tests;

/// Ends waits by an event of its own.
#[derive(Debug)]
pub(crate) struct Timer {
    fd: OwnedFd,
    /// When it will fire, if it will.
    armed: Option<Instant>,
    /// A moment that is over, so that a deadline before it needs no look at the clock.
    passed: Instant,
}

impl Timer {
    /// A timer whose events have `token`.
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self {
            fd,
            armed: None,
            passed: Instant::now(),
        })
    }

    /// How long to wait for `deadline`.
    pub(crate) fn limit(&mut self, deadline: Instant) -> io::Result<Limit> {
        if deadline <= self.passed {
            return Ok(Limit::Passed);
        }
        self.passed = Instant::now();
        if deadline <= self.passed {
            return Ok(Limit::Passed);
        }
        if self.armed.is_none_or(|armed| armed > deadline) {
            self.arm(deadline)?;
        }
        Ok(Limit::Wait(None))
    }

    /// The timer's event came: which deadline is over.
    pub(crate) fn fired(&mut self) -> Option<Instant> {
        let armed = self.armed.take();
        if let Some(armed) = armed {
            self.passed = self.passed.max(armed);
        }
        armed
    }

    fn arm(&mut self, deadline: Instant) -> io::Result<()> {
        let left = deadline - self.passed;
        let timer = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Timespec {
                // The system stops counting after 292 years.
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            },
        };
        timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &timer)?;
        self.armed = Some(deadline);
        Ok(())
    }
}
