//! Two cursors in one word.

/// `steal` and `real` of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heads {
    pub(super) steal: u32,
    pub(super) real: u32,
}

impl Heads {
    pub(super) fn unpack(word: u64) -> Self {
        Self {
            steal: (word >> 32) as u32,
            real: word as u32,
        }
    }

    pub(super) fn pack(self) -> u64 {
        u64::from(self.steal) << 32 | u64::from(self.real)
    }

    /// A thief is at work.
    pub(super) fn is_busy(self) -> bool {
        self.steal != self.real
    }
}
