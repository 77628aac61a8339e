//! A set of classes in a byte.

use laneway_scheduler::Priority;

/// How many classes there are.
pub(crate) const COUNT: usize = Priority::ALL.len();

/// A set of classes: bit `n` stands for the class with the number `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Classes(u8);

impl Classes {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(class: Priority) -> Self {
        Self(1 << class as u8)
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn contains(self, class: Priority) -> bool {
        self.0 & Self::of(class).0 != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The most urgent.
    pub(crate) fn first(self) -> Option<Priority> {
        self.0
            .checked_ilog2()
            .and_then(|bit| Priority::from_u8(bit as u8))
    }

    /// From the most to the least urgent.
    pub(crate) fn iter(mut self) -> impl Iterator<Item = Priority> {
        core::iter::from_fn(move || {
            let first = self.first()?;
            self = self.without(Self::of(first));
            Some(first)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_comes_first() {
        let some = Classes::of(Priority::Batch).with(Classes::of(Priority::Critical));
        assert_eq!(some.first(), Some(Priority::Critical));
        assert!(some.iter().eq([Priority::Critical, Priority::Batch]));
        let less = some.without(Classes::of(Priority::Critical));
        assert_eq!(less.first(), Some(Priority::Batch));
        assert!(!less.contains(Priority::Critical));
        assert_eq!(Classes::from_bits(less.bits()), less);
        assert_eq!(less.without(less).first(), None);
        assert!(Classes::NONE.is_empty());
    }
}
