//! One thread's half: a ring for each class, and whose turn it is.

use core::fmt;

use laneway_fifo::Victims;
use laneway_fifo::ring::{self, Owner};
use laneway_loom::sync::Arc;
use laneway_scheduler::Priority::{Background, Critical, Normal};
use laneway_scheduler::{Cause, Clock, Notify, Priority, Worker};

use crate::account::Account;
use crate::attention::Attention;
use crate::classes::{COUNT, Classes};
use crate::key::Key;
use crate::shared::{CAPACITY, Shared};
use crate::shares::Shares;
use crate::turn::Turn;

/// A busy worker looks at all shared queues once in so many pops, and brings up to half as many items from
/// each: as a `Fifo` does, and for its reasons.
#[cfg(not(laneway_loom))]
const LOOK_INTERVAL: u32 = 61;

#[cfg(laneway_loom)]
const LOOK_INTERVAL: u32 = 3;

const LOOK_BATCH: usize = LOOK_INTERVAL.div_ceil(2) as usize;

mod elsewhere;

/// One thread's half of a [`Priorities`](crate::Priorities).
pub struct PriorityWorker<T, K = fn(&T) -> Priority> {
    /// Why the next pop must do more than take a `Normal` item from its own ring.
    attention: Attention,
    pops_until_look: u32,
    /// By class.
    rings: [Owner<T, CAPACITY>; COUNT],
    shared: Arc<Shared<T>>,
    key: K,
    /// The class of the item that runs, or ran last.
    running: Priority,
    account: Account,
    turn: Turn,
    victims: Victims,
}

impl<T: Send, K: Key<T>> Worker<T> for PriorityWorker<T, K> {
    #[inline]
    fn push(&mut self, item: T, cause: Cause) -> Notify {
        let class = self.key.priority(&item);
        if class != Normal {
            return self.push_special(item, class, cause);
        }
        self.push_own(item, Normal, cause)
    }

    #[inline]
    fn pop(&mut self, clock: &impl Clock) -> Option<T> {
        self.pops_until_look -= 1;
        if self.pops_until_look == 0 || self.attention.is_due(self.shared.ready.get()) {
            return self.pop_with_care(clock);
        }
        // One class is in use: `running` is `Normal`, and no time is billed.
        self.rings[Normal as usize].pop()
    }

    fn search(&mut self, clock: &impl Clock) -> Option<T> {
        for class in self.shared.ready.seen().iter() {
            if let Some(item) = self.take_share(class).or_else(|| self.steal(class)) {
                let others = self.own().with(self.shared.ready.get());
                self.begin(class, others.without(Classes::of(class)), clock);
                return Some(item);
            }
        }
        None
    }

    #[inline]
    fn ran(&mut self, clock: &impl Clock) {
        if !self.attention.is_empty() {
            self.ran_with_care(clock);
        }
    }

    #[inline]
    fn rested(&mut self) {
        self.account.close();
    }

    fn is_more_urgent_ready(&self) -> bool {
        let ready = self.attention.classes().with(self.shared.ready.get());
        ready.first().is_some_and(|first| first > self.running)
            || self.running < Normal && !self.rings[Normal as usize].is_empty()
    }

    fn balance(&mut self) -> Notify {
        let mut notify = Notify::None;
        let seen = self.shared.ready.seen();
        if seen == Classes::of(Normal) && !self.rings[Normal as usize].is_empty() {
            return notify;
        }
        for class in seen.iter() {
            if class != Critical && self.balance_class(class) {
                notify = Notify::One;
            }
        }
        notify
    }

    fn drain(&mut self, sink: &mut dyn FnMut(T)) {
        for class in Priority::ALL.into_iter().rev() {
            while let Some(item) = self.rings[class as usize].pop() {
                sink(item);
            }
            // What overflowed after the end.
            self.shared.queue(class).take_closed().for_each(&mut *sink);
        }
    }
}

impl<T: Send, K: Key<T>> PriorityWorker<T, K> {
    #[inline]
    fn push_own(&mut self, item: T, class: Priority, cause: Cause) -> Notify {
        match self.rings[class as usize].push(item) {
            // This worker is awake, and comes back for it itself.
            Ok(()) if cause == Cause::Yielded => Notify::None,
            Ok(()) => Notify::One,
            Err(item) => self.overflow(item, class),
        }
    }

    /// The newest of a full ring and `item` go to the shared queue.
    #[cold]
    fn overflow(&mut self, item: T, class: Priority) -> Notify {
        let ring = &mut self.rings[class as usize];
        self.shared.queue(class).spill(ring, item);
        self.shared.update_mask(class);
        // Whatever the cause: while items moved, others may have looked in vain for all of them.
        Notify::One
    }

    /// Of any class but `Normal`.
    #[cold]
    fn push_special(&mut self, item: T, class: Priority, cause: Cause) -> Notify {
        self.shared.ready.see(class);
        match class {
            Critical => self.push_critical(item, cause),
            Background if cause == Cause::Yielded && self.running == Background => {
                self.push_running(item)
            }
            _ => {
                self.attention.add(class);
                self.push_own(item, class, cause)
            }
        }
    }

    /// One may wait for this worker, the others go where everybody looks before the next poll.
    fn push_critical(&mut self, item: T, cause: Cause) -> Notify {
        let is_first =
            self.rings[Critical as usize].is_empty() && !self.shared.ready.get().contains(Critical);
        let item = if is_first {
            item
        } else {
            match self.shared.inject(item, Critical) {
                Ok(()) if cause == Cause::Yielded => return Notify::None,
                Ok(()) => return Notify::One,
                // Closed: it waits for the drain.
                Err(item) => item,
            }
        };
        self.attention.add(Critical);
        self.push_own(item, Critical, cause)
    }

    /// A `Background` item that ran and yields: it goes on until its turn is over.
    fn push_running(&mut self, item: T) -> Notify {
        self.attention.add(Background);
        let item = if self.turn.is_over() {
            item
        } else {
            match self.rings[Background as usize].push_front(item) {
                Ok(()) => {
                    self.turn.go_on();
                    return Notify::None;
                }
                // Not while a thief is at work.
                Err(item) => item,
            }
        };
        self.push_own(item, Background, Cause::Yielded)
    }

    /// When more than one class may have something, or a look is due.
    #[cold]
    fn pop_with_care(&mut self, clock: &impl Clock) -> Option<T> {
        if self.pops_until_look == 0
            && let Some((item, class)) = self.look()
        {
            let others = self.own().with(self.shared.ready.get());
            self.begin(class, others.without(Classes::of(class)), clock);
            return Some(item);
        }
        if !self.attention.is_due(self.shared.ready.get()) {
            // It was for the look alone.
            return self.rings[Normal as usize].pop();
        }
        let mut ready = self.own().with(self.shared.ready.get());
        while let Some(class) = self.account.next(ready) {
            ready = ready.without(Classes::of(class));
            if let Some(item) = self.take(class) {
                self.begin(class, ready, clock);
                return Some(item);
            }
        }
        // Nothing runs, so what the next one is owed can wait for it. The next pop may be the simple one,
        // which goes by this.
        self.running = Normal;
        self.account.close();
        self.attention.set_billing(false);
        None
    }

    /// The classes that have something here.
    fn own(&mut self) -> Classes {
        let mut own = Classes::NONE;
        for class in self.attention.classes().with(Classes::of(Normal)).iter() {
            if !self.rings[class as usize].is_empty() {
                own = own.with(Classes::of(class));
            }
        }
        self.attention.set_classes(own);
        own
    }

    /// From the own ring, or else from the shared queue.
    fn take(&mut self, class: Priority) -> Option<T> {
        let own = self.rings[class as usize].pop();
        own.or_else(|| {
            let share = self.share(class);
            let ring = &mut self.rings[class as usize];
            let refill = self.shared.queue(class).try_refill(ring, share);
            self.refilled(refill, class)
        })
    }

    /// An item of `class` begins to run; `others` have items too.
    fn begin(&mut self, class: Priority, others: Classes, clock: &impl Clock) {
        self.running = class;
        let matters =
            self.account.matters(class, others) || class == Background && self.has_more(Background);
        if matters {
            self.account.begin(class, others, || clock.nanos());
        } else {
            self.account.close();
        }
        self.attention.set_billing(matters);
        // Until `running` is `Normal` again, a pop is not that simple.
        self.attention.add(class);
    }

    /// Besides the one that was just taken.
    fn has_more(&self, class: Priority) -> bool {
        !self.rings[class as usize].is_empty() || self.shared.ready.get().contains(class)
    }

    #[cold]
    fn ran_with_care(&mut self, clock: &impl Clock) {
        let nanos = self.account.end(self.running, || clock.nanos());
        if self.running == Background {
            self.turn.ran(nanos);
        }
    }
}

/// The halves of `count` workers.
///
/// # Panics
///
/// If `shared` has workers already.
pub(crate) fn workers<T: Send, K: Clone>(
    shared: &Arc<Shared<T>>,
    key: &K,
    count: usize,
    shares: Shares,
    seed: u64,
) -> Vec<PriorityWorker<T, K>> {
    let (owners, stealers): (Vec<_>, Vec<_>) = (0..count)
        .map(|_| {
            let [a, b, c, d] = [(); COUNT].map(|()| ring::ring());
            ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1])
        })
        .unzip();
    shared.set_stealers(stealers);
    let worker = |(index, rings)| PriorityWorker {
        attention: Attention::default(),
        pops_until_look: LOOK_INTERVAL,
        rings,
        shared: shared.clone(),
        key: key.clone(),
        running: Normal,
        account: Account::new(shares),
        turn: Turn::default(),
        victims: Victims::new(seed, index),
    };
    owners.into_iter().enumerate().map(worker).collect()
}

impl<T, K> fmt::Debug for PriorityWorker<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PriorityWorker")
            .field("rings", &self.rings)
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
