//! Who asks.

use std::fmt;
use std::io;
use std::time::Duration;

use laneway_loom::sync::Mutex;

use super::handler::Signal;
use super::modules::Modules;
use super::stack::Stack;
use crate::OsThread;

/// Takes stacks of threads. There is one at most in a process, and it owns the signal `SIGURG` until it is
/// dropped.
///
/// `SIGURG` tells of urgent data on sockets, which nobody sends, and is ignored unless it is caught: one
/// that comes when the sampler is gone does no harm. The Go runtime uses it too; then it is taken.
pub struct Sampler(Mutex<State>);

struct State {
    signal: Signal,
    modules: Modules,
}

impl Sampler {
    /// Whether this system can do it.
    pub const IS_SUPPORTED: bool = true;

    /// Installs the signal's handler.
    ///
    /// # Errors
    ///
    /// [`ResourceBusy`](io::ErrorKind::ResourceBusy) if there is a sampler already, or if somebody else
    /// handles the signal; [`Unsupported`](io::ErrorKind::Unsupported) where there is no way to do it.
    pub fn install() -> io::Result<Self> {
        Ok(Self(Mutex::new(State {
            signal: Signal::take()?,
            modules: Modules::default(),
        })))
    }

    /// Where `thread` is now. Waits for its answer for `timeout`, which passes only if the thread does
    /// not take signals or does not get to run; and it may take a few milliseconds to read the files that
    /// are loaded, the first time.
    ///
    /// Several threads may ask at once; they take turns.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if the thread has ended,
    /// [`TimedOut`](io::ErrorKind::TimedOut) if it does not answer; and what the system said if it does
    /// not show which files are loaded.
    pub fn sample(&self, thread: OsThread, timeout: Duration) -> io::Result<Stack> {
        let mut state = self.0.lock();
        let State { signal, modules } = &mut *state;
        let copied = signal.ask(thread.id(), timeout)?;
        modules.refresh()?;
        let (addresses, is_cut) = modules.unwind(&copied);
        Ok(Stack::new(thread, addresses, is_cut))
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler").finish_non_exhaustive()
    }
}
