//! Which runtime is this thread part of? One of the three thread-locals of the house.

use std::cell::RefCell;
use std::rc::Rc;

use laneway_executor::LocalExecutor;

use crate::handle::Handle;

laneway_loom::thread_local! {
    static CURRENT: RefCell<Option<Current>> = RefCell::new(None)
}

/// What a thread knows about its runtime.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) handle: Handle,
    pub(crate) role: Role,
}

/// What the thread is to the runtime.
#[derive(Clone)]
pub(crate) enum Role {
    /// It polls tasks. It must not block, and nobody on it may wait for it to end.
    Worker,
    /// The same, and the tasks are its own.
    LocalWorker(Rc<LocalExecutor>),
    /// It runs blocking closures.
    Blocking,
    /// It only entered: `block_on`, or `Handle::enter`.
    Guest,
}

impl Current {
    /// Makes this the thread's current runtime until the guard is dropped.
    pub(crate) fn enter(self) -> Entered {
        let before = CURRENT
            .try_with(|current| current.replace(Some(self)))
            .ok()
            .flatten();
        Entered {
            before: Some(before),
        }
    }
}

/// Puts back what was current before.
pub(crate) struct Entered {
    before: Option<Option<Current>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // Dropped after the thread-local is gone: then there is nothing to put back.
        let before = self.before.take().flatten();
        let entered = CURRENT.try_with(|current| current.replace(before));
        // Outside of the borrow: dropping a handle may drop the last of a runtime.
        drop(entered);
    }
}

/// Calls `f` with the thread's current runtime, if it has one.
pub(crate) fn with<R>(f: impl FnOnce(&Current) -> R) -> Option<R> {
    CURRENT
        .try_with(|current| current.borrow().as_ref().map(f))
        .ok()
        .flatten()
}
