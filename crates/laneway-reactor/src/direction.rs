//! The two directions of a source, and sets of them.

use mio::Interest;

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// A set of directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directions(u8);

impl Direction {
    pub(crate) const ALL: [Self; 2] = [Self::Read, Self::Write];
}

impl Directions {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const READ: Self = Self(1);
    pub(crate) const WRITE: Self = Self(2);
    pub(crate) const BOTH: Self = Self(3);

    /// The lowest two bits of `bits`.
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::BOTH.0)
    }

    /// One bit for each direction, in the lowest two.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    #[inline]
    pub(crate) fn contains(self, direction: Direction) -> bool {
        self.intersects(direction.into())
    }

    #[inline]
    pub(crate) fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The direction, if it is one.
    pub(crate) fn single(self) -> Option<Direction> {
        match self {
            Self::READ => Some(Direction::Read),
            Self::WRITE => Some(Direction::Write),
            _ => None,
        }
    }
}

impl From<Direction> for Directions {
    #[inline]
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Read => Self::READ,
            Direction::Write => Self::WRITE,
        }
    }
}

impl From<Interest> for Directions {
    #[inline]
    fn from(interest: Interest) -> Self {
        // Urgent data and the like are something to read.
        let read = interest.is_readable() || interest.is_priority();
        match (read, interest.is_writable()) {
            (true, true) => Self::BOTH,
            (true, false) => Self::READ,
            (false, true) => Self::WRITE,
            (false, false) => Self::NONE,
        }
    }
}
