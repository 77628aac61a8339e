//! Pinning threads to cores, for programs with one executor a core.

use std::io;

/// Lets the calling thread run on `core` alone (numbered from 0).
///
/// # Errors
///
/// What the system said; [`Unsupported`](io::ErrorKind::Unsupported) anywhere but on Linux and
/// Android; [`InvalidInput`](io::ErrorKind::InvalidInput) for a number no system can have.
pub fn pin_to_core(core: usize) -> io::Result<()> {
    pin(core)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn pin(core: usize) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};

    if core >= CpuSet::MAX_CPU {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("there is no core {core}"),
        ));
    }
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn pin(_core: usize) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "threads cannot be pinned on this system",
    ))
}
