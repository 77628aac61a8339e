//! A scheduler of locked queues, one for each worker and one for all; right, or wrong in a chosen
//! way.

use std::cell::Cell;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use laneway_loom::sync::{Arc, Mutex};
use laneway_scheduler::{Cause, Clock, Notify, Scheduler, Worker};
use laneway_testkit::Item;

/// What is wrong with a [`Toy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// `is_idle` looks at the shared queue only.
    ForgetsOwnQueues,
    /// Items on their way from the shared queue to a worker's are in neither.
    Gap,
    /// A yield with others behind it is not told, and a push neither.
    TellsNobody,
    /// Injects are taken after the end.
    NeverCloses,
    /// Who drains forgets the last item.
    LosesTheLast,
    /// The shared queue gets a turn only when the worker has nothing else.
    ServesItselfFirst,
    /// A yield goes to the front.
    YieldsInFront,
    /// The newest first.
    Stack,
    /// Every other one is a stack.
    Moody,
}

/// Every so manieth pop looks at the shared queue.
const LOOK_INTERVAL: u32 = 3;

std::thread_local! {
    /// Toys made on this thread.
    static MADE: Cell<u32> = const { Cell::new(0) };
}

pub(crate) struct Toy {
    shared: Arc<Shared>,
}

pub(crate) struct ToyWorker {
    shared: Arc<Shared>,
    index: usize,
    pops: u32,
}

struct Shared {
    bug: Bug,
    is_stack: bool,
    injector: Mutex<Injector>,
    queues: OnceLock<Vec<Mutex<VecDeque<Item>>>>,
}

#[derive(Default)]
struct Injector {
    items: VecDeque<Item>,
    closed: bool,
}

impl Toy {
    pub(crate) fn new(bug: Bug) -> Self {
        let is_odd = MADE.with(|made| made.replace(made.get() + 1) % 2 == 1);
        let shared = Shared {
            bug,
            is_stack: bug == Bug::Stack || bug == Bug::Moody && is_odd,
            injector: Mutex::default(),
            queues: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Shared {
    fn queues(&self) -> &[Mutex<VecDeque<Item>>] {
        self.queues.get().map_or(&[], Vec::as_slice)
    }
}

impl Scheduler<Item> for Toy {
    type Worker = ToyWorker;

    fn workers(&self, count: NonZeroUsize) -> Vec<ToyWorker> {
        let queues = (0..count.get())
            .map(|_| Mutex::new(VecDeque::new()))
            .collect();
        assert!(self.shared.queues.set(queues).is_ok(), "once");
        let worker = |index| ToyWorker {
            shared: self.shared.clone(),
            index,
            pops: 0,
        };
        (0..count.get()).map(worker).collect()
    }

    fn inject(&self, item: Item, _: Cause) -> Result<Notify, Item> {
        let mut injector = self.shared.injector.lock();
        if injector.closed && self.shared.bug != Bug::NeverCloses {
            return Err(item);
        }
        injector.items.push_back(item);
        Ok(Notify::One)
    }

    fn is_idle(&self) -> bool {
        if !self.shared.injector.lock().items.is_empty() {
            return false;
        }
        self.shared.bug == Bug::ForgetsOwnQueues
            || self
                .shared
                .queues()
                .iter()
                .all(|queue| queue.lock().is_empty())
    }

    fn close(&self, sink: &mut dyn FnMut(Item)) {
        let mut injector = self.shared.injector.lock();
        injector.closed = true;
        let left = std::mem::take(&mut injector.items);
        drop(injector);
        left.into_iter().for_each(sink);
    }
}

impl ToyWorker {
    fn own(&self) -> &Mutex<VecDeque<Item>> {
        &self.shared.queues()[self.index]
    }

    fn look(&mut self) {
        let mut injector = self.shared.injector.lock();
        let items = std::mem::take(&mut injector.items);
        if self.shared.bug == Bug::Gap {
            drop(injector);
            self.own().lock().extend(items);
        } else {
            self.own().lock().extend(items);
        }
    }
}

impl Worker<Item> for ToyWorker {
    fn push(&mut self, item: Item, cause: Cause) -> Notify {
        let mut queue = self.own().lock();
        if cause == Cause::Yielded && self.shared.bug == Bug::YieldsInFront {
            queue.push_front(item);
        } else {
            queue.push_back(item);
        }
        match cause {
            Cause::Yielded => Notify::None,
            _ if self.shared.bug == Bug::TellsNobody => Notify::None,
            _ => Notify::One,
        }
    }

    fn pop(&mut self, _: &impl Clock) -> Option<Item> {
        self.pops += 1;
        if self.pops.is_multiple_of(LOOK_INTERVAL) && self.shared.bug != Bug::ServesItselfFirst {
            self.look();
        }
        let mut own = self.own().lock();
        if self.shared.is_stack {
            own.pop_back()
        } else {
            own.pop_front()
        }
    }

    fn search(&mut self, _: &impl Clock) -> Option<Item> {
        let mut injector = self.shared.injector.lock();
        injector.items.pop_front().or_else(|| {
            drop(injector);
            let others = self.shared.queues().iter().enumerate();
            others
                .filter(|(index, _)| *index != self.index)
                .find_map(|(_, queue)| queue.lock().pop_front())
        })
    }

    fn drain(&mut self, sink: &mut dyn FnMut(Item)) {
        let mut left = std::mem::take(&mut *self.own().lock());
        if self.shared.bug == Bug::LosesTheLast {
            left.pop_back();
        }
        left.into_iter().for_each(sink);
    }
}
