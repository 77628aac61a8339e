//! What a worker takes from elsewhere: the shared queues, and the rings of the others.

use laneway_fifo::Refill;
use laneway_scheduler::Cause;
use laneway_scheduler::Priority::{self, Critical, Normal};

use super::{LOOK_BATCH, LOOK_INTERVAL, PriorityWorker};
use crate::classes::Classes;
use crate::key::Key;
use crate::shared::CAPACITY;

impl<T: Send, K: Key<T>> PriorityWorker<T, K> {
    /// As [`take`](Self::take), from the shared queue alone, and waits for its lock.
    pub(super) fn take_share(&mut self, class: Priority) -> Option<T> {
        let share = self.share(class);
        let ring = &mut self.rings[class as usize];
        let refill = self.shared.queue(class).refill(ring, share);
        self.refilled(refill, class)
    }

    /// This worker's share of a shared queue: as much as the others can have, too.
    pub(super) fn share(&self, class: Priority) -> impl Fn(usize) -> usize + use<T, K> {
        let workers = self.shared.stealers().len();
        move |len| match class {
            // The others start at once on the rest.
            Critical => 1,
            _ => (len / workers + 1).min(CAPACITY / 2),
        }
    }

    pub(super) fn refilled(&mut self, refill: Refill<T>, class: Priority) -> Option<T> {
        let found = match refill {
            Refill::Item(item) => Some(item),
            Refill::Moved => {
                self.attention.add(class);
                self.rings[class as usize].pop()
            }
            Refill::Empty => None,
            Refill::Busy => return None,
        };
        self.shared.update_mask(class);
        found
    }

    /// Half of the first ring of this class that has something, beginning with a random one.
    pub(super) fn steal(&mut self, class: Priority) -> Option<T> {
        let stealers = self.shared.stealers();
        let ring = &mut self.rings[class as usize];
        self.attention.add(class);
        self.victims
            .order(stealers.len())
            .find_map(|victim| ring.steal_from(&stealers[victim][class as usize]))
    }

    /// A class that waits with other workers alone has its share of their time, and none of this one's. So
    /// half of what one of them has comes here, unless it has only one: carried to and fro, that would be
    /// owed nothing anywhere. `true` if something came.
    #[inline]
    pub(super) fn balance_class(&mut self, class: Priority) -> bool {
        if !self.rings[class as usize].is_empty() || !self.shared.queue(class).is_empty() {
            return false;
        }
        self.take_half(class)
    }

    fn take_half(&mut self, class: Priority) -> bool {
        let stealers = self.shared.stealers();
        let mut victims = self.victims.order(stealers.len());
        let victim = victims.find_map(|victim| {
            let victim = &stealers[victim][class as usize];
            (victim.len_hint() > 1).then_some(victim)
        });
        let ring = &mut self.rings[class as usize];
        let Some(first) = victim.and_then(|victim| ring.steal_from(victim)) else {
            return false;
        };
        self.attention.add(class);
        // Somebody is told in any case.
        let _ = self.push_own(first, class, Cause::Woken);
        true
    }

    /// Brings items from the shared queues behind what is here. It is also for a thread that was stopped
    /// before it told of its item in the mask.
    #[inline]
    pub(super) fn look(&mut self) -> Option<(T, Priority)> {
        self.pops_until_look = LOOK_INTERVAL;
        let seen = self.shared.ready.seen();
        if seen == Classes::of(Normal) {
            // Nothing to go through.
            return Some((self.look_for(Normal)?, Normal));
        }
        seen.iter()
            .find_map(|class| Some((self.look_for(class)?, class)))
    }

    #[inline]
    fn look_for(&mut self, class: Priority) -> Option<T> {
        let queue = self.shared.queue(class);
        if queue.is_empty() {
            return None;
        }
        let ring = &mut self.rings[class as usize];
        let batch = LOOK_BATCH.min(ring.spare());
        if class == Critical || batch == 0 {
            self.shared.ready.raise(class);
            return None;
        }
        match queue.try_refill(ring, |_| batch) {
            // A thief takes up its room.
            Refill::Item(item) => return Some(item),
            // Not a reason to wait, nor to forget it for another round.
            Refill::Busy => self.pops_until_look = 1,
            Refill::Moved => self.attention.add(class),
            Refill::Empty => {}
        }
        self.shared.update_mask(class);
        None
    }
}
