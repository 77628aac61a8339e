//! A scheduler that looks at classes, right or wrong in a chosen way; what the kit says of it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use laneway_scheduler::{Cause, Clock, Notify, Priority, Scheduler, Worker};
use laneway_testkit::{Item, property};

use crate::planted::complaint_of;

/// What is wrong with a [`Classed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// All items are alike.
    Blind,
    /// What comes from elsewhere waits until nothing else is there.
    ServesItselfFirst,
    /// Strictly by class, whatever happens.
    Heartless,
    /// It never says that something more urgent is ready.
    Silent,
    /// It always says so.
    Nagging,
}

/// Once in so many nanoseconds a pop takes what has waited longest.
const MERCY: u64 = 10_000_000;

/// One list behind a lock: of what came from elsewhere, and in order of arrival.
#[derive(Default)]
struct List(Vec<(bool, Item)>);

struct Classed {
    bug: Bug,
    list: Arc<Mutex<List>>,
}

struct ClassedWorker {
    bug: Bug,
    list: Arc<Mutex<List>>,
    running: Priority,
    next_mercy: u64,
}

impl Classed {
    fn new(bug: Bug) -> Self {
        Self {
            bug,
            list: Arc::default(),
        }
    }
}

impl Scheduler<Item> for Classed {
    type Worker = ClassedWorker;

    fn workers(&self, count: NonZeroUsize) -> Vec<ClassedWorker> {
        let worker = |_| ClassedWorker {
            bug: self.bug,
            list: self.list.clone(),
            running: Priority::Background,
            next_mercy: MERCY,
        };
        (0..count.get()).map(worker).collect()
    }

    fn inject(&self, item: Item, _: Cause) -> Result<Notify, Item> {
        self.list.lock().unwrap().0.push((true, item));
        Ok(Notify::One)
    }

    fn is_idle(&self) -> bool {
        self.list.lock().unwrap().0.is_empty()
    }

    fn close(&self, sink: &mut dyn FnMut(Item)) {
        let left = std::mem::take(&mut *self.list.lock().unwrap());
        left.0.into_iter().for_each(|(_, item)| sink(item));
    }
}

impl Worker<Item> for ClassedWorker {
    fn push(&mut self, item: Item, _: Cause) -> Notify {
        self.list.lock().unwrap().0.push((false, item));
        Notify::One
    }

    fn pop(&mut self, clock: &impl Clock) -> Option<Item> {
        let mut list = self.list.lock().unwrap();
        let merciful = self.bug != Bug::Heartless && clock.nanos() >= self.next_mercy;
        let rank = |(injected, item): &(bool, Item)| {
            let class = if self.bug == Bug::Blind || merciful {
                Priority::Normal
            } else {
                item.priority()
            };
            (self.bug == Bug::ServesItselfFirst && !injected, class)
        };
        let best = list.0.iter().map(rank).max()?;
        let oldest = list.0.iter().position(|entry| rank(entry) == best)?;
        let (_, item) = list.0.remove(oldest);
        if merciful {
            self.next_mercy = clock.nanos() + MERCY;
        }
        self.running = item.priority();
        Some(item)
    }

    fn search(&mut self, _: &impl Clock) -> Option<Item> {
        None
    }

    fn is_more_urgent_ready(&self) -> bool {
        let list = self.list.lock().unwrap();
        match self.bug {
            Bug::Silent => false,
            Bug::Nagging => true,
            _ => list
                .0
                .iter()
                .any(|(_, item)| item.priority() > self.running),
        }
    }

    fn drain(&mut self, _: &mut dyn FnMut(Item)) {}
}

#[track_caller]
fn assert_says(bug: Bug, check: fn(Bug), expected: &str) {
    check(Bug::None);
    let complaint = complaint_of(|| check(bug));
    assert!(complaint.contains(expected), "{bug:?}: {complaint}");
}

#[test]
fn an_order_without_classes() {
    let check = |bug| property::the_most_urgent_goes_first(|| Classed::new(bug));
    let expected = "item goes first, and a";
    assert_says(Bug::Blind, check, expected);
    assert_says(Bug::ServesItselfFirst, check, expected);
}

#[test]
fn a_class_that_starves() {
    let check = |bug| {
        property::every_class_has_its_turn(|| Classed::new(bug), property::default_wait);
    };
    assert_says(Bug::Heartless, check, "a background item waits for");
    assert_says(Bug::ServesItselfFirst, check, "item waits for");
}

#[test]
fn a_worker_that_does_not_tell() {
    let check = |bug| property::something_more_urgent_is_told(|| Classed::new(bug));
    assert_says(
        Bug::Silent,
        check,
        "while a background item runs, a batch one",
    );
    assert_says(
        Bug::Nagging,
        check,
        "while a background item runs, a background one",
    );
}
