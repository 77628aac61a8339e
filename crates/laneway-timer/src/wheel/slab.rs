//! Entries of a wheel, packed: what fires, where it is, and keys that go stale.
//!
//! Entries sit in chunks that never move, so an insertion copies none of them: the most it does
//! is allocate one chunk, and now and then double the table of chunks (8 bytes for each 64
//! entries). Memory is kept for the next peak until the wheel is dropped.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::lists::{NIL, Place};

/// Entries of a chunk: one allocation for 64 timers, 1.5 KiB in a wheel of wakers, little enough to
/// be initialized under a lock (some 0.2 µs).
const CHUNK: usize = 64;

/// Names one entry of one [`Wheel`](super::Wheel), and after that entry is gone, nothing.
///
/// No later entry is ever given the same key: a place whose numbers are used up (after 2³² entries)
/// is left unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    index: u32,
    generation: NonZeroU32,
}

impl Key {
    /// A key that never names an entry.
    pub const DANGLING: Self = Self {
        index: NIL,
        generation: NonZeroU32::MAX,
    };

    /// Another that never names one.
    #[cfg(feature = "std")]
    pub(crate) const NONE: Self = Self {
        index: NIL,
        generation: NonZeroU32::MIN,
    };

    /// The key as a number that is not 0.
    #[cfg(feature = "std")]
    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.generation.get()) << u32::BITS | u64::from(self.index)
    }

    /// The key of such a number; `None` of 0.
    #[cfg(feature = "std")]
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        Some(Self {
            index: bits as u32,
            generation: NonZeroU32::new((bits >> u32::BITS) as u32)?,
        })
    }
}

/// One entry, or one vacant place.
#[derive(Debug)]
struct Node<T> {
    /// `None`: vacant.
    value: Option<T>,
    generation: NonZeroU32,
    /// Where it is in its list; if it is vacant, the number of the next vacant one.
    link: u32,
}

impl<T> Node<T> {
    fn vacant(next: u32) -> Self {
        Self {
            value: None,
            generation: NonZeroU32::MIN,
            link: next,
        }
    }
}

/// The entries.
#[derive(Debug)]
pub(super) struct Slab<T> {
    chunks: Vec<Box<[Node<T>; CHUNK]>>,
    /// The first vacant place; the one freed last is the first used again, its line is warm.
    vacant: u32,
    len: usize,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            vacant: NIL,
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Stores an entry that is in no list yet.
    #[inline]
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if self.vacant == NIL {
            self.grow();
        }
        let index = self.vacant;
        let node = self.node_mut(index);
        node.value = Some(value);
        self.vacant = node.link;
        self.len += 1;
        index
    }

    /// Takes out an entry that is in no list any more.
    #[inline]
    pub(super) fn remove(&mut self, index: u32) -> Option<T> {
        self.take(index, |_| true).map(|(value, _)| value)
    }

    /// Takes out the entry that `key` names, and tells where it still is in its list.
    #[inline]
    pub(super) fn remove_key(&mut self, key: Key) -> Option<(T, Place)> {
        self.take(key.index, |generation| generation == key.generation)
    }

    #[inline]
    fn take(&mut self, index: u32, is_it: impl FnOnce(NonZeroU32) -> bool) -> Option<(T, Place)> {
        let vacant = self.vacant;
        let chunk = self.chunks.get_mut(index as usize / CHUNK)?;
        let node = &mut chunk[index as usize % CHUNK];
        if !is_it(node.generation) {
            return None;
        }
        let value = node.value.take()?;
        let place = Place::from_bits(node.link);
        if let Some(generation) = node.generation.checked_add(1) {
            node.generation = generation;
            node.link = vacant;
            self.vacant = index;
        }
        self.len -= 1;
        Some((value, place))
    }

    /// The place of the entry that `key` names.
    #[inline]
    pub(super) fn find(&self, key: Key) -> Option<u32> {
        let node = self
            .chunks
            .get(key.index as usize / CHUNK)?
            .get(key.index as usize % CHUNK)?;
        (node.generation == key.generation && node.value.is_some()).then_some(key.index)
    }

    #[inline]
    pub(super) fn key(&self, index: u32) -> Key {
        Key {
            index,
            generation: self.node(index).generation,
        }
    }

    #[inline]
    pub(super) fn value(&self, index: u32) -> Option<&T> {
        self.node(index).value.as_ref()
    }

    #[inline]
    pub(super) fn value_mut(&mut self, index: u32) -> Option<&mut T> {
        self.node_mut(index).value.as_mut()
    }

    /// Where the entry is in its list.
    #[inline]
    pub(super) fn place(&self, index: u32) -> Place {
        Place::from_bits(self.node(index).link)
    }

    /// Says where the entry is in its list.
    #[inline]
    pub(super) fn set_place(&mut self, index: u32, place: Place) {
        self.node_mut(index).link = place.to_bits();
    }

    #[inline]
    fn node(&self, index: u32) -> &Node<T> {
        &self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    #[inline]
    fn node_mut(&mut self, index: u32) -> &mut Node<T> {
        &mut self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    #[cold]
    fn grow(&mut self) {
        let first = u32::try_from(self.chunks.len() * CHUNK).unwrap_or(NIL);
        assert!(
            first <= NIL - CHUNK as u32,
            "a wheel holds at most 2^32 - 64 entries"
        );
        self.chunks.push(Box::new(core::array::from_fn(|offset| {
            Node::vacant(if offset + 1 == CHUNK {
                NIL
            } else {
                first + offset as u32 + 1
            })
        })));
        self.vacant = first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_24_bytes_and_a_key_eight() {
        if cfg!(target_pointer_width = "64") {
            assert_eq!(size_of::<Node<core::task::Waker>>(), 24);
        }
        assert_eq!(size_of::<Option<Key>>(), 8);
    }

    #[test]
    fn a_key_is_stale_once_its_entry_is_gone() {
        let mut slab = Slab::new();
        let first = slab.insert('a');
        let key = slab.key(first);
        assert_eq!(slab.find(key), Some(first));
        assert_eq!(slab.remove(first), Some('a'));
        assert_eq!(slab.find(key), None);
        let again = slab.insert('b');
        assert_eq!(again, first, "the warm place is used again");
        assert_eq!(slab.find(key), None);
        assert_eq!(slab.find(Key::DANGLING), None);
    }

    #[test]
    fn a_place_whose_generations_are_used_up_is_retired() {
        let mut slab = Slab::new();
        let index = slab.insert(());
        slab.node_mut(index).generation = NonZeroU32::MAX;
        let key = slab.key(index);
        slab.remove(index);
        assert_eq!(slab.find(key), None);
        for _ in 0..CHUNK {
            assert_ne!(slab.insert(()), index);
        }
        assert_eq!(slab.len(), CHUNK);
    }

    #[test]
    fn places_grow_by_chunks() {
        let mut slab = Slab::new();
        for n in 0..1000_u32 {
            assert_eq!(slab.insert(n), n);
        }
        assert_eq!(slab.chunks.len(), 16);
        for n in 0..1000 {
            assert_eq!(slab.remove(n), Some(n));
            assert_eq!(slab.remove(n), None);
        }
        assert_eq!(slab.len(), 0);
    }
}
