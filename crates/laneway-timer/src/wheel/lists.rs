//! The lists of a wheel's slots: which entries are in a slot, and when each is due.
//!
//! A list is a chain of chunks, and an entry in it a deadline and a number. So whoever goes through a
//! list reads memory from end to end, and has the next entry before it has followed the number of
//! this one; a list linked through the entries themselves waits for the memory of each. At 100,000
//! timers that was a quarter of all that a timer cost.
//!
//! An entry that leaves from the middle leaves a hole, and the last one of a chunk frees it, unless it is
//! the only one: a list keeps that, for what comes and goes. So a list costs 13 bytes for each entry, or
//! a chunk for each, at worst.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::level::{LEVELS, SLOTS};

/// The list of entries that were due when they came: the one after the slots' lists.
pub(super) const DUE: usize = LEVELS * SLOTS;

/// The number of no entry, and of no chunk.
pub(super) const NIL: u32 = u32::MAX;

/// Entries of a chunk. Four bits of a [`Place`].
const ROOM: usize = 16;

/// Chunks of an allocation, of 3.3 KiB.
const BLOCK: usize = 16;

/// Where an entry is, in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u32);

/// An entry that has left its list.
pub(super) struct Taken {
    pub(super) deadline: u64,
    pub(super) entry: u32,
    /// It was the last.
    pub(super) is_last: bool,
}

/// All lists of one wheel.
pub(super) struct Lists {
    ends: Box<[Ends; DUE + 1]>,
    #[expect(clippy::vec_box, reason = "blocks do not move, so that none is copied")]
    blocks: Vec<Box<[Chunk; BLOCK]>>,
    /// The first vacant chunk; its `next` is the next one.
    vacant: u32,
}

/// First and last chunk, or twice `NIL`.
#[derive(Clone, Copy)]
struct Ends {
    head: u32,
    tail: u32,
    /// No entry's deadline is before it. It is that of an entry which may have gone since.
    earliest: u64,
}

/// Entries from `first` up to `end`, some of which may be holes; never holes alone. Only the sole chunk of
/// a list may be empty.
#[derive(Clone, Copy)]
struct Chunk {
    deadlines: [u64; ROOM],
    /// `NIL`: a hole.
    entries: [u32; ROOM],
    prev: u32,
    next: u32,
    list: u16,
    first: u8,
    end: u8,
    /// How many are no holes.
    count: u8,
}

impl Place {
    fn new(chunk: u32, offset: usize) -> Self {
        Self(chunk * ROOM as u32 + offset as u32)
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub(super) fn to_bits(self) -> u32 {
        self.0
    }

    fn chunk(self) -> u32 {
        self.0 / ROOM as u32
    }

    fn offset(self) -> usize {
        self.0 as usize % ROOM
    }
}

impl Lists {
    pub(super) fn new() -> Self {
        let empty = Ends {
            head: NIL,
            tail: NIL,
            earliest: u64::MAX,
        };
        Self {
            ends: Box::new([empty; DUE + 1]),
            blocks: Vec::new(),
            vacant: NIL,
        }
    }

    #[inline]
    pub(super) fn is_empty(&self, list: usize) -> bool {
        match self.ends[list].head {
            NIL => true,
            head => self.chunk(head).count == 0,
        }
    }

    /// No entry of the list is due before that; and none at all, if it is empty.
    #[inline]
    pub(super) fn earliest(&self, list: usize) -> u64 {
        self.ends[list].earliest
    }

    /// Appends an entry.
    #[inline]
    pub(super) fn push(&mut self, list: usize, deadline: u64, entry: u32) -> Place {
        let ends = &mut self.ends[list];
        ends.earliest = ends.earliest.min(deadline);
        let tail = ends.tail;
        if tail != NIL
            && let Some(offset) = self.chunk_mut(tail).push(deadline, entry)
        {
            return Place::new(tail, offset);
        }
        self.push_to_new(list, deadline, entry)
    }

    /// Takes the first entry.
    #[inline]
    pub(super) fn pop(&mut self, list: usize) -> Option<Taken> {
        let head = self.ends[list].head;
        if head == NIL {
            return None;
        }
        let chunk = self.chunk_mut(head);
        if chunk.count == 0 {
            return None;
        }
        loop {
            let offset = usize::from(chunk.first) % ROOM;
            chunk.first += 1;
            if chunk.entries[offset] != NIL {
                chunk.count -= 1;
                return Some(Taken {
                    deadline: chunk.deadlines[offset],
                    entry: chunk.entries[offset],
                    is_last: chunk.count == 0 && self.emptied(head),
                });
            }
        }
    }

    /// Takes the entry at `place`. Returns its list, if it was the last there.
    #[inline]
    pub(super) fn remove(&mut self, place: Place) -> Option<usize> {
        let index = place.chunk();
        let chunk = self.chunk_mut(index);
        let list = usize::from(chunk.list);
        chunk.entries[place.offset()] = NIL;
        chunk.count -= 1;
        if chunk.count == 0 {
            return self.emptied(index).then_some(list);
        }
        if usize::from(chunk.end) == place.offset() + 1 {
            // What comes and goes next goes there, and leaves no holes.
            chunk.end -= 1;
        }
        None
    }

    /// A chunk holds nothing any more. `true` if its list does not either.
    #[inline]
    fn emptied(&mut self, index: u32) -> bool {
        let chunk = self.chunk_mut(index);
        let is_sole = chunk.prev == NIL && chunk.next == NIL;
        if is_sole {
            (chunk.first, chunk.end) = (0, 0);
            let list = usize::from(chunk.list);
            self.ends[list].earliest = u64::MAX;
        } else {
            self.free(index);
        }
        is_sole
    }

    /// Appends an entry in a new chunk.
    #[inline(never)]
    fn push_to_new(&mut self, list: usize, deadline: u64, entry: u32) -> Place {
        if self.vacant == NIL {
            self.grow();
        }
        let index = self.vacant;
        let ends = &mut self.ends[list];
        let prev = core::mem::replace(&mut ends.tail, index);
        if prev == NIL {
            ends.head = index;
        } else {
            self.chunk_mut(prev).next = index;
        }
        let chunk = self.chunk_mut(index);
        let vacant = core::mem::replace(&mut chunk.next, NIL);
        (chunk.prev, chunk.list) = (prev, list as u16);
        (chunk.first, chunk.end, chunk.count) = (0, 0, 0);
        let offset = chunk.push(deadline, entry).unwrap_or(0);
        self.vacant = vacant;
        Place::new(index, offset)
    }

    /// Unlinks a chunk that is not the only one.
    #[inline(never)]
    fn free(&mut self, index: u32) {
        let vacant = core::mem::replace(&mut self.vacant, index);
        let chunk = self.chunk_mut(index);
        let (prev, next) = (chunk.prev, core::mem::replace(&mut chunk.next, vacant));
        let list = usize::from(chunk.list);
        match prev {
            NIL => self.ends[list].head = next,
            prev => self.chunk_mut(prev).next = next,
        }
        match next {
            NIL => self.ends[list].tail = prev,
            next => self.chunk_mut(next).prev = prev,
        }
    }

    #[inline]
    fn chunk(&self, index: u32) -> &Chunk {
        &self.blocks[index as usize / BLOCK][index as usize % BLOCK]
    }

    #[inline]
    fn chunk_mut(&mut self, index: u32) -> &mut Chunk {
        &mut self.blocks[index as usize / BLOCK][index as usize % BLOCK]
    }

    #[cold]
    fn grow(&mut self) {
        let first = self.blocks.len() * BLOCK;
        assert!(
            first + BLOCK <= NIL as usize / ROOM,
            "a wheel holds at most 2^28 entries"
        );
        self.blocks.push(Box::new(core::array::from_fn(|offset| {
            Chunk::vacant(if offset + 1 == BLOCK {
                NIL
            } else {
                (first + offset + 1) as u32
            })
        })));
        self.vacant = first as u32;
    }
}

impl Chunk {
    const fn vacant(next: u32) -> Self {
        Self {
            deadlines: [0; ROOM],
            entries: [NIL; ROOM],
            prev: NIL,
            next,
            list: 0,
            first: 0,
            end: 0,
            count: 0,
        }
    }

    /// Appends an entry, if there is room; tells where.
    #[inline]
    fn push(&mut self, deadline: u64, entry: u32) -> Option<usize> {
        let offset = usize::from(self.end);
        *self.entries.get_mut(offset)? = entry;
        self.deadlines[offset] = deadline;
        self.end += 1;
        self.count += 1;
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lists: &mut Lists, list: usize) -> Vec<u32> {
        core::iter::from_fn(|| lists.pop(list))
            .map(|taken| taken.entry)
            .collect()
    }

    #[test]
    fn first_in_first_out() {
        let mut lists = Lists::new();
        for entry in 0..100 {
            lists.push(3, 7, entry);
            lists.push(DUE, 7, 1000 + entry);
        }
        assert_eq!(all(&mut lists, 3), Vec::from_iter(0..100));
        assert!(lists.is_empty(3) && !lists.is_empty(DUE));
        assert_eq!(all(&mut lists, DUE), Vec::from_iter(1000..1100));
        assert!(lists.is_empty(DUE));
        assert_eq!(lists.blocks.len(), 1);
    }

    #[test]
    fn what_leaves_a_hole_is_gone() {
        let mut lists = Lists::new();
        let places = Vec::from_iter((0..100).map(|entry| lists.push(3, 7, entry)));
        for (entry, place) in places.iter().enumerate() {
            if entry % 3 > 0 {
                assert_eq!(lists.remove(*place), None);
            }
        }
        assert_eq!(all(&mut lists, 3), Vec::from_iter((0..100).step_by(3)));
    }

    #[test]
    fn an_empty_chunk_is_used_again() {
        let mut lists = Lists::new();
        for _ in 0..10 {
            let places = Vec::from_iter((0..256).map(|entry| lists.push(3, 7, entry)));
            let emptied = places.into_iter().filter_map(|place| lists.remove(place));
            assert_eq!(Vec::from_iter(emptied), [3], "by the last");
            assert!(lists.is_empty(3));
            assert_eq!(lists.blocks.len(), 1);
        }
    }

    #[test]
    fn what_comes_and_goes_beside_others_takes_no_room() {
        let mut lists = Lists::new();
        let stays = lists.push(3, 7, 0);
        for entry in 1..100 {
            let place = lists.push(3, 7, entry);
            assert_eq!(place, Place(stays.0 + 1), "always the same");
            lists.remove(place);
        }
        assert_eq!(all(&mut lists, 3), [0]);
    }

    #[test]
    fn the_earliest_is_never_late() {
        let mut lists = Lists::new();
        assert_eq!(lists.earliest(3), u64::MAX);
        let early = lists.push(3, 5, 0);
        let late = lists.push(3, 9, 1);
        assert_eq!(lists.earliest(3), 5);
        lists.remove(early);
        assert_eq!(lists.earliest(3), 5, "it is not looked for");
        lists.remove(late);
        assert_eq!(lists.earliest(3), u64::MAX);
    }

    #[test]
    fn a_chunk_is_thirteen_bytes_for_each_entry() {
        assert_eq!(size_of::<Chunk>(), 13 * ROOM);
    }
}
