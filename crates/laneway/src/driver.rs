//! What an idle thread waits in: the reactor, with the next deadline of the timers as its limit.

use std::task::Waker;
use std::time::Instant;

use laneway_executor::{Park, Wait};
use laneway_reactor::Reactor;
use laneway_timer::{Clock, SystemClock, Timers};

/// The composition of reactor and timers.
#[derive(Debug)]
pub(crate) struct Driver {
    reactor: Reactor,
    timers: Timers,
    /// Any instant in the past: a wait until then is no wait, and costs no look at the clock.
    past: Instant,
}

impl Driver {
    /// From now on an earlier deadline interrupts the reactor.
    pub(crate) fn new(reactor: Reactor, timers: Timers) -> Self {
        timers.set_interrupt(reactor.handle().interrupt());
        // The system's time, which the reactor goes by; the timers' clock may be ahead of it.
        let past = SystemClock.now();
        Self {
            reactor,
            timers,
            past,
        }
    }

    /// Wakes the sleeps that are due. Then, and if there were none, how long nothing will be due.
    fn sleep_until(&self) -> Option<Instant> {
        let turn = self.timers.turn();
        if turn.fired > 0 {
            Some(self.past)
        } else {
            turn.sleep_until
        }
    }
}

impl Park for Driver {
    fn park(&mut self, wait: Wait) {
        let deadline = match wait {
            Wait::Poll => Some(self.past),
            Wait::Until(limit) => Some(self.sleep_until().map_or(limit, |next| next.min(limit))),
            Wait::Forever => self.sleep_until(),
        };
        if let Err(error) = self.reactor.turn(deadline) {
            // The selector's own descriptor is broken: no socket will ever be ready again.
            panic!("the reactor cannot wait for events: {error}");
        }
        self.timers.fire();
    }

    fn unparker(&self) -> Waker {
        self.reactor.handle().interrupt()
    }
}

impl Drop for Driver {
    /// The tasks are gone. Who still waits, on a thread of its own, is told rather than left waiting;
    /// the reactor does the same when it is dropped.
    fn drop(&mut self) {
        self.timers.close();
    }
}
