//! A future's wait for a source: takes a place when it must, leaves it when dropped.

use std::io;
use std::task::{Context, Poll, Waker};

use laneway_loom::sync::Arc;

use crate::crowd::Waiter;
use crate::direction::{Direction, Directions};
use crate::readiness::Places;
use crate::source::{Snapshot, Source};

/// Waits for any of some directions of a source, as often as it is asked.
#[derive(Debug)]
pub(crate) struct Wait<'a> {
    source: &'a Source,
    directions: Directions,
    place: Place,
}

#[derive(Debug)]
enum Place {
    None,
    Solo(Direction),
    Crowd(Arc<Waiter>),
}

impl<'a> Wait<'a> {
    pub(crate) fn new(source: &'a Source, directions: Directions) -> Self {
        Self {
            source,
            directions,
            place: Place::None,
        }
    }

    /// What is known about the directions, as soon as there is anything to do about it.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Snapshot>> {
        let known = self.source.check(self.directions);
        if known.is_ready() {
            return known;
        }
        let places = self.register(cx.waker());
        self.source.wait(self.directions, places)
    }

    /// Leaves the waker, and says where.
    fn register(&mut self, waker: &Waker) -> Places {
        if let Place::None = self.place
            && let Some(direction) = self.directions.single()
            && self.source.side(direction).solo.claim()
        {
            self.place = Place::Solo(direction);
        }
        match &self.place {
            Place::Solo(direction) => {
                self.source.side(*direction).solo.register(waker);
                Places::SOLO
            }
            Place::Crowd(waiter) => {
                waiter.slot().register(waker);
                Places::CROWD
            }
            Place::None => {
                let waiter = Arc::new(Waiter::new(self.directions));
                waiter.slot().register(waker);
                self.source.crowd.join(&waiter);
                self.place = Place::Crowd(waiter);
                Places::CROWD
            }
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        match &self.place {
            Place::None => {}
            Place::Solo(direction) => self.source.side(*direction).solo.leave(),
            Place::Crowd(waiter) => self.source.crowd.leave(waiter),
        }
    }
}
