//! Walks every word that the verbs can reach, with those who may call them, and holds each against
//! the table in `state.md`.

mod world;

use std::collections::BTreeSet;
use std::vec::Vec;

use super::word::OUTCOME;
use super::*;
use world::World;

#[test]
fn every_reachable_word_is_in_the_table() {
    let mut new = Vec::from(Priority::ALL.map(World::born));
    let mut seen = new.iter().copied().collect::<BTreeSet<_>>();
    while let Some(world) = new.pop() {
        world.check();
        if world.freed {
            continue;
        }
        for next in world.next() {
            if seen.insert(next) {
                new.push(next);
            }
        }
    }
    let words = seen.iter().map(|world| world.word).collect::<BTreeSet<_>>();
    std::println!("{} situations, {} words", seen.len(), words.len());
    assert!(seen.iter().any(|world| world.freed), "no life ends");
    assert!(
        words.len() > 100,
        "the walk stopped early: {} words",
        words.len()
    );
}

/// From every situation some way leads to the end: nothing is stuck or leaked.
#[test]
fn every_life_can_end() {
    // Whoever holds something lets go of it: tickets run, runners complete, the rest is dropped.
    let mut new = Vec::from(Priority::ALL.map(World::born));
    let mut seen = new.iter().copied().collect::<BTreeSet<_>>();
    while let Some(world) = new.pop() {
        let mut end = world;
        for _ in 0..64 {
            if end.freed {
                break;
            }
            end = end.let_go();
        }
        assert!(end.freed, "{world:?} ends as {end:?}");
        if !world.freed {
            new.extend(world.next().into_iter().filter(|&next| seen.insert(next)));
        }
    }
}

#[test]
fn words_print_their_names() {
    let text = std::format!("{:?}", State::new(Priority::Batch));
    assert_eq!(
        text,
        "QUEUED JOIN_INTEREST ticket=batch own=batch joiner=background refs=2"
    );
}

impl World {
    /// The table of legal words, and the rules below it.
    fn check(&self) {
        let word = self.word;
        if self.freed {
            return assert_eq!(
                (self.holders(), self.slot),
                (0, false),
                "freed too early: {self:?}"
            );
        }
        let (queued, running) = (word.has(QUEUED), word.has(RUNNING));
        let complete = word.has(COMPLETE);
        assert!(!(running && complete), "{self:?}");
        assert_eq!(running, self.runner.is_some(), "{self:?}");
        let classes = word.classes();
        assert_eq!(
            classes.effective(),
            classes.own().max(word.joiner()),
            "{self:?}"
        );
        assert_eq!(classes.effective(), word.effective(), "{self:?}");
        for class in Priority::ALL {
            assert_eq!(
                self.tickets[class as usize],
                word.has(Snapshot::ticket(class)),
                "{self:?}"
            );
        }
        if queued && !running && !complete {
            let reachable = &self.tickets[word.effective() as usize..];
            assert!(
                reachable.contains(&true),
                "QUEUED, and no ticket as urgent: {self:?}"
            );
        }
        assert!(
            complete || word.0 & OUTCOME == 0,
            "an outcome before the end: {self:?}"
        );
        if !complete {
            assert_eq!(word.has(JOIN_INTEREST), self.handle, "{self:?}");
            assert_eq!(word.has(JOIN_WAKER), self.slot, "{self:?}");
        }
        assert!(!word.has(JOIN_WAKER) || word.has(JOIN_INTEREST), "{self:?}");
        assert_eq!(word.references(), self.holders(), "{self:?}");
        assert!(self.holders() > 0, "leaked: {self:?}");
    }

    fn holders(&self) -> u64 {
        let tickets = self.tickets.into_iter().filter(|&is_there| is_there);
        tickets.count() as u64
            + u64::from(self.runner.is_some())
            + self.wakers
            + u64::from(self.handle)
            + self.abort_handles
            + u64::from(self.listed)
    }
}
