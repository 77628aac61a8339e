//! Which runtime is this thread part of? One of the three thread-locals of the house.

use std::cell::RefCell;
use std::rc::Rc;

use laneway_executor::LocalExecutor;

use crate::handle::Handle;

laneway_loom::thread_local! {
    static CURRENT: RefCell<Option<Rc<Current>>> = RefCell::new(None)
}

/// What a thread knows about its runtime.
#[derive(Clone)]
pub(crate) struct Current {
    /// The runtime that was entered last.
    pub(crate) handle: Handle,
    /// What the thread is, whatever it has entered.
    pub(crate) role: Role,
    /// The runtime whose thread it is; none for a guest.
    home: Option<Handle>,
}

/// What a thread is to the runtime it belongs to.
#[derive(Clone)]
pub(crate) enum Role {
    /// It polls tasks. It must not block, and nobody on it may wait for it to end.
    Worker,
    /// The same, and the tasks are its own.
    LocalWorker(Rc<LocalExecutor>),
    /// It runs blocking closures.
    Blocking,
    /// It belongs to none: it only entered, by `block_on` or `Handle::enter`.
    Guest,
}

impl Current {
    /// For a thread of `handle`'s runtime.
    pub(crate) fn own(handle: Handle, role: Role) -> Self {
        Self {
            home: Some(handle.clone()),
            handle,
            role,
        }
    }

    /// For a thread that enters `handle`'s runtime; it stays what it is.
    pub(crate) fn entering(handle: Handle) -> Self {
        match with(|current| (current.role.clone(), current.home.clone())) {
            Some((role, home)) => Self { handle, role, home },
            None => Self {
                handle,
                role: Role::Guest,
                home: None,
            },
        }
    }

    /// Whether this is a thread of `handle`'s runtime, which then cannot wait for it to end.
    pub(crate) fn is_at_home_in(&self, handle: &Handle) -> bool {
        self.home.as_ref().is_some_and(|home| home.is_same(handle))
    }

    /// Makes this what the thread knows, until the guard is dropped.
    pub(crate) fn enter(self) -> Entered {
        let before = CURRENT.try_with(|current| current.replace(Some(Rc::new(self))));
        Entered {
            before: before.ok().flatten(),
        }
    }
}

/// Puts back what was current before.
pub(crate) struct Entered {
    before: Option<Rc<Current>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // Dropped after the thread-local is gone: then there is nothing to put back.
        let before = self.before.take();
        let entered = CURRENT.try_with(|current| current.replace(before));
        // Outside of the borrow: dropping a handle may drop the last of a runtime.
        drop(entered);
    }
}

/// Calls `f` with the thread's current runtime, if it has one.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Current) -> R) -> Option<R> {
    // Not inside the borrow: `f` may drop a user's values, which may come back here.
    let current = CURRENT
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten();
    current.map(|current| f(&current))
}
