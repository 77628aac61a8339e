//! Keeps the workers of a lane on different cores, beside lanes of less weight.
//!
//! The kernel wakes a thread on an idle core, or else where the thread was last; a core with a thread of
//! little weight is as busy to it as any. So two workers of the main lane may come to share a core, and
//! stay there for a tenth of a second, while threads of the background have the other cores for
//! themselves. A worker that finds another one on its core moves away.

/// What a thread notes that is on no core, or on an unknown one.
pub(crate) const NOWHERE: u32 = u32::MAX;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::{current_core, move_away};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::io;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// The core that the calling thread is on.
    pub(crate) fn current_core() -> u32 {
        sched_getcpu() as u32
    }

    /// Moves the calling thread to a core that is none of `taken`, if it may run on one. Afterwards it may
    /// run where it could before.
    pub(crate) fn move_away(taken: impl Iterator<Item = u32>) -> io::Result<()> {
        let allowed = sched_getaffinity(None)?;
        let mut left = allowed;
        for core in taken.filter(|&core| core < CpuSet::MAX_CPU as u32) {
            left.unset(core as usize);
        }
        if left.count() > 0 {
            sched_setaffinity(None, &left)?;
            sched_setaffinity(None, &allowed)?;
        }
        Ok(())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod fallback {
    use std::io;

    /// Unknown: so no two threads are known to share one.
    pub(crate) fn current_core() -> u32 {
        super::NOWHERE
    }

    pub(crate) fn move_away(_taken: impl Iterator<Item = u32>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use fallback::{current_core, move_away};

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// On a thread of its own, which may run on the first `cores` of its cores.
    fn on_a_thread<T: Send>(cores: usize, test: impl FnOnce(CpuSet) -> T + Send) -> T {
        std::thread::scope(|scope| {
            let run = || {
                let allowed = sched_getaffinity(None).unwrap();
                let mut few = CpuSet::new();
                let all = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
                all.take(cores).for_each(|core| few.set(core));
                sched_setaffinity(None, &few).unwrap();
                test(few)
            };
            scope.spawn(run).join().unwrap()
        })
    }

    #[test]
    fn a_thread_moves_to_a_core_that_is_free_and_may_go_where_it_could() {
        on_a_thread(2, |allowed| {
            if allowed.count() < 2 {
                return;
            }
            // The kernel may move it again at once, but not each time.
            let moved = (0..10).filter(|_| {
                let here = current_core();
                move_away([here, NOWHERE].into_iter()).unwrap();
                assert_eq!(sched_getaffinity(None).unwrap(), allowed);
                current_core() != here
            });
            assert!(moved.count() > 0);
        });
    }

    #[test]
    fn where_no_core_is_free_it_stays() {
        on_a_thread(1, |allowed| {
            move_away([current_core()].into_iter()).unwrap();
            assert_eq!(sched_getaffinity(None).unwrap(), allowed);
        });
    }
}
