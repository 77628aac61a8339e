//! One value of the word: its bits, and what they say together.

use core::fmt;

use laneway_scheduler::Priority;

use super::duty::{Boost, Outcome};

/// The tickets that exist, a bit for each class: see [`Snapshot::ticket`].
pub(super) const TICKETS: u64 = 0b1111;
/// One thread polls or drops the future; the stage is that thread's.
pub(super) const RUNNING: u64 = 1 << 4;
/// The future is gone and the outcome is written.
pub(super) const COMPLETE: u64 = 1 << 5;
/// Somebody asked for the end.
pub(super) const ABORTED: u64 = 1 << 6;
/// Two bits that hold an [`Outcome`]; zero before `COMPLETE`.
pub(super) const OUTCOME: u64 = 0b11 << OUTCOME_SHIFT;
pub(super) const OUTCOME_SHIFT: u32 = 7;
/// The [`JoinHandle`](crate::JoinHandle) exists, or existed when the task completed.
pub(super) const JOIN_INTEREST: u64 = 1 << 9;
/// The joiner's slot holds a waker (after `COMPLETE`: held one, and the completer took it).
pub(super) const JOIN_WAKER: u64 = 1 << 10;
/// The task wants to be polled.
pub(super) const QUEUED: u64 = 1 << 11;
/// Two bits: how urgent the task is by itself.
const OWN_SHIFT: u32 = 12;
/// Two bits: how urgent the task is, the higher of the classes before and after. So that whoever
/// starts, rests or wakes the task need not compare them each time.
const EFFECTIVE_SHIFT: u32 = 14;
/// Two bits: how urgent the task is for the task that joins it; the least class if none does.
const JOINER_SHIFT: u32 = 16;
const CLASS: u64 = 0b11;
/// One reference; the bits from here up count them.
pub(super) const REF: u64 = 1 << 18;

/// One value of the word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Snapshot(pub(super) u64);

impl Snapshot {
    /// The word of a spawned task: a ticket and a handle, with a reference each.
    #[inline]
    pub(super) fn born(own: Priority) -> Self {
        // As `with_classes` would have it, in one multiplication.
        let classes = own as u64 * (1 << OWN_SHIFT | 1 << EFFECTIVE_SHIFT);
        Self(QUEUED | JOIN_INTEREST | Self::ticket(own) | classes).plus(2)
    }

    /// The bit that says that a ticket of `class` exists, or that somebody is about to make it.
    #[inline]
    pub(super) fn ticket(class: Priority) -> u64 {
        1 << (class as u32)
    }

    /// As `effective() == class && of(bits) == set`, in one comparison. `set` is among `bits`.
    #[inline]
    pub(super) fn is(self, class: Priority, bits: u64, set: u64) -> bool {
        self.of(bits | CLASS << EFFECTIVE_SHIFT) == set | (class as u64) << EFFECTIVE_SHIFT
    }

    /// Whether any of `bits` is set.
    #[inline]
    pub(super) fn has(self, bits: u64) -> bool {
        self.0 & bits != 0
    }

    /// Those of `bits` that are set.
    #[inline]
    pub(super) fn of(self, bits: u64) -> u64 {
        self.0 & bits
    }

    #[inline]
    pub(super) fn with(self, bits: u64) -> Self {
        Self(self.0 | bits)
    }

    #[inline]
    pub(super) fn without(self, bits: u64) -> Self {
        Self(self.0 & !bits)
    }

    #[inline]
    pub(super) fn toggled(self, bits: u64) -> Self {
        Self(self.0 ^ bits)
    }

    /// No longer running, but complete.
    #[inline]
    pub(super) fn ended(self, outcome: Outcome) -> Self {
        self.without(RUNNING)
            .with(COMPLETE | (outcome as u64) << OUTCOME_SHIFT)
    }

    #[inline]
    pub(super) fn plus(self, references: u64) -> Self {
        Self(self.0 + references * REF)
    }

    #[inline]
    pub(super) fn minus(self, references: u64) -> Self {
        Self(self.0 - references * REF)
    }

    #[inline]
    pub(super) fn references(self) -> u64 {
        self.0 / REF
    }

    #[inline]
    pub(super) fn classes(self) -> Classes {
        Classes((self.0 >> OWN_SHIFT) as u8 & 0b1111)
    }

    #[inline]
    pub(super) fn effective(self) -> Priority {
        class((self.0 >> EFFECTIVE_SHIFT) as u8)
    }

    /// The class of the joiner.
    #[inline]
    pub(super) fn joiner(self) -> Priority {
        class((self.0 >> JOINER_SHIFT) as u8)
    }

    #[inline]
    pub(super) fn with_joiner(self, joiner: Priority) -> Self {
        self.with_classes(self.classes().own(), joiner)
    }

    #[cfg(feature = "std")]
    pub(super) fn with_own(self, own: Priority) -> Self {
        self.with_classes(own, self.joiner())
    }

    #[inline]
    fn with_classes(self, own: Priority, joiner: Priority) -> Self {
        let bits = |class: Priority, shift| (class as u64) << shift;
        let effective = own.max(joiner);
        self.without(CLASS << OWN_SHIFT | CLASS << EFFECTIVE_SHIFT | CLASS << JOINER_SHIFT)
            .with(bits(own, OWN_SHIFT))
            .with(bits(effective, EFFECTIVE_SHIFT))
            .with(bits(joiner, JOINER_SHIFT))
    }

    /// The effective class, if there is no ticket of it.
    #[inline]
    pub(super) fn missing_ticket(self) -> Option<Priority> {
        let effective = self.effective();
        (!self.has(Self::ticket(effective))).then_some(effective)
    }

    /// This word with a ticket of the effective class, which has a reference of its own: the class
    /// if there was none.
    #[inline]
    pub(super) fn with_ticket(self) -> (Option<Priority>, Self) {
        match self.missing_ticket() {
            None => (None, self),
            Some(class) => (Some(class), self.with(Self::ticket(class)).plus(1)),
        }
    }

    /// What a change of class from `before` to this word comes to. Not for complete tasks.
    #[inline]
    pub(super) fn raised_from(self, before: Self) -> (Boost, Self) {
        if self.effective() <= before.effective() {
            return (Boost::Nothing, self);
        }
        // Polled once more, the task passes its new class on to what it waits for.
        let next = self.with(QUEUED);
        if next.has(RUNNING) {
            return (Boost::Preempt, next);
        }
        match next.with_ticket() {
            (None, next) => (Boost::Nothing, next),
            (Some(class), next) => (Boost::Schedule(class), next),
        }
    }

    pub(super) fn outcome(self) -> Option<Outcome> {
        self.has(COMPLETE)
            .then_some(match (self.0 & OUTCOME) >> OUTCOME_SHIFT {
                0 => Outcome::Value,
                1 => Outcome::Cancelled,
                2 => Outcome::Panicked,
                _ => Outcome::Rejected,
            })
    }
}

impl fmt::Debug for Snapshot {
    /// Names, not numbers: `QUEUED JOIN_INTEREST tickets=[normal] own=normal joiner=background refs=2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (QUEUED, "QUEUED "),
            (RUNNING, "RUNNING "),
            (COMPLETE, "COMPLETE "),
            (ABORTED, "ABORTED "),
            (JOIN_INTEREST, "JOIN_INTEREST "),
            (JOIN_WAKER, "JOIN_WAKER "),
        ];
        for (_, name) in names.into_iter().filter(|&(bit, _)| self.has(bit)) {
            f.write_str(name)?;
        }
        if let Some(outcome) = self.outcome() {
            write!(f, "{outcome:?} ")?;
        }
        for ticket in Priority::ALL {
            if self.has(Self::ticket(ticket)) {
                write!(f, "ticket={ticket} ")?;
            }
        }
        let (own, joiner) = (self.classes().own(), self.joiner());
        write!(f, "own={own} joiner={joiner} refs={}", self.references())
    }
}

/// How urgent a task is: by itself, and in effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classes(u8);

impl Classes {
    /// What its children inherit.
    #[inline]
    pub(crate) fn own(self) -> Priority {
        class(self.0)
    }

    /// What counts.
    #[inline]
    pub(crate) fn effective(self) -> Priority {
        class(self.0 >> (EFFECTIVE_SHIFT - OWN_SHIFT))
    }
}

/// The class in the lowest two bits.
#[inline]
pub(crate) fn class(bits: u8) -> Priority {
    match bits & CLASS as u8 {
        0 => Priority::Background,
        1 => Priority::Batch,
        2 => Priority::Normal,
        _ => Priority::Critical,
    }
}
