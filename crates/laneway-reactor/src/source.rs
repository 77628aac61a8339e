//! One registered source: what the system said about it, and who waits for more.
//!
//! Each direction has a word of [readiness](crate::readiness) and two places for a waker: one for the
//! `poll_*` methods, which keep the last caller's, and one for whichever future comes first. All others
//! stand in the [crowd](crate::crowd). None of this ever makes a thread wait for another.
//!
//! # No event is missed
//!
//! A waiter leaves its waker in a place, then marks the place in the word of readiness and looks at that,
//! in one step. An event makes that word ready and takes the marks, in one step, then takes the wakers
//! from the places that were marked. If the waiter's step comes first, the event finds the mark, and the
//! waker; if it is the event's, the waiter sees the readiness. (A mark may stand where no waker is any more:
//! then an event looks there in vain.)

use std::io;
use std::task::{Context, Poll, Waker};

use laneway_loom::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use laneway_waker::{AtomicWaker, WakeBatch};

use crate::crowd::Crowd;
use crate::direction::{Direction, Directions};
use crate::error::Closed;
use crate::readiness::{Places, Readiness, Says, Seen};

#[cfg(test)]
mod loom;
#[cfg(test)]
mod tests;

/// Shared by the owner of the source, its waiters, and the reactor's table.
#[derive(Debug)]
pub(crate) struct Source {
    read: Side,
    write: Side,
    pub(crate) crowd: Crowd,
}

/// One direction.
#[derive(Debug)]
pub(crate) struct Side {
    readiness: Readiness,
    /// For the `poll_*` methods.
    polled: AtomicWaker,
    pub(crate) solo: Solo,
}

/// A place for one waiting future at a time.
#[derive(Debug)]
pub(crate) struct Solo {
    taken: AtomicBool,
    waker: AtomicWaker,
}

/// What was known about the directions somebody asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Snapshot {
    pub(crate) read: Seen,
    pub(crate) write: Seen,
}

impl Source {
    /// Nothing is known but that the directions in `ready` are ready.
    pub(crate) fn new(ready: Directions) -> Self {
        Self {
            read: Side::new(ready.contains(Direction::Read)),
            write: Side::new(ready.contains(Direction::Write)),
            crowd: Crowd::new(),
        }
    }

    #[inline]
    pub(crate) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// What is known now, if there is anything to do about it.
    #[inline]
    pub(crate) fn check(&self, directions: Directions) -> Poll<io::Result<Snapshot>> {
        self.snapshot(directions, Readiness::look)
    }

    /// As [`check`](Self::check), for who has left a waker in `places`: what is not known yet will wake it.
    #[inline]
    pub(crate) fn wait(
        &self,
        directions: Directions,
        places: Places,
    ) -> Poll<io::Result<Snapshot>> {
        self.snapshot(directions, |readiness| readiness.wait(places))
    }

    #[inline]
    fn snapshot(
        &self,
        directions: Directions,
        look: impl Fn(&Readiness) -> Seen,
    ) -> Poll<io::Result<Snapshot>> {
        let look = |direction| match directions.contains(direction) {
            true => look(&self.side(direction).readiness),
            false => Seen::NOTHING,
        };
        let seen = Snapshot {
            read: look(Direction::Read),
            write: look(Direction::Write),
        };
        if seen.read.is_shut_down() || seen.write.is_shut_down() {
            Poll::Ready(Err(Closed.into()))
        } else if seen.read.is_ready() || seen.write.is_ready() {
            Poll::Ready(Ok(seen))
        } else {
            Poll::Pending
        }
    }

    /// As [`check`](Self::check), and if there is nothing keeps the waker, and no other of this kind.
    #[inline]
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        directions: Directions,
    ) -> Poll<io::Result<Snapshot>> {
        let known = self.check(directions);
        if known.is_ready() {
            return known;
        }
        for direction in Direction::ALL {
            if directions.contains(direction) {
                self.side(direction).polled.register(cx.waker());
            }
        }
        self.wait(directions, Places::POLLED)
    }

    /// An operation would have blocked.
    pub(crate) fn clear(&self, seen: Snapshot) {
        self.each_ready(seen, Readiness::clear);
    }

    /// An operation used up what there was.
    pub(crate) fn clear_ready(&self, seen: Snapshot) {
        self.each_ready(seen, Readiness::clear_ready);
    }

    /// An event of the system. Wakers go to `batch`, which is woken whenever it is full.
    pub(crate) fn event(&self, read: Says, write: Says, batch: &mut WakeBatch) {
        let set = |side: &Side, says: Says| match says.anything() {
            true => side.readiness.set(says),
            false => Places::NONE,
        };
        // Both before anybody is woken: who waits for either is to see both.
        let places = [set(&self.read, read), set(&self.write, write)];
        self.wake(Direction::Read, places[0], batch);
        self.wake(Direction::Write, places[1], batch);
    }

    /// The reactor is closed.
    pub(crate) fn shut_down(&self, batch: &mut WakeBatch) {
        for direction in Direction::ALL {
            self.side(direction).readiness.shut_down();
            self.wake(direction, Places::ALL, batch);
        }
    }

    /// The `poll_*` methods will not be called any more: lets their wakers go.
    pub(crate) fn forget_polled(&self, direction: Direction) {
        drop(self.side(direction).polled.take());
    }

    #[inline]
    fn wake(&self, direction: Direction, places: Places, batch: &mut WakeBatch) {
        let side = self.side(direction);
        if places.contains(Places::POLLED) {
            push(batch, side.polled.take());
        }
        if places.contains(Places::SOLO) {
            push(batch, side.solo.waker.take());
        }
        if places.contains(Places::CROWD) {
            self.crowd.wake(direction.into(), batch);
        }
    }

    fn each_ready(&self, seen: Snapshot, clear: fn(&Readiness, Seen)) {
        for (direction, seen) in [(Direction::Read, seen.read), (Direction::Write, seen.write)] {
            if seen.is_ready() {
                clear(&self.side(direction).readiness, seen);
            }
        }
    }
}

impl Side {
    fn new(ready: bool) -> Self {
        Self {
            readiness: Readiness::new(ready),
            polled: AtomicWaker::new(),
            solo: Solo {
                taken: AtomicBool::new(false),
                waker: AtomicWaker::new(),
            },
        }
    }
}

impl Solo {
    /// `true` if the place is the caller's now, until it [leaves](Self::leave).
    #[must_use]
    pub(crate) fn claim(&self) -> bool {
        // Ordering: Acquire pairs with the Release in `leave`: one owner's last `take` comes before the next
        // one's `register`, whose waker it would else throw away.
        !self.taken.swap(true, Acquire)
    }

    /// For the owner only.
    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// For the owner only.
    pub(crate) fn leave(&self) {
        let waker = self.waker.take();
        // Ordering: Release pairs with the Acquire in `claim`.
        self.taken.store(false, Release);
        drop(waker);
    }
}

fn push(batch: &mut WakeBatch, waker: Option<Waker>) {
    if let Some(waker) = waker {
        if batch.is_full() {
            batch.wake_all();
        }
        batch.push(waker);
    }
}
