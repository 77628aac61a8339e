//! The hierarchical timer wheel: pure data, no clock, no lock, no waker.

mod level;
mod lists;
mod slab;

use core::fmt;

pub use slab::Key;

use level::{Occupancy, Slot};
use lists::{DUE, Lists, Place, Taken};
use slab::Slab;

/// Entries ordered by deadline, in ticks.
///
/// Inserting, moving and removing cost O(1). An entry is handled once more for each level that it
/// comes down (ten at most; two, if it lies 2¹⁸ ticks ahead), and time in which nothing is due
/// costs nothing, however long.
///
/// A wheel knows the time elapsed only by what it is told. It starts at 0.
///
/// ```
/// use laneway_timer::Wheel;
///
/// let mut wheel = Wheel::new();
/// wheel.insert(30, "tea");
/// let egg = wheel.insert(7, "egg");
/// wheel.insert(u64::MAX, "fossil");
///
/// assert_eq!(wheel.next_deadline(), Some(7));
/// assert_eq!(wheel.pop(6), None);
/// wheel.reset(egg, 31);
/// assert_eq!(wheel.pop(40), Some("tea"));
/// assert_eq!(wheel.pop(40), Some("egg"));
/// assert_eq!(wheel.pop(40), None);
/// assert_eq!(wheel.remove(egg), None);
/// assert_eq!(wheel.len(), 1);
/// ```
pub struct Wheel<T> {
    elapsed: u64,
    occupancy: Occupancy,
    /// The slot that begins at `elapsed` and is being emptied. Nothing new goes into it: what comes
    /// now and is not due shares its digit with `elapsed`, so it belongs further down.
    draining: Option<Slot>,
    lists: Lists,
    entries: Slab<T>,
}

/// What one [`Wheel::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Step<T> {
    /// An entry was due and has left the wheel. Step again.
    Expired(T),
    /// An entry came down a level. Step again.
    Moved,
    /// Nothing else is due. The wheel stands at the time it was told.
    Done,
}

impl<T> Wheel<T> {
    /// An empty wheel at tick 0. Allocates 11 KiB.
    pub fn new() -> Self {
        Self {
            elapsed: 0,
            occupancy: Occupancy::new(),
            draining: None,
            lists: Lists::new(),
            entries: Slab::new(),
        }
    }

    /// The tick up to which everything that was due has been popped, or is being popped.
    pub fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an entry. One whose deadline has elapsed already is the next to expire.
    ///
    /// # Panics
    ///
    /// If the wheel holds 2²⁸ entries; with many that others have left behind in their slots, sooner.
    // Always: with more than one caller the compiler would rather not, at 20 instructions a timer.
    #[inline(always)]
    pub fn insert(&mut self, deadline: u64, value: T) -> Key {
        let index = self.entries.insert(value);
        self.place(index, deadline);
        self.entries.key(index)
    }

    /// Takes an entry out; `None` if it has left the wheel already.
    #[inline]
    pub fn remove(&mut self, key: Key) -> Option<T> {
        let (value, place) = self.entries.remove_key(key)?;
        self.unlink(place);
        Some(value)
    }

    /// Gives an entry another deadline. `false` if it has left the wheel already.
    #[inline]
    pub fn reset(&mut self, key: Key, deadline: u64) -> bool {
        let Some(index) = self.entries.find(key) else {
            return false;
        };
        self.unlink(self.entries.place(index));
        self.place(index, deadline);
        true
    }

    /// The entry's value, unless it has left the wheel.
    #[inline]
    pub fn get(&self, key: Key) -> Option<&T> {
        self.entries.value(self.entries.find(key)?)
    }

    /// The entry's value, unless it has left the wheel.
    #[inline]
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.entries.value_mut(self.entries.find(key)?)
    }

    /// Does one bounded piece of the work that is left until `now`.
    ///
    /// Entries expire in the order of their deadlines, each by itself, except that one inserted late
    /// (its deadline had elapsed) goes before the others. Those of one tick come in no promised
    /// order. A `now` before [`elapsed`](Self::elapsed) counts as that.
    ///
    /// Between two steps the wheel may be changed in any way, and `now` may differ.
    #[inline]
    pub fn step(&mut self, now: u64) -> Step<T> {
        if let Some(due) = self.lists.pop(DUE)
            && let Some(value) = self.entries.remove(due.entry)
        {
            return Step::Expired(value);
        }
        loop {
            if let Some(slot) = self.draining {
                if let Some(step) = self.drain(slot) {
                    return step;
                }
                self.draining = None;
            }
            match self.occupancy.first() {
                Some(slot) if slot.start(self.elapsed) <= now => {
                    self.elapsed = slot.start(self.elapsed);
                    self.draining = Some(slot);
                }
                _ => {
                    // Slots that begin after `now` keep their places: they share all the digits
                    // above their level with the time elapsed, and so does every time between.
                    self.elapsed = self.elapsed.max(now);
                    return Step::Done;
                }
            }
        }
    }

    /// Takes out the next entry whose deadline is `now` or earlier; steps as often as that needs.
    #[inline]
    pub fn pop(&mut self, now: u64) -> Option<T> {
        loop {
            match self.step(now) {
                Step::Expired(value) => return Some(value),
                Step::Moved => {}
                Step::Done => return None,
            }
        }
    }

    /// The tick at which there is something to do again: never later than the earliest deadline.
    ///
    /// It is the earliest deadline itself unless an entry close by that was earlier has been removed, or
    /// moved, since. `None` for an empty wheel.
    pub fn next_deadline(&self) -> Option<u64> {
        if !self.lists.is_empty(DUE) {
            return Some(self.elapsed);
        }
        if let Some(slot) = self.draining
            && !self.lists.is_empty(slot.number())
        {
            return Some(self.elapsed);
        }
        let slot = self.occupancy.first()?;
        Some(self.lists.earliest(slot.number()))
    }

    /// Handles one entry of the slot that begins now; `None` when there is none left.
    #[inline]
    fn drain(&mut self, slot: Slot) -> Option<Step<T>> {
        let taken = self.lists.pop(slot.number())?;
        if taken.is_last {
            self.occupancy.clear(slot.number());
        }
        let Taken {
            deadline, entry, ..
        } = taken;
        if deadline <= self.elapsed {
            return self.entries.remove(entry).map(Step::Expired);
        }
        self.place(entry, deadline);
        Some(Step::Moved)
    }

    /// Appends the entry to the list in which its deadline belongs.
    #[inline]
    fn place(&mut self, index: u32, deadline: u64) {
        let list = if deadline <= self.elapsed {
            DUE
        } else {
            let slot = Slot::of(deadline, self.elapsed);
            self.occupancy.fill(slot);
            slot.number()
        };
        let place = self.lists.push(list, deadline, index);
        self.entries.set_place(index, place);
    }

    #[inline]
    fn unlink(&mut self, place: Place) {
        if let Some(list) = self.lists.remove(place)
            && list != DUE
        {
            self.occupancy.clear(list);
        }
    }
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("elapsed", &self.elapsed)
            .field("len", &self.len())
            .field("next_deadline", &self.next_deadline())
            .finish_non_exhaustive()
    }
}
