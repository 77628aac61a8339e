//! What the operating system does for a thread: its policy, its number, its core, its state.
//!
//! Linux has calls for it that no library wraps; elsewhere a policy is refused, and a thread has no
//! number.
//!
//! # Invariants
//!
//! 1. The kernel reads and writes at most `size` bytes of a `SchedAttr`, which is `repr(C)`, of that size,
//!    and valid for any bytes.
//! 2. A call with thread number 0, or with none, is about the calling thread and touches no memory besides.
#![allow(unsafe_code)]

use std::io;

use crate::policy::Policy;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::{apply, current_core, thread_id, thread_state};

/// The core of a thread, where that is unknown.
pub(crate) const NOWHERE: u32 = u32::MAX;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::time::Duration;

    use super::{Policy, io};
    use crate::policy::Kind;

    /// The kernel's `struct sched_attr`, of its first version.
    #[repr(C)]
    #[derive(Default)]
    struct SchedAttr {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        /// Of ordinary policies: the slice in nanoseconds, 0 for the default.
        runtime: u64,
        deadline: u64,
        period: u64,
    }

    const SIZE: u32 = size_of::<SchedAttr>() as u32;

    /// Asks for a policy for the calling thread, and says which it has then.
    pub(crate) fn apply(policy: Policy) -> io::Result<Policy> {
        let mut attr = read()?;
        attr.flags = 0;
        if let Some(kind) = policy.kind {
            // Of a real-time policy, if the thread has one; others have none.
            attr.priority = 0;
            attr.policy = match kind {
                Kind::Normal => libc::SCHED_OTHER as u32,
                Kind::Batch => libc::SCHED_BATCH as u32,
                Kind::Idle => libc::SCHED_IDLE as u32,
            };
        }
        if let Some(nice) = policy.nice {
            attr.nice = nice.into();
        }
        attr.runtime = policy.slice.map_or(0, |slice| slice.as_nanos() as u64);
        // SAFETY: as invariants 1 and 2 say.
        let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attr, 0) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        effective()
    }

    /// The policy of the calling thread.
    fn effective() -> io::Result<Policy> {
        let attr = read()?;
        Ok(Policy {
            kind: match attr.policy as i32 {
                libc::SCHED_OTHER => Some(Kind::Normal),
                libc::SCHED_BATCH => Some(Kind::Batch),
                libc::SCHED_IDLE => Some(Kind::Idle),
                // One of the real-time policies, which threads inherit.
                _ => None,
            },
            nice: Some(attr.nice.clamp(-20, 19) as i8),
            slice: Some(attr.runtime)
                .filter(|&nanos| nanos > 0)
                .map(Duration::from_nanos),
        })
    }

    fn read() -> io::Result<SchedAttr> {
        let mut attr = SchedAttr::default();
        // SAFETY: as invariants 1 and 2 say.
        let result = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attr, SIZE, 0) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        attr.size = SIZE;
        Ok(attr)
    }

    /// The core that the calling thread is on. Through libc, which works under valgrind too.
    pub(crate) fn current_core() -> u32 {
        // SAFETY: as invariant 2 says.
        u32::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(super::NOWHERE)
    }

    /// The number by which the system's tools know the calling thread.
    pub(crate) fn thread_id() -> Option<u32> {
        u32::try_from(rustix::thread::gettid().as_raw_nonzero().get()).ok()
    }

    /// The state letter that the kernel gives for a thread of this process: `R` running, `S` waiting,
    /// `D` waiting for a disk, `T` stopped.
    pub(crate) fn thread_state(id: u32) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/self/task/{id}/stat")).ok()?;
        // The name before it, in parentheses, may contain anything.
        let (_, after_name) = stat.rsplit_once(") ")?;
        after_name.chars().next()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod fallback {
    use super::{Policy, io};

    pub(crate) fn apply(_policy: Policy) -> io::Result<Policy> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "laneway cannot set the policy of threads on this system",
        ))
    }

    /// Unknown, so no two threads are known to share one.
    pub(crate) fn current_core() -> u32 {
        super::NOWHERE
    }

    pub(crate) fn thread_id() -> Option<u32> {
        None
    }

    pub(crate) fn thread_state(_id: u32) -> Option<char> {
        None
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use fallback::{apply, current_core, thread_id, thread_state};

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;
    use std::time::Duration;

    /// On a thread of its own, which keeps what it becomes.
    fn on_a_thread(policy: Policy) -> io::Result<Policy> {
        std::thread::spawn(move || apply(policy)).join().unwrap()
    }

    #[test]
    fn unprivileged_policies_are_granted() {
        let effective = on_a_thread(Policy::batch().nice(19)).unwrap();
        assert_eq!(
            effective.to_string().split(", slice").next(),
            Some("batch, nice 19")
        );
        let effective = on_a_thread(Policy::idle()).unwrap();
        assert_eq!(effective.kind, Some(crate::policy::Kind::Idle));
        let effective = on_a_thread(Policy::normal().slice(Duration::from_millis(3))).unwrap();
        assert!(
            effective
                .slice
                .is_none_or(|slice| slice == Duration::from_millis(3))
        );
    }

    #[test]
    fn the_state_of_a_thread_is_known() {
        let own = thread_id().unwrap();
        assert_eq!(thread_state(own), Some('R'));
        assert_eq!(thread_state(u32::MAX), None);
    }
}
