//! The waker of the future that `block_on` drives: a flag, and an end to the park.

use std::sync::Arc;
use std::task::{Wake, Waker};

use laneway_loom::sync::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire},
};

/// Whether the root future wants to be polled.
#[derive(Debug)]
pub(crate) struct Root {
    woken: AtomicBool,
    unparker: Waker,
}

impl Root {
    /// A root that is to be polled for the first time.
    pub(crate) fn new(unparker: Waker) -> Arc<Self> {
        Arc::new(Self {
            woken: AtomicBool::new(true),
            unparker,
        })
    }

    /// `true` once for any number of wakes.
    pub(crate) fn take_woken(&self) -> bool {
        // Ordering: Acquire pairs with the AcqRel in `wake`: what was done before it is seen by the
        // poll. The load keeps a line that is shared with wakers from bouncing at every turn.
        self.woken.load(Acquire) && self.woken.swap(false, AcqRel)
    }

    pub(crate) fn is_woken(&self) -> bool {
        // Ordering: Acquire as above, though `take_woken` follows before anything is read.
        self.woken.load(Acquire)
    }
}

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: AcqRel, a read-modify-write even when the flag is up: a wake that changes
        // nothing still publishes what was done before it.
        if !self.woken.swap(true, AcqRel) {
            self.unparker.wake_by_ref();
        }
    }
}
