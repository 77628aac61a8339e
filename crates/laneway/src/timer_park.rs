//! What an idle thread of a lane beside the main one waits in: the next deadline of the lane's timers.
//!
//! The reactor is the main lane's alone: a thread that the kernel may stop at any moment must not be
//! the one that everybody's readiness waits for.

use std::task::Waker;

use laneway_executor::{Park, Wait};
use laneway_timer::Timers;
use laneway_waker::Parker;

/// A parker with timers.
#[derive(Debug)]
pub(crate) struct TimerPark {
    parker: Parker,
    timers: Timers,
}

impl TimerPark {
    /// From now on an earlier deadline interrupts the parker.
    pub(crate) fn new(timers: Timers) -> Self {
        let parker = Parker::new();
        timers.set_interrupt(parker.unparker().into());
        Self { parker, timers }
    }
}

impl Park for TimerPark {
    fn park(&mut self, wait: Wait) {
        let limit = match wait {
            Wait::Poll => {
                self.timers.fire();
                return;
            }
            Wait::Until(limit) => Some(limit),
            Wait::Forever => None,
        };
        let turn = self.timers.turn();
        if turn.fired > 0 {
            return;
        }
        match turn.sleep_until.into_iter().chain(limit).min() {
            Some(deadline) => {
                self.parker.park_deadline(deadline);
            }
            None => self.parker.park(),
        }
        self.timers.fire();
    }

    fn unparker(&self) -> Waker {
        self.parker.unparker().into()
    }
}

impl Drop for TimerPark {
    /// As that of the main lane's driver.
    fn drop(&mut self) {
        self.timers.close();
    }
}
