//! Threads as the system numbers them.

use std::fs;
use std::io;

/// A thread of this process, by the number that the system gives it.
///
/// A number is free again when its thread has ended, and may then name another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OsThread(u32);

impl OsThread {
    /// The thread of this number: what `gettid` gives, and what tools show.
    #[must_use]
    pub fn from_id(id: u32) -> Self {
        Self(id)
    }

    /// The calling thread.
    ///
    /// # Errors
    ///
    /// If `/proc` is not there.
    pub fn current() -> io::Result<Self> {
        let link = fs::read_link("/proc/thread-self")?;
        id_in(link.file_name()).ok_or_else(not_proc).map(Self)
    }

    /// All threads of this process, in order of their numbers.
    ///
    /// # Errors
    ///
    /// If `/proc` is not there.
    pub fn all() -> io::Result<Vec<Self>> {
        let mut threads = Vec::new();
        for entry in fs::read_dir("/proc/self/task")? {
            let id = id_in(Some(&entry?.file_name())).ok_or_else(not_proc)?;
            threads.push(Self(id));
        }
        threads.sort();
        Ok(threads)
    }

    /// Its number.
    #[must_use]
    pub fn id(self) -> u32 {
        self.0
    }

    /// What it is called; Linux keeps 15 bytes of a name.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if it has ended.
    pub fn name(self) -> io::Result<String> {
        let name = fs::read_to_string(format!("/proc/self/task/{}/comm", self.0))?;
        Ok(name.trim_end_matches('\n').to_owned())
    }
}

fn id_in(name: Option<&std::ffi::OsStr>) -> Option<u32> {
    name?.to_str()?.parse().ok()
}

fn not_proc() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "/proc has another shape")
}
