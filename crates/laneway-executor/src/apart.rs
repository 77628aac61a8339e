//! Keeps the workers of a lane on different cores, beside lanes of less weight.
//!
//! The kernel wakes a thread on an idle core, or else where the thread was last; a core with a thread of
//! little weight is as busy to it as any. So two workers of the main lane may come to share a core, and
//! stay there for a tenth of a second, while threads of the background have the other cores for
//! themselves. A worker that finds another one on its core moves away.

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::move_away;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::io;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// Moves the calling thread to a core that is none of `taken`, if it may run on every core of the
    /// system, and one is left. Afterwards it may run on every core again.
    ///
    /// A thread that may not is left alone: that is somebody's wish, and a mask that is set again would
    /// outlast it.
    pub(crate) fn move_away(taken: impl Iterator<Item = u32>) -> io::Result<()> {
        let mut left = sched_getaffinity(None)?;
        if left.count() != online_cores()? {
            return Ok(());
        }
        for core in taken.filter(|&core| core < CpuSet::MAX_CPU as u32) {
            left.unset(core as usize);
        }
        if left.count() > 0 {
            sched_setaffinity(None, &left)?;
            let mut every = CpuSet::new();
            (0..CpuSet::MAX_CPU).for_each(|core| every.set(core));
            sched_setaffinity(None, &every)?;
        }
        Ok(())
    }

    fn online_cores() -> io::Result<u32> {
        let list = std::fs::read_to_string("/sys/devices/system/cpu/online")?;
        count(list.trim()).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// How many numbers are in a list like `0-3,6`.
    pub(super) fn count(list: &str) -> Option<u32> {
        let ranges = list.split(',').map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
            last.checked_sub(first)?.checked_add(1)
        });
        ranges.sum()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod fallback {
    use std::io;

    pub(crate) fn move_away(_taken: impl Iterator<Item = u32>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use fallback::move_away;

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;
    use crate::os::{NOWHERE, current_core};
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// On a thread of its own, whose mask is nobody else's.
    fn on_a_thread(test: impl FnOnce(CpuSet) + Send) {
        let run = || test(sched_getaffinity(None).unwrap());
        std::thread::scope(|scope| scope.spawn(run).join().unwrap());
    }

    #[test]
    fn a_thread_moves_to_a_core_that_is_free_and_may_run_where_it_could() {
        on_a_thread(|allowed| {
            // The kernel may move it again at once, but not each time.
            let moved = (0..10).filter(|_| {
                let here = current_core();
                move_away([here, NOWHERE].into_iter()).unwrap();
                assert_eq!(sched_getaffinity(None).unwrap(), allowed);
                current_core() != here
            });
            let moved = moved.count();
            let online = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap();
            let online = linux::count(online.trim()).unwrap();
            assert!(moved > 0 || online == 1 || allowed.count() < online);
        });
    }

    #[test]
    fn where_a_mask_is_narrow_or_no_core_is_free_it_stays() {
        on_a_thread(|allowed| {
            let cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
            let cores: Vec<u32> = cores.map(|core| core as u32).collect();
            move_away(cores.iter().copied()).unwrap();
            assert_eq!(sched_getaffinity(None).unwrap(), allowed);
            let mut one = CpuSet::new();
            one.set(cores[0] as usize);
            sched_setaffinity(None, &one).unwrap();
            move_away([cores[0]].into_iter()).unwrap();
            assert_eq!(sched_getaffinity(None).unwrap(), one);
        });
    }

    #[test]
    fn lists_of_cores() {
        let counted = ["0", "0-3", "0-3,6", "0,2-2,4-7"].map(linux::count);
        assert_eq!(counted, [Some(1), Some(4), Some(5), Some(6)]);
        let odd = ["", "-", "1-", "3-1", "0-4294967295,0-1", "x"].map(linux::count);
        assert_eq!(odd[..5], [None; 5]);
        assert_eq!(odd[5], None);
    }
}
