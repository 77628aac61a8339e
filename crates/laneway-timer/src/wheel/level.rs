//! Where a deadline belongs: pure arithmetic on numbers, and a bitmap of the slots that hold
//! something.
//!
//! Write a deadline as eleven digits of six bits. The entry lives on the level of the highest digit
//! in which its deadline differs from the time elapsed, in the slot which that digit names:
//!
//! ```text
//! level   one slot covers          reaches, with ticks of 2^12 ns
//!   0     1 tick                   0.26 ms
//!   1     64 ticks                 17 ms
//!   2     64^2 ticks               1.1 s
//!   3     64^3 ticks               69 s
//!   …
//!   10    64^10 ticks              all that a u64 can say
//! ```
//!
//! Three things follow, and the wheel rests on them. All entries of a level share the digits above
//! it with the time elapsed, so no level ever wraps round. Every entry of a lower level is due
//! before every entry of a higher one, so the first occupied slot of the lowest occupied level is
//! the next one due. And a slot of level 0 holds one tick, so nothing fires early.

/// Bits of a digit: one slot for each bit of the word that says which are occupied.
const DIGIT: u32 = u64::BITS.ilog2();

/// Slots of a level.
pub(super) const SLOTS: usize = 1 << DIGIT;

/// Levels enough that every `u64` has a slot.
pub(super) const LEVELS: usize = u64::BITS.div_ceil(DIGIT) as usize;

/// One slot of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    level: u8,
    index: u8,
}

impl Slot {
    /// The slot of a deadline later than `elapsed`.
    #[inline]
    pub(super) fn of(deadline: u64, elapsed: u64) -> Self {
        debug_assert!(deadline > elapsed, "what is due has no slot");
        let level = (deadline ^ elapsed).ilog2() / DIGIT;
        let index = (deadline >> (level * DIGIT)) % SLOTS as u64;
        Self {
            level: level as u8,
            index: index as u8,
        }
    }

    /// The first tick of this slot, for the present time elapsed.
    #[inline]
    pub(super) fn start(self, elapsed: u64) -> u64 {
        let shift = u32::from(self.level) * DIGIT;
        // The top level has no digits above it: the shift by 66 gives none.
        let above = u64::MAX.checked_shl(shift + DIGIT).unwrap_or(0);
        (elapsed & above) | (u64::from(self.index) << shift)
    }

    /// A number for each slot, below `LEVELS * SLOTS`.
    #[inline]
    pub(super) fn number(self) -> usize {
        usize::from(self.level) * SLOTS + usize::from(self.index)
    }
}

/// Which slots hold something: a bit each, and a bit for each level that has any.
#[derive(Debug)]
pub(super) struct Occupancy {
    levels: u16,
    slots: [u64; LEVELS],
}

impl Occupancy {
    pub(super) const fn new() -> Self {
        Self {
            levels: 0,
            slots: [0; LEVELS],
        }
    }

    /// The slot that is due first.
    #[inline]
    pub(super) fn first(&self) -> Option<Slot> {
        let level = self.levels.trailing_zeros() as usize;
        let slots = self.slots.get(level)?;
        Some(Slot {
            level: level as u8,
            index: slots.trailing_zeros() as u8,
        })
    }

    /// The slot holds something now.
    #[inline]
    pub(super) fn fill(&mut self, slot: Slot) {
        self.slots[usize::from(slot.level)] |= 1 << slot.index;
        self.levels |= 1 << slot.level;
    }

    /// Slot `number` is empty now.
    #[inline]
    pub(super) fn clear(&mut self, number: usize) {
        let (level, index) = (number / SLOTS, number % SLOTS);
        self.slots[level] &= !(1 << index);
        if self.slots[level] == 0 {
            self.levels &= !(1 << level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(level: u8, index: u8) -> Slot {
        Slot { level, index }
    }

    #[test]
    fn a_deadline_lives_at_its_highest_digit_that_differs() {
        assert_eq!(Slot::of(1, 0), slot(0, 1));
        assert_eq!(Slot::of(63, 0), slot(0, 63));
        assert_eq!(Slot::of(64, 0), slot(1, 1));
        assert_eq!(Slot::of(64, 63), slot(1, 1));
        assert_eq!(Slot::of(65, 64), slot(0, 1));
        assert_eq!(Slot::of(4095, 0), slot(1, 63));
        assert_eq!(Slot::of(4096, 4095), slot(2, 1));
        assert_eq!(Slot::of(u64::MAX, 0), slot(10, 15));
        assert_eq!(Slot::of(u64::MAX, u64::MAX - 1), slot(0, 63));
    }

    #[test]
    fn a_slot_starts_at_or_before_its_deadlines_and_after_the_present() {
        for shift in 0..64 {
            for elapsed in [0, 1, 63, 64, 4095, 1 << 30, 1 << 36, u64::MAX >> 1] {
                let Some(deadline) = (1_u64 << shift).checked_add(elapsed) else {
                    continue;
                };
                let start = Slot::of(deadline, elapsed).start(elapsed);
                assert!(
                    elapsed < start && start <= deadline,
                    "{elapsed} {start} {deadline}"
                );
            }
        }
    }

    #[test]
    fn the_first_slot_is_the_lowest_of_the_lowest_level() {
        let mut occupancy = Occupancy::new();
        assert_eq!(occupancy.first(), None);
        for (level, index) in [(10, 60), (1, 6), (1, 5), (0, 3)] {
            occupancy.fill(slot(level, index));
            assert_eq!(occupancy.first(), Some(slot(level, index)));
        }
        for (number, next) in [(3, Some(69)), (69, Some(70)), (70, Some(700)), (700, None)] {
            occupancy.clear(number);
            assert_eq!(occupancy.first().map(Slot::number), next);
        }
    }
}
