//! Items in the order of their deadlines; of one thread.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use crate::Deadline;

/// Among so many pops, one is of an item without a deadline, if there is one. The number at which the
/// other schedulers look where they otherwise do not; a prime, so that no program keeps in step with it.
const MERCY_INTERVAL: u32 = 61;

#[derive(Debug)]
pub(crate) struct Queue<T> {
    dated: BinaryHeap<Reverse<Entry<T>>>,
    undated: VecDeque<T>,
    pops_until_mercy: u32,
    /// How many came before.
    arrivals: u64,
}

#[derive(Debug)]
struct Entry<T> {
    deadline: Deadline,
    arrival: u64,
    item: T,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            dated: BinaryHeap::new(),
            undated: VecDeque::new(),
            pops_until_mercy: MERCY_INTERVAL,
            arrivals: 0,
        }
    }

    pub(crate) fn push(&mut self, item: T, deadline: Deadline) {
        if deadline == Deadline::NEVER {
            return self.undated.push_back(item);
        }
        // It does not overflow: at one a nanosecond that takes centuries.
        self.arrivals += 1;
        self.dated.push(Reverse(Entry {
            deadline,
            arrival: self.arrivals,
            item,
        }));
    }

    /// The item with the earliest deadline; of equal ones, which came first.
    pub(crate) fn pop(&mut self) -> Option<(T, Deadline)> {
        self.pops_until_mercy -= 1;
        if self.pops_until_mercy == 0 {
            self.pops_until_mercy = MERCY_INTERVAL;
            return self.pop_undated().or_else(|| self.pop_dated());
        }
        self.pop_dated().or_else(|| self.pop_undated())
    }

    fn pop_dated(&mut self) -> Option<(T, Deadline)> {
        let Reverse(entry) = self.dated.pop()?;
        Some((entry.item, entry.deadline))
    }

    fn pop_undated(&mut self) -> Option<(T, Deadline)> {
        self.undated.pop_front().map(|item| (item, Deadline::NEVER))
    }

    /// Of all that are here.
    pub(crate) fn earliest(&self) -> Deadline {
        let first = self.dated.peek();
        first.map_or(Deadline::NEVER, |Reverse(entry)| entry.deadline)
    }

    pub(crate) fn len(&self) -> usize {
        self.dated.len() + self.undated.len()
    }

    /// Everything, in no order.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        let dated = core::mem::take(&mut self.dated);
        let undated = core::mem::take(&mut self.undated);
        let dated = dated.into_iter().map(|Reverse(entry)| entry.item);
        dated.chain(undated)
    }
}

impl<T> Entry<T> {
    fn key(&self) -> (Deadline, u64) {
        (self.deadline, self.arrival)
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}
