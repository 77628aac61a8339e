//! The policies of threads, as Linux has them.
//!
//! # Invariants
//!
//! 1. Every call here is about the calling thread and gives the kernel nothing but numbers, and a
//!    pointer to a parameter that outlives the call.
#![allow(unsafe_code)]

use std::io;

/// What the background of every contestant runs under: batch scheduling, and the least weight. Both
/// need no privilege.
///
/// # Errors
///
/// What the system said.
pub fn enter_background() -> io::Result<()> {
    set_policy(libc::SCHED_BATCH, 0)?;
    // SAFETY: invariant 1. On Linux 0 is the calling thread, and not its process.
    match unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What the load generator runs under, so that its own delays are not counted: before all others.
///
/// # Errors
///
/// What the system said; most often that this needs a privilege.
pub fn enter_realtime() -> io::Result<()> {
    set_policy(libc::SCHED_FIFO, 1)
}

fn set_policy(policy: libc::c_int, sched_priority: libc::c_int) -> io::Result<()> {
    let parameter = libc::sched_param { sched_priority };
    // SAFETY: invariant 1. 0 is the calling thread.
    match unsafe { libc::sched_setscheduler(0, policy, &parameter) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn only_the_calling_thread_changes() {
        let nice = || {
            // SAFETY: invariant 1.
            unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) }
        };
        let before = nice();
        let inside = thread::spawn(move || {
            enter_background().unwrap();
            // SAFETY: invariant 1.
            (nice(), unsafe { libc::sched_getscheduler(0) })
        });
        assert_eq!(inside.join().unwrap(), (19, libc::SCHED_BATCH));
        assert_eq!(nice(), before);
    }
}
