//! What cannot be seen from outside, or not be brought about there.

mod lanes;
mod refusals;

use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);
