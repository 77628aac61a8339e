//! Where there is no way to do it: the same names, and an error.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::OsThread;

/// Takes stacks; not on this system.
#[derive(Debug)]
pub struct Sampler(Never);

#[derive(Debug, Clone)]
enum Never {}

impl Sampler {
    /// Whether this system can do it.
    pub const IS_SUPPORTED: bool = false;

    /// Says that it cannot be done.
    ///
    /// # Errors
    ///
    /// Always [`Unsupported`](io::ErrorKind::Unsupported).
    pub fn install() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// There is no sampler to call this on.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample(&self, _: OsThread, _: Duration) -> io::Result<Stack> {
        match self.0 {}
    }
}

/// Where a thread was; not on this system.
#[derive(Debug, Clone)]
pub struct Stack(Never);

impl Stack {
    /// There is no stack to call this on.
    pub fn thread(&self) -> OsThread {
        match self.0 {}
    }

    /// There is no stack to call this on.
    pub fn is_cut(&self) -> bool {
        match self.0 {}
    }

    /// There is no stack to call this on.
    pub fn frames(&self) -> Vec<Frame> {
        match self.0 {}
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

/// A call; not on this system.
#[derive(Debug, Clone)]
pub struct Frame(Never);

impl Frame {
    /// There is no frame to call this on.
    pub fn address(&self) -> usize {
        match self.0 {}
    }

    /// There is no frame to call this on.
    pub fn function(&self) -> Option<&str> {
        match self.0 {}
    }

    /// There is no frame to call this on.
    pub fn line(&self) -> Option<(&Path, u32)> {
        match self.0 {}
    }
}
