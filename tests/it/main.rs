//! What only shows when the parts work together: life cycles, shutdown, fairness, bad days.

#[cfg(target_os = "linux")]
mod alone;
mod bad_days;
mod edges;
mod escalation;
mod fairness;
#[cfg(target_os = "linux")]
mod faults;
mod lanes;
mod lifecycle;
mod local;
#[cfg(target_os = "linux")]
mod peer_io;
mod peer_locks;
mod peer_scheduler;
mod peer_tasks;
#[cfg(target_os = "linux")]
mod peer_teardown;
#[cfg(target_os = "linux")]
mod peer_time;
#[cfg(unix)]
mod peer_wakers;
mod priorities;
mod product;
mod shutdown;
mod support;
mod wakes;
