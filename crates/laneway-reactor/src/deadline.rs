//! How a turn that waits ends in time: the only code here that differs between platforms.
//!
//! Each file has a `Timer` with the same three verbs: `new`, `limit`, `fired`. They are also the only
//! ones that look at a clock.

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
mod timeout;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::Timer;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use timeout::Timer;

/// How long a turn may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The deadline is over: only look.
    Passed,
    /// Until there is an event, or for this long if the system can end the wait no other way.
    Wait(Option<Duration>),
}
