//! Why a pop must look closer: one byte, so that the common case is one branch.

use laneway_scheduler::Priority;

use crate::classes::Classes;

/// The classes that may have something in the worker's own rings, and two reasons more.
///
/// The bit of `Normal` is no reason for attention. It is never set when the others are not kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Attention(u8);

/// Time is billed.
const BILLING: u8 = 1 << 7;

/// The running item is not `Normal`.
const SPECIAL: u8 = 1 << 6;

const NORMAL: u8 = Classes::of(Priority::Normal).bits();

const REASONS: u8 = BILLING | SPECIAL;

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
        Classes::from_bits(self.0 & !REASONS)
    }

    pub(crate) fn add(&mut self, class: Priority) {
        self.0 |= Classes::of(class).bits() & !NORMAL;
    }

    pub(crate) fn set_classes(&mut self, classes: Classes) {
        self.0 = self.0 & REASONS | classes.bits() & !NORMAL;
    }

    pub(crate) fn set_billing(&mut self, billing: bool) {
        self.set(BILLING, billing);
    }

    pub(crate) fn set_special(&mut self, special: bool) {
        self.set(SPECIAL, special);
    }

    fn set(&mut self, bit: u8, on: bool) {
        self.0 = self.0 & !bit | if on { bit } else { 0 };
    }
}
