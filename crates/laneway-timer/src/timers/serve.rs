//! The drivers' side of the inbox: what threads of other lanes have left word of, done under the lock.
//!
//! Several drivers may each have taken some of it. So a `Forget` may come before its `Insert`, and
//! anything after the timers were closed.

use std::sync::Arc;
use std::task::Waker;

use laneway_waker::WakeBatch;

use super::bells::{Interrupt, quietly};
use super::drivers::DriverId;
use super::remote::{Remote, Word};
use super::shared::{Shared, Synced};
use super::timeline::Timeline;
use super::turn::STEPS;

/// What is left of a [`Word`] for after the lock, where it is woken or dropped.
enum Rest {
    Nothing,
    Wake(Waker),
    Waker(Option<Waker>),
    Remote(Arc<Remote>, Option<Waker>),
    Interrupt(Option<Interrupt>),
}

impl Shared {
    /// Does what threads of other lanes have left word of, for the driver `id`, who is awake.
    ///
    /// `true` if wakers may have been woken or dropped: then a driver that would sleep lets its thread look
    /// first at what came of that.
    pub(super) fn serve(&self, id: DriverId) -> bool {
        if self.inbox.is_empty() {
            return false;
        }
        let mut words = self.inbox.take();
        let mut chunk = Vec::with_capacity(STEPS);
        // Kept until all is done: what is woken or dropped may panic.
        let mut rests = Vec::new();
        let mut earliest = u64::MAX;
        loop {
            chunk.extend(words.by_ref().take(STEPS));
            if chunk.is_empty() {
                break;
            }
            rests.reserve(chunk.len());
            let mut synced = self.lock();
            synced.drivers.withdraw(id);
            for word in chunk.drain(..) {
                if let Word::Insert(remote) = &word {
                    earliest = earliest.min(self.timeline.deadline_tick(remote.deadline()));
                }
                rests.push(synced.serve(word, &self.timeline));
            }
        }
        let mut waking = WakeBatch::new();
        let mut ran_anything = false;
        for rest in rests {
            ran_anything |= !matches!(rest, Rest::Nothing);
            rest.finish(&mut waking);
        }
        drop(waking);
        if earliest < u64::MAX {
            // Other drivers may sleep longer.
            quietly(|| self.interrupt_oversleepers(None, earliest));
        }
        ran_anything
    }

    /// Does what is to be done about words that were left in the inbox when it was closed.
    pub(super) fn wake_closed(&self, words: impl Iterator<Item = Word>) {
        let mut waking = WakeBatch::new();
        for word in words {
            let rest = match word {
                Word::Insert(remote) => Rest::Wake(Waker::from(remote)),
                Word::Forget(remote) => Rest::Remote(remote, None),
                Word::Remove(_) | Word::Wake(_) => continue,
                Word::Interrupt(interrupt) => Rest::Interrupt(Some(interrupt)),
            };
            rest.finish(&mut waking);
        }
    }
}

impl Synced {
    fn serve(&mut self, word: Word, timeline: &Timeline) -> Rest {
        match word {
            Word::Insert(remote) if remote.has_left() => Rest::Remote(remote, None),
            Word::Insert(remote) => {
                let waker = Waker::from(remote.clone());
                if self.closed.is_some() {
                    return Rest::Wake(waker);
                }
                let tick = timeline.deadline_tick(remote.deadline());
                remote.enter(self.wheel.insert(tick, waker));
                // Not the last of its handles: the wheel has one.
                Rest::Nothing
            }
            Word::Forget(remote) => {
                let waker = remote.leave().and_then(|key| self.wheel.remove(key));
                Rest::Remote(remote, waker)
            }
            Word::Remove(key) => Rest::Waker(self.wheel.remove(key)),
            Word::Wake(key) => match self.wheel.remove(key) {
                Some(waker) => Rest::Wake(waker),
                None => Rest::Waker(None),
            },
            Word::Interrupt(interrupt) => Rest::Interrupt(self.drivers.set_interrupt(interrupt)),
        }
    }
}

impl Rest {
    fn finish(self, waking: &mut WakeBatch) {
        match self {
            Self::Nothing => {}
            Self::Wake(waker) => {
                if waking.is_full() {
                    waking.wake_all();
                }
                waking.push(waker);
            }
            Self::Waker(waker) => quietly(|| drop(waker)),
            Self::Remote(remote, waker) => quietly(|| drop((remote, waker))),
            Self::Interrupt(interrupt) => quietly(|| drop(interrupt)),
        }
    }
}
