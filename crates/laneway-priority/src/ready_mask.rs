#![doc = include_str!("ready_mask.md")]

use crossbeam_utils::CachePadded;
use laneway_loom::sync::atomic::{
    AtomicU8,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use laneway_scheduler::Priority;

use crate::classes::Classes;

#[cfg(test)]
mod loom;

/// The classes whose shared queues have something, as far as is known.
//
// Ordering of all accesses: Relaxed. A bit says nothing of what is behind it: the queues have orderings
// of their own. Between the bit and its queue the fences decide.
#[derive(Debug)]
pub(crate) struct ReadyMask(CachePadded<Masks>);

#[derive(Debug)]
struct Masks {
    ready: AtomicU8,
    /// The classes that were ever seen here.
    seen: AtomicU8,
}

impl ReadyMask {
    pub(crate) fn new() -> Self {
        Self(CachePadded::new(Masks {
            ready: AtomicU8::new(0),
            seen: AtomicU8::new(Classes::of(Priority::Normal).bits()),
        }))
    }

    /// The classes that can have items at all: `Normal`, and each other from its first item on. Who looks
    /// everywhere need not look further.
    #[inline]
    pub(crate) fn seen(&self) -> Classes {
        // Ordering: Relaxed. The bit is set before the item goes in, so who must see the item, because of
        // a fence, sees the bit.
        Classes::from_bits(self.0.seen.load(Relaxed))
    }

    /// An item of this class is about to go in.
    pub(crate) fn see(&self, class: Priority) {
        if !self.seen().contains(class) {
            // Ordering: Relaxed, as in `seen`.
            self.0.seen.fetch_or(Classes::of(class).bits(), Relaxed);
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> Classes {
        Classes::from_bits(self.0.ready.load(Relaxed))
    }

    /// An item of this class was put into its shared queue.
    #[inline]
    pub(crate) fn raise(&self, class: Priority) {
        // Ordering: pairs with the fence in `lower`, see the race in ready_mask.md.
        fence(SeqCst);
        if !self.get().contains(class) {
            self.set(class);
        }
    }

    /// The shared queue of this class was found empty.
    pub(crate) fn lower(&self, class: Priority, is_empty: impl Fn() -> bool) {
        if !self.get().contains(class) {
            return;
        }
        // Ordering: Relaxed, see above.
        self.0.ready.fetch_and(!Classes::of(class).bits(), Relaxed);
        // Ordering: pairs with the fence in `raise`, see the race in ready_mask.md.
        fence(SeqCst);
        // Re-check: who posted before the bit was lowered found it up.
        if !is_empty() {
            self.set(class);
        }
    }

    fn set(&self, class: Priority) {
        // Ordering: Relaxed, see above.
        self.0.ready.fetch_or(Classes::of(class).bits(), Relaxed);
    }
}
