//! A future that waits for a moment.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use laneway_loom::sync::Arc;
use laneway_waker::budget;

use crate::timers::shared::{Check, Enqueue, Reset, Shared};
use crate::timers::timeline::Moment;
use crate::wheel::Key;

/// A future that is ready once its deadline has come, never earlier; made by
/// [`Timers::sleep`](crate::Timers::sleep) and [`sleep_until`](crate::Timers::sleep_until).
///
/// It enters the wheel when it is first polled: before that there is nobody to wake, and a timeout
/// whose future is ready at once never touches the lock. Of several tasks that poll it, the last is
/// woken. It is [`Unpin`], so `&mut sleep` can be awaited again and again. A pending sleep takes
/// 64 bytes: 24 here and 40 in the wheel.
///
/// Once ready it stays ready, until it is [`reset`](Self::reset).
///
/// # Cancel safety
///
/// Dropping it takes it out of the wheel. Waiting anew for the same deadline loses nothing:
/// see [`Timers::sleep_until`](crate::Timers::sleep_until).
///
/// # Panics
///
/// When polled after [`Timers::close`](crate::Timers::close), unless the deadline had elapsed.
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep {
    shared: Arc<Shared>,
    deadline: Moment,
    /// The entry in the wheel; `None` before the first poll, [`ELAPSED`] after the last.
    entry: Option<Key>,
}

/// In the place of an entry: the deadline is known to have elapsed.
const ELAPSED: Option<Key> = Some(Key::DANGLING);

impl Sleep {
    #[inline]
    pub(crate) fn new(shared: Arc<Shared>, deadline: Moment) -> Self {
        Self {
            shared,
            deadline,
            entry: None,
        }
    }

    /// A sleep whose deadline the clock has been seen to reach.
    #[inline]
    pub(crate) fn elapsed(shared: Arc<Shared>, deadline: Moment) -> Self {
        Self {
            shared,
            deadline,
            entry: ELAPSED,
        }
    }

    /// The moment it waits for. One that lies more than 292 years away is not kept exactly.
    pub fn deadline(&self) -> Instant {
        self.shared.timeline.instant(self.deadline)
    }

    /// Whether the deadline has been turned, so that a poll would be ready.
    pub fn is_elapsed(&self) -> bool {
        self.entry == ELAPSED || self.shared.has_elapsed(self.deadline)
    }

    /// Waits for another moment instead.
    ///
    /// While it is pending the task that polled it last stays the one to be woken, without a poll
    /// in between. Otherwise it waits from the next poll on.
    pub fn reset(&mut self, deadline: Instant) {
        self.reset_to(self.shared.timeline.moment(deadline));
    }

    pub(crate) fn reset_to(&mut self, deadline: Moment) {
        self.deadline = deadline;
        let Some(key) = self.queued() else {
            self.entry = None;
            return;
        };
        match self.shared.reset(key, deadline) {
            Reset::Moved(oversleeper) => self.shared.interrupt(oversleeper, deadline),
            Reset::Fired => self.entry = None,
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        self.deadline
    }

    /// [`Future::poll`], without the budget.
    pub(crate) fn poll_elapsed(&mut self, waker: &Waker) -> Poll<()> {
        if self.entry == ELAPSED {
            return Poll::Ready(());
        }
        let pending = match self.entry {
            None => self.enqueue(waker.clone()),
            Some(key) => self.check(key, waker),
        };
        if pending {
            return Poll::Pending;
        }
        self.entry = ELAPSED;
        Poll::Ready(())
    }

    /// Enters the wheel. Returns whether the sleep is pending.
    fn enqueue(&mut self, waker: Waker) -> bool {
        match self.shared.enqueue(self.deadline, waker) {
            Enqueue::Queued(key, oversleeper) => {
                self.entry = Some(key);
                self.shared.interrupt(oversleeper, self.deadline);
                true
            }
            Enqueue::Elapsed(waker) => {
                self.entry = ELAPSED;
                drop(waker);
                false
            }
            Enqueue::Closed(waker) => {
                drop(waker);
                closed()
            }
        }
    }

    /// Looks whether the entry has fired; if not, makes `waker` the one it wakes. Returns whether
    /// the sleep is pending.
    fn check(&mut self, key: Key, waker: &Waker) -> bool {
        match self.shared.check(key, self.deadline, waker) {
            Check::Waiting => true,
            Check::OtherWaker => match self.shared.replace_waker(key, waker.clone()) {
                Ok(old) => {
                    drop(old);
                    true
                }
                // It fired, or was closed, between the two looks.
                Err(unused) => {
                    drop(unused);
                    self.check(key, waker)
                }
            },
            Check::Elapsed(old) => {
                self.entry = ELAPSED;
                drop(old);
                false
            }
            Check::Closed => closed(),
        }
    }

    /// The entry, if there may be one in the wheel.
    fn queued(&self) -> Option<Key> {
        self.entry.filter(|key| *key != Key::DANGLING)
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let unit = ready!(budget::poll_proceed(cx));
        ready!(self.poll_elapsed(cx.waker()));
        unit.spend();
        Poll::Ready(())
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        if let Some(key) = self.queued() {
            let waker = self.shared.remove(key);
            drop(waker);
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

#[cold]
fn closed() -> ! {
    panic!("a sleep was polled after Timers::close: nobody would wake it");
}
