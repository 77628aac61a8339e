//! A task's word, those who hold something of it, and everything they can do next.

use std::vec::Vec;

use super::super::*;

/// A word, and who holds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct World {
    pub(super) word: Snapshot,
    /// Tickets in queues, for each class.
    pub(super) tickets: [bool; 4],
    pub(super) runner: Option<Runner>,
    pub(super) wakers: u64,
    pub(super) handle: bool,
    /// The joiner's slot holds a waker.
    pub(super) slot: bool,
    pub(super) abort_handles: u64,
    pub(super) listed: bool,
    pub(super) freed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Runner {
    /// Polls; may rest.
    Polls,
    /// Drops the future; will complete.
    Drops,
}

/// More would only repeat what these show.
const MAX_WAKERS: u64 = 1;
const MAX_ABORT_HANDLES: u64 = 1;

impl World {
    pub(super) fn born(own: Priority) -> Self {
        Self {
            word: Snapshot(State::new(own).word.into_inner()),
            tickets: Priority::ALL.map(|class| class == own),
            runner: None,
            wakers: 0,
            handle: true,
            slot: false,
            abort_handles: 0,
            listed: false,
            freed: false,
        }
    }

    /// Applies a verb.
    fn apply<T>(&mut self, verb: impl FnOnce(&State) -> T) -> T {
        let state = State::from_word(self.word.0);
        let duty = verb(&state);
        self.word = Snapshot(state.word.into_inner());
        duty
    }

    fn drop_reference(&mut self) {
        match self.apply(State::drop_reference) {
            Dropped::Kept => {}
            Dropped::Dealloc => self.freed = true,
            Dropped::Orphaned(class) => self.make_ticket(class),
        }
    }

    fn make_ticket(&mut self, class: Priority) {
        let is_there = &mut self.tickets[class as usize];
        assert!(!*is_there, "two tickets of a class: {class} {self:?}");
        *is_there = true;
    }

    fn take_ticket(&mut self, class: Priority) -> bool {
        std::mem::take(&mut self.tickets[class as usize])
    }

    fn boosted(&mut self, boost: Boost) {
        match boost {
            Boost::Nothing => {}
            Boost::Schedule(class) => self.make_ticket(class),
            Boost::Preempt => assert!(self.word.has(RUNNING) && self.word.has(QUEUED), "{self:?}"),
        }
    }

    fn complete(mut self, outcome: Outcome, after: &mut Vec<Self>) {
        // The contents are dropped before if no handle wants them, and then there are none.
        let outcome = if self.word.has(JOIN_INTEREST) {
            outcome
        } else {
            Outcome::Cancelled
        };
        let references = 1 + u64::from(self.listed);
        let duty = self.apply(|state| state.complete(outcome, references));
        self.runner = None;
        self.listed = false;
        match duty {
            Complete::Released => {}
            Complete::Dealloc => self.freed = true,
            Complete::WakeJoiner => {
                assert!(self.slot, "nothing in the slot: {self:?}");
                self.slot = false;
                (0..references).for_each(|_| self.drop_reference());
            }
            Complete::DropOutput => (0..references).for_each(|_| self.drop_reference()),
        }
        after.push(self);
    }

    fn give_up(&mut self, class: Priority) {
        if self.apply(|state| state.give_up(class)) {
            self.runner = Some(Runner::Drops);
        } else {
            self.drop_reference();
        }
    }

    /// Everything that can happen next.
    pub(super) fn next(self) -> Vec<Self> {
        let mut after = Vec::new();
        let mut then = |happens: bool, f: &dyn Fn(&mut Self)| {
            if happens {
                let mut world = self;
                f(&mut world);
                after.push(world);
            }
        };
        for class in Priority::ALL {
            then(self.tickets[class as usize], &|world| {
                world.take_ticket(class);
                match world.apply(|state| state.start(class)) {
                    Start::Poll => {
                        assert!(class <= world.word.effective(), "{world:?}");
                        world.runner = Some(Runner::Polls);
                    }
                    Start::Cancel => world.runner = Some(Runner::Drops),
                    Start::Requeue(class) => world.make_ticket(class),
                    Start::Stale => world.drop_reference(),
                }
            });
            then(self.tickets[class as usize], &|world| {
                world.take_ticket(class);
                world.give_up(class);
            });
            then(self.handle, &|world| {
                let boost = world.apply(|state| state.boost(class));
                world.boosted(boost);
            });
            // Whoever has a reference: a guard, but another kind would only repeat what this shows.
            then(self.abort_handles > 0, &|world| {
                let before = world.word.classes().own();
                let (own, boost) = world.apply(|state| state.set_own(class));
                assert_eq!(own, before);
                world.boosted(boost);
            });
        }
        let polls = self.runner == Some(Runner::Polls);
        for verb in [State::rest, State::rest_woken] {
            then(polls, &|world| match world.apply(verb) {
                Rest::Idle => world.runner = None,
                Rest::Yielded(class) => {
                    world.runner = None;
                    world.make_ticket(class);
                }
                Rest::Cancel => world.runner = Some(Runner::Drops),
            });
        }
        then(polls && !self.listed, &|world| {
            world.apply(State::add_reference);
            world.listed = true;
        });
        then(
            (polls || self.wakers > 0) && self.wakers < MAX_WAKERS,
            &|world| {
                world.apply(State::add_reference);
                world.wakers += 1;
            },
        );
        then(
            polls || self.wakers > 0,
            &|world| match world.apply(State::wake_by_ref) {
                Wake::Nothing => {}
                Wake::Schedule(class) => world.make_ticket(class),
                Wake::Drop => unreachable!("by reference"),
            },
        );
        then(self.wakers > 0, &|world| {
            world.wakers -= 1;
            match world.apply(State::wake_by_value) {
                Wake::Nothing => {}
                Wake::Schedule(class) => world.make_ticket(class),
                Wake::Drop => world.drop_reference(),
            }
        });
        then(self.wakers > 0, &|world| {
            world.wakers -= 1;
            world.drop_reference();
        });
        then(
            self.handle && self.abort_handles < MAX_ABORT_HANDLES,
            &|world| {
                world.apply(State::add_reference);
                world.abort_handles += 1;
            },
        );
        then(
            self.handle || self.abort_handles > 0,
            &|world| match world.apply(State::abort) {
                Abort::Nothing => {}
                Abort::Schedule(class) => world.make_ticket(class),
            },
        );
        then(self.abort_handles > 0, &|world| {
            world.abort_handles -= 1;
            world.drop_reference();
        });
        then(self.listed, &|world| {
            world.listed = false;
            match world.apply(State::claim) {
                Claim::Cancel => world.runner = Some(Runner::Drops),
                Claim::Nothing => world.drop_reference(),
            }
        });
        let waits = self.handle && !self.word.has(COMPLETE);
        for class in Priority::ALL {
            then(waits && !self.slot, &|world| {
                let boost = world.apply(|state| state.set_joiner(class));
                world.slot = true;
                world.boosted(boost.expect("it is not complete"));
            });
        }
        then(waits && self.slot, &|world| {
            assert_eq!(world.apply(State::clear_joiner), Ok(()));
            world.slot = false;
        });
        then(self.handle && !waits, &|world| {
            let before = world.word;
            let set = world.apply(|state| state.set_joiner(Priority::Critical));
            assert_eq!(set, Err(Completed));
            assert_eq!(world.apply(State::clear_joiner), Err(Completed));
            assert_eq!(world.word, before);
        });
        then(self.handle, &|world| {
            world.handle = false;
            match world.apply(State::detach) {
                Detach::Released => {}
                Detach::DropReference => world.drop_reference(),
                Detach::DropWaker => {
                    assert!(
                        std::mem::take(&mut world.slot),
                        "no waker to drop: {world:?}"
                    );
                    world.drop_reference();
                }
                Detach::DropOutput => {
                    assert!(world.word.has(COMPLETE), "no output to drop: {world:?}");
                    world.drop_reference();
                }
                Detach::DropOutputAndDealloc => world.freed = true,
            }
        });
        if polls {
            self.complete(Outcome::Value, &mut after);
        }
        if self.runner.is_some() {
            self.complete(Outcome::Cancelled, &mut after);
            self.complete(Outcome::Rejected, &mut after);
            self.complete(Outcome::Panicked, &mut after);
        }
        after
    }

    /// The step towards the end that is possible.
    pub(super) fn let_go(mut self) -> Self {
        if self.runner.is_some() {
            let mut after = Vec::new();
            self.complete(Outcome::Cancelled, &mut after);
            return after.remove(0);
        }
        let mut tickets = Priority::ALL.into_iter();
        if let Some(class) = tickets.find(|&class| self.tickets[class as usize]) {
            self.take_ticket(class);
            self.give_up(class);
        } else if self.handle {
            self.handle = false;
            match self.apply(State::detach) {
                Detach::Released => {}
                Detach::DropWaker => {
                    self.slot = false;
                    self.drop_reference();
                }
                Detach::DropReference | Detach::DropOutput => self.drop_reference(),
                Detach::DropOutputAndDealloc => self.freed = true,
            }
        } else if self.wakers > 0 {
            self.wakers -= 1;
            self.drop_reference();
        } else if self.abort_handles > 0 {
            self.abort_handles -= 1;
            self.drop_reference();
        } else if self.listed {
            self.listed = false;
            match self.apply(State::claim) {
                Claim::Cancel => self.runner = Some(Runner::Drops),
                Claim::Nothing => self.drop_reference(),
            }
        }
        self
    }
}
