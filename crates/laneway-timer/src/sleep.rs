//! A future that waits for a moment.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use laneway_loom::sync::Arc;
use laneway_waker::budget;

use crate::timers::remote::Remote;
use crate::timers::shared::{Check, Enqueue, Reset, Shared};
use crate::timers::timeline::Moment;
use crate::wheel::Key;

/// A future that is ready once its deadline has come, never earlier; made by
/// [`Timers::sleep`](crate::Timers::sleep) and [`sleep_until`](crate::Timers::sleep_until).
///
/// It enters the wheel when it is first polled: before that there is nobody to wake, and a timeout
/// whose future is ready at once never touches the lock. Of several tasks that poll it, the last is
/// woken. It is [`Unpin`], so `&mut sleep` can be awaited again and again. A pending sleep takes
/// 62 bytes: 24 here and 38 in the wheel.
///
/// Once ready it stays ready, until it is [`reset`](Self::reset).
///
/// A thread of any [lane](laneway_waker::lane) may poll, reset and drop it, and from poll to poll it
/// may be another's. On one that is not of the timers' lane it takes no lock and waits for nobody: it
/// costs two allocations, and the driver an interrupt if it would sleep too long.
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
    place: Place,
}

/// Where its entry is.
enum Place {
    /// In the wheel, with the key; or nowhere: [`NOWHERE`] or [`ELAPSED`]. Two variants, so that the key's
    /// niche tells them apart, and a sleep takes 24 bytes.
    Lane { deadline: Moment, entry: Key },
    /// In the inbox, or in the wheel by way of it: it was last polled by a thread of another lane.
    Remote(std::sync::Arc<Remote>),
}

/// In the place of a key: there is no entry, because it has not been polled for this deadline.
const NOWHERE: Key = Key::NONE;

/// In the place of a key: the deadline is known to have elapsed.
const ELAPSED: Key = Key::DANGLING;

impl Sleep {
    #[inline]
    pub(crate) fn new(shared: Arc<Shared>, deadline: Moment) -> Self {
        Self {
            shared,
            place: Place::nowhere(deadline),
        }
    }

    /// A sleep whose deadline the clock has been seen to reach.
    #[inline]
    pub(crate) fn elapsed(shared: Arc<Shared>, deadline: Moment) -> Self {
        Self {
            shared,
            place: Place::elapsed(deadline),
        }
    }

    /// The moment it waits for. One that lies more than 292 years away is not kept exactly.
    pub fn deadline(&self) -> Instant {
        self.shared.timeline.instant(self.moment())
    }

    /// Whether the deadline has been turned, so that a poll would be ready. Takes no lock.
    pub fn is_elapsed(&self) -> bool {
        matches!(self.place, Place::Lane { entry: ELAPSED, .. })
            || self.shared.has_elapsed(self.moment())
    }

    /// Waits for another moment instead.
    ///
    /// While it is pending the task that polled it last stays the one to be woken, without a poll
    /// in between. Otherwise it waits from the next poll on.
    ///
    /// On a thread of another lane than that of the timers, the task may be woken once more, early, to
    /// poll again.
    pub fn reset(&mut self, deadline: Instant) {
        self.reset_to(self.shared.timeline.moment(deadline));
    }

    pub(crate) fn reset_to(&mut self, deadline: Moment) {
        match self.place {
            Place::Lane {
                entry: NOWHERE | ELAPSED,
                ..
            } => self.place = Place::nowhere(deadline),
            Place::Lane { entry, .. } if self.shared.is_own_lane() => {
                match self.shared.reset(entry, deadline) {
                    Reset::Moved(oversleeper) => {
                        self.place = Place::Lane { deadline, entry };
                        self.shared.interrupt(oversleeper, deadline);
                    }
                    Reset::Fired => self.place = Place::nowhere(deadline),
                }
            }
            _ => self.reset_apart(deadline),
        }
    }

    /// With a thread of another lane in it, now or before.
    #[cold]
    fn reset_apart(&mut self, deadline: Moment) {
        match mem::replace(&mut self.place, Place::nowhere(deadline)) {
            Place::Lane { entry, .. } => self.shared.leave_wake(entry),
            Place::Remote(old) => {
                let waker = old.waker().take();
                self.shared.forget(old);
                // Without a waker it has fired meanwhile, so its task is being woken and will poll.
                if let Some(waker) = waker
                    && !self.leave_insert(deadline, &waker)
                {
                    waker.wake();
                }
            }
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        match &self.place {
            Place::Lane { deadline, .. } => *deadline,
            Place::Remote(remote) => remote.deadline(),
        }
    }

    /// [`Future::poll`], without the budget.
    pub(crate) fn poll_elapsed(&mut self, waker: &Waker) -> Poll<()> {
        let pending = match self.place {
            Place::Lane { entry: ELAPSED, .. } => false,
            Place::Lane { deadline, entry } if self.shared.is_own_lane() => match entry {
                NOWHERE => self.enqueue(deadline, waker.clone()),
                entry => self.check(deadline, entry, waker),
            },
            _ => self.poll_apart(waker),
        };
        if pending {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// Enters the wheel. Returns whether the sleep is pending.
    fn enqueue(&mut self, deadline: Moment, waker: Waker) -> bool {
        match self.shared.enqueue(deadline, waker) {
            Enqueue::Queued(key, oversleeper) => {
                self.place = Place::Lane {
                    deadline,
                    entry: key,
                };
                self.shared.interrupt(oversleeper, deadline);
                true
            }
            Enqueue::Elapsed(waker) => {
                self.place = Place::elapsed(deadline);
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
    fn check(&mut self, deadline: Moment, key: Key, waker: &Waker) -> bool {
        match self.shared.check(key, deadline, waker) {
            Check::Waiting => true,
            Check::OtherWaker => match self.shared.replace_waker(key, waker.clone()) {
                Ok(old) => {
                    drop(old);
                    true
                }
                // It fired, or was closed, between the two looks.
                Err(unused) => {
                    drop(unused);
                    self.check(deadline, key, waker)
                }
            },
            Check::Elapsed(old) => {
                self.place = Place::elapsed(deadline);
                drop(old);
                false
            }
            Check::Closed => closed(),
        }
    }

    /// With a thread of another lane in it, now or before. Returns whether the sleep is pending.
    #[cold]
    fn poll_apart(&mut self, waker: &Waker) -> bool {
        let deadline = self.moment();
        if self.shared.has_elapsed(deadline) {
            self.leave_place(Place::elapsed(deadline));
            return false;
        }
        if self.shared.is_own_lane() {
            let waker = waker.clone();
            self.leave_place(Place::nowhere(deadline));
            return self.enqueue(deadline, waker);
        }
        let pending = match self.place {
            Place::Remote(ref remote) => {
                remote.waker().register(waker);
                !remote.has_fired()
            }
            Place::Lane { entry, .. } => {
                let is_left = self.leave_insert(deadline, waker);
                if entry != NOWHERE {
                    self.shared.leave_remove(entry);
                }
                is_left
            }
        };
        if !pending {
            // Fired, or refused.
            if !self.shared.has_elapsed(deadline) {
                closed();
            }
            self.leave_place(Place::elapsed(deadline));
        }
        pending
    }

    /// Leaves word to enter the wheel; `false` if the timers are closed.
    #[must_use]
    fn leave_insert(&mut self, deadline: Moment, waker: &Waker) -> bool {
        let remote = Remote::new(deadline);
        remote.waker().register(waker);
        let is_left = self.shared.leave_insert(remote.clone());
        // Refused, nobody has it: the next poll is to be refused as well.
        self.place = match is_left {
            true => Place::Remote(remote),
            false => Place::nowhere(deadline),
        };
        is_left
    }

    /// Goes elsewhere, and leaves no waker behind but in the wheel.
    fn leave_place(&mut self, place: Place) {
        if let Place::Remote(remote) = mem::replace(&mut self.place, place) {
            self.shared.forget(remote);
        }
    }
}

impl Place {
    fn nowhere(deadline: Moment) -> Self {
        Self::Lane {
            deadline,
            entry: NOWHERE,
        }
    }

    fn elapsed(deadline: Moment) -> Self {
        Self::Lane {
            deadline,
            entry: ELAPSED,
        }
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
        match self.place {
            Place::Lane {
                entry: NOWHERE | ELAPSED,
                ..
            } => {}
            Place::Lane { entry, .. } if self.shared.is_own_lane() => {
                let waker = self.shared.remove(entry);
                drop(waker);
            }
            Place::Lane { entry, .. } => self.shared.leave_remove(entry),
            Place::Remote(ref remote) => self.shared.forget(remote.clone()),
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
