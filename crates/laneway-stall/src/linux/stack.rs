//! What a sample shows.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::OsThread;

/// Where a thread was. Its [`Display`](fmt::Display) is for people.
#[derive(Debug, Clone)]
pub struct Stack {
    thread: OsThread,
    addresses: Vec<u64>,
    is_cut: bool,
}

impl Stack {
    pub(super) fn new(thread: OsThread, addresses: Vec<u64>, is_cut: bool) -> Self {
        Self {
            thread,
            addresses,
            is_cut,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn thread(&self) -> OsThread {
        self.thread
    }

    /// Whether the stack went on beyond the 256 KiB that are copied: outer frames are missing.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Its calls, the innermost first; those that were inlined, too. Finds their names, which reads the
    /// debug information of the program the first time: that may take a second.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames = Vec::new();
        for address in &self.addresses {
            let (address, before) = (*address as usize, frames.len());
            let pointer = std::ptr::without_provenance_mut(address);
            backtrace::resolve(pointer, |symbol| {
                frames.push(Frame {
                    address,
                    function: symbol.name().map(|name| format!("{name:#}")),
                    line: symbol.filename().map(Path::to_owned).zip(symbol.lineno()),
                });
            });
            if frames.len() == before {
                frames.push(Frame {
                    address,
                    function: None,
                    line: None,
                });
            }
        }
        frames
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {}", self.thread.id())?;
        if let Ok(name) = self.thread.name() {
            write!(f, " `{name}`")?;
        }
        for (index, frame) in self.frames().iter().enumerate() {
            match &frame.function {
                Some(function) => write!(f, "\n{index:4}: {function}")?,
                None => write!(f, "\n{index:4}: {:#x}", frame.address)?,
            }
            if let Some((file, line)) = &frame.line {
                write!(f, "\n        at {}:{line}", file.display())?;
            }
        }
        match self.is_cut {
            true => write!(f, "\n      and outer frames, beyond what is copied"),
            false => Ok(()),
        }
    }
}

/// A call in a [`Stack`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    address: usize,
    function: Option<String>,
    line: Option<(PathBuf, u32)>,
}

impl Frame {
    /// Where in memory the call, or for the innermost frame the next instruction, is.
    #[must_use]
    pub fn address(&self) -> usize {
        self.address
    }

    /// The function, if it is known.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        self.function.as_deref()
    }

    /// File and line, if they are known.
    #[must_use]
    pub fn line(&self) -> Option<(&Path, u32)> {
        let (file, line) = self.line.as_ref()?;
        Some((file, *line))
    }
}
