//! A task's word, those who hold something of it, and everything they can do next.

use std::vec::Vec;

use super::super::*;

/// A word, and who holds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct World {
    pub(super) word: Snapshot,
    /// Tickets in queues.
    pub(super) tickets: u64,
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
const MAX_WAKERS: u64 = 2;
const MAX_ABORT_HANDLES: u64 = 1;

impl World {
    pub(super) fn born() -> Self {
        Self {
            word: Snapshot(State::new().word.into_inner()),
            tickets: 1,
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
            Dropped::Orphaned => self.tickets += 1,
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
        then(self.tickets > 0, &|world| {
            world.tickets -= 1;
            match world.apply(State::start) {
                Start::Poll => world.runner = Some(Runner::Polls),
                Start::Cancel => world.runner = Some(Runner::Drops),
                Start::Nothing => world.drop_reference(),
            }
        });
        let polls = self.runner == Some(Runner::Polls);
        then(polls, &|world| match world.apply(State::rest) {
            Rest::Idle => world.runner = None,
            Rest::Yielded => (world.runner, world.tickets) = (None, world.tickets + 1),
            Rest::Cancel => world.runner = Some(Runner::Drops),
        });
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
                Wake::Schedule => world.tickets += 1,
                Wake::Drop => unreachable!("by reference"),
            },
        );
        then(self.wakers > 0, &|world| {
            world.wakers -= 1;
            match world.apply(State::wake_by_value) {
                Wake::Nothing => {}
                Wake::Schedule => world.tickets += 1,
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
                Abort::Schedule => world.tickets += 1,
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
        then(waits && !self.slot, &|world| {
            assert_eq!(world.apply(State::set_joiner), Ok(()));
            world.slot = true;
        });
        then(waits && self.slot, &|world| {
            assert_eq!(world.apply(State::clear_joiner), Ok(()));
            world.slot = false;
        });
        then(self.handle && !waits, &|world| {
            let before = world.word;
            assert_eq!(world.apply(State::set_joiner), Err(Completed));
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
        if self.tickets > 0 {
            self.tickets -= 1;
            match self.apply(State::start) {
                Start::Poll | Start::Cancel => self.runner = Some(Runner::Drops),
                Start::Nothing => self.drop_reference(),
            }
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
