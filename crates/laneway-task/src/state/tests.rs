//! Walks every word that the verbs can reach, with those who may call them, and holds each against
//! the table in `state.md`.

mod world;

use std::collections::BTreeSet;
use std::vec::Vec;

use super::*;
use world::{Runner, World};

#[test]
fn every_reachable_word_is_in_the_table() {
    let mut seen = BTreeSet::from([World::born()]);
    let mut new = Vec::from([World::born()]);
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
    let mut new = Vec::from([World::born()]);
    let mut seen = BTreeSet::from([World::born()]);
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
    let text = std::format!("{:?}", State::new());
    assert_eq!(text, "QUEUED JOIN_INTEREST refs=2");
}

impl World {
    /// The table of legal words, and the rules below it.
    fn check(&self) {
        let word = self.word;
        let (queued, running) = (word.has(QUEUED), word.has(RUNNING));
        let complete = word.has(COMPLETE);
        assert_eq!(word.0 & 0b1110, 0, "reserved bits: {self:?}");
        assert!(!(running && complete), "{self:?}");
        assert_eq!(running, self.runner.is_some(), "{self:?}");
        assert!(self.tickets <= 1, "two tickets: {self:?}");
        assert!(
            self.tickets == 0 || queued,
            "a ticket without QUEUED: {self:?}"
        );
        if queued && !running && !complete {
            assert_eq!(self.tickets, 1, "QUEUED, and no ticket: {self:?}");
        }
        if self.tickets == 1 && running {
            assert_eq!(
                self.runner,
                Some(Runner::Drops),
                "only a claim runs beside: {self:?}"
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
        let holders = self.tickets
            + u64::from(self.runner.is_some())
            + self.wakers
            + u64::from(self.handle)
            + self.abort_handles
            + u64::from(self.listed);
        if self.freed {
            assert!(
                complete && holders == 0 && !self.slot,
                "freed too early: {self:?}"
            );
        } else {
            assert_eq!(word.references(), holders, "{self:?}");
            assert!(holders > 0, "leaked: {self:?}");
        }
    }
}
