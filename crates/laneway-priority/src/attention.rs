//! Why a pop must look closer: one byte, so that the common case is one branch.

use laneway_scheduler::Priority;

use crate::classes::Classes;

/// The classes but `Normal` that may have something in the worker's own rings, or one of whose items runs; and
/// whether time is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Attention(u8);

/// Time is billed.
const BILLING: u8 = 1 << 7;

const NORMAL: u8 = Classes::of(Priority::Normal).bits();

impl Attention {
    /// Whether a pop has more to do than to take a `Normal` item, if these `shared` queues have something.
    #[inline]
    pub(crate) fn is_due(self, shared: Classes) -> bool {
        (self.0 | shared.bits()) & !NORMAL != 0
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// May be too many.
    pub(crate) fn classes(self) -> Classes {
        Classes::from_bits(self.0 & !BILLING)
    }

    pub(crate) fn add(&mut self, class: Priority) {
        self.0 |= Classes::of(class).bits() & !NORMAL;
    }

    pub(crate) fn set_classes(&mut self, classes: Classes) {
        self.0 = self.0 & BILLING | classes.bits() & !NORMAL;
    }

    pub(crate) fn set_billing(&mut self, billing: bool) {
        self.0 = self.0 & !BILLING | if billing { BILLING } else { 0 };
    }
}
