//! How urgent an item is.

use core::fmt;

/// The class of an item: a more urgent one is picked first. `Critical` is the greatest.
///
/// A scheduler that knows classes reads one per item. One that does not, like a plain queue, treats
/// all items alike.
///
/// ```
/// use laneway_scheduler::Priority;
///
/// assert!(Priority::Critical > Priority::default());
/// assert_eq!(Priority::from_u8(Priority::Batch as u8), Some(Priority::Batch));
/// assert!(Priority::ALL.is_sorted());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Priority {
    /// Work that nobody waits for.
    Background = 0,
    /// Long work that somebody waits for.
    Batch = 1,
    /// Everything else.
    #[default]
    Normal = 2,
    /// Short work that must not wait behind other work.
    Critical = 3,
}

impl Priority {
    /// Every class, from the least to the most urgent: `ALL[p as usize] == p`.
    pub const ALL: [Self; 4] = [Self::Background, Self::Batch, Self::Normal, Self::Critical];

    /// The class whose number (`priority as u8`) this is.
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Background),
            1 => Some(Self::Batch),
            2 => Some(Self::Normal),
            3 => Some(Self::Critical),
            _ => None,
        }
    }
}

/// The name in lower case.
impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Background => "background",
            Self::Batch => "batch",
            Self::Normal => "normal",
            Self::Critical => "critical",
        })
    }
}
