#![doc = include_str!("state.md")]

mod duty;
mod joiner;
#[cfg(all(test, feature = "std", not(laneway_loom)))]
mod tests;
mod word;

use core::fmt;

#[cfg(laneway_loom)]
use laneway_loom::sync::atomic::AtomicU8;
use laneway_loom::sync::atomic::{
    AtomicU64,
    Ordering::{self, AcqRel, Acquire, Relaxed, Release},
};

use laneway_scheduler::Priority;

#[cfg(feature = "std")]
pub(crate) use duty::Claim;
pub(crate) use duty::{
    Abort, Boost, Complete, Completed, Detach, Dropped, Outcome, Rest, Start, Wake,
};
use word::{ABORTED, COMPLETE, JOIN_INTEREST, JOIN_WAKER, QUEUED, REF, RUNNING, Snapshot, TICKETS};
pub(crate) use word::{Classes, class};

/// More references than any program can hold: a count beyond it can only be a loop of leaks.
const MAX_REFERENCES: u64 = u64::MAX / REF / 2;

/// The state word.
pub(crate) struct State {
    word: AtomicU64,
    /// Only for models; see [`word`](Self::word).
    #[cfg(laneway_loom)]
    turn: AtomicU8,
}

impl State {
    /// A spawned task: a ticket of its class and a handle, with a reference each.
    #[inline]
    pub(crate) fn new(own: Priority) -> Self {
        Self::from_word(Snapshot::born(own).0)
    }

    /// Arrows 2 and 5, by a waker that keeps its reference.
    #[inline]
    pub(crate) fn wake_by_ref(&self) -> Wake {
        // Ordering: Release publishes what the caller did before the wake to the poll that follows
        // (Acquire in `start`). A wake that changes no bit is a read-modify-write all the same:
        // after a mere load that poll could miss those writes. On a complete task there is no such
        // poll, and Relaxed is enough to see that.
        self.usually(Release, Relaxed, |word| {
            if word.has(RUNNING) {
                return Some((Wake::Nothing, word.with(QUEUED)));
            }
            let class = word.effective();
            let next = word.with(QUEUED | Snapshot::ticket(class)).plus(1);
            let is_usual = !word.has(COMPLETE | QUEUED | TICKETS);
            is_usual.then_some((Wake::Schedule(class), next))
        })
        .unwrap_or_else(|| self.wake_by_ref_rarely())
    }

    #[cold]
    fn wake_by_ref_rarely(&self) -> Wake {
        // Ordering: as in `wake_by_ref`.
        self.update(Release, Relaxed, |word| {
            if word.has(COMPLETE) {
                (Wake::Nothing, None)
            } else if word.has(QUEUED | RUNNING) {
                (Wake::Nothing, Some(word.with(QUEUED)))
            } else {
                // A ticket that an earlier poll left over serves.
                let (made, next) = word.with(QUEUED).with_ticket();
                (made.map_or(Wake::Nothing, Wake::Schedule), Some(next))
            }
        })
    }

    /// Arrows 2 and 5, by a waker whose reference becomes the ticket's, or goes.
    #[inline]
    pub(crate) fn wake_by_value(&self) -> Wake {
        // Ordering: Release as in `wake_by_ref`; where the reference goes, it also puts this
        // waker's use of the task before the deallocation, as in `drop_reference`.
        self.usually(Release, Relaxed, |word| {
            let class = word.effective();
            let next = word.with(QUEUED | Snapshot::ticket(class));
            let is_usual = !word.has(COMPLETE | QUEUED | RUNNING | TICKETS);
            is_usual.then_some((Wake::Schedule(class), next))
        })
        .unwrap_or_else(|| self.wake_by_value_rarely())
    }

    #[cold]
    fn wake_by_value_rarely(&self) -> Wake {
        // Ordering: as in `wake_by_value`.
        self.update(Release, Relaxed, |word| {
            let next = word.with(QUEUED);
            if word.has(COMPLETE) {
                return (Wake::Drop, None);
            }
            if !word.has(QUEUED | RUNNING)
                && let Some(class) = next.missing_ticket()
            {
                let next = next.with(Snapshot::ticket(class));
                return (Wake::Schedule(class), Some(next));
            }
            // Whoever runs the task or holds its ticket has a reference: this is not the last.
            (Wake::Nothing, Some(next.minus(1)))
        })
    }

    /// Arrow 1: the holder of the ticket of `class` begins to run the task.
    #[inline]
    pub(crate) fn start(&self, class: Priority) -> Start {
        // Ordering: Acquire, to see what wakers (Release in `wake_*`), aborters (Release in
        // `abort`) and the last runner (Release in `rest`) did before. Every transition is a
        // read-modify-write, so this reads from the release sequences of all of them. Nothing is
        // decided without a change, so the order of a mere look does not matter.
        self.usually(Acquire, Relaxed, |word| {
            let is_usual = word.is(class, QUEUED | RUNNING | COMPLETE | ABORTED, QUEUED);
            // The ticket's bit and QUEUED are set, RUNNING is not.
            let next = word.toggled(Snapshot::ticket(class) | QUEUED | RUNNING);
            is_usual.then_some((Start::Poll, next))
        })
        .unwrap_or_else(|| self.start_rarely(class))
    }

    #[cold]
    fn start_rarely(&self, class: Priority) -> Start {
        // Ordering: as in `start`.
        self.update(Acquire, Relaxed, |word| {
            let next = word.without(Snapshot::ticket(class));
            if word.of(QUEUED | RUNNING | COMPLETE) != QUEUED {
                return (Start::Stale, Some(next));
            }
            if class > word.effective() {
                // It was made for a joiner that is gone: back to where the task belongs.
                return match next.missing_ticket() {
                    None => (Start::Stale, Some(next)),
                    Some(effective) => {
                        let next = next.with(Snapshot::ticket(effective));
                        (Start::Requeue(effective), Some(next))
                    }
                };
            }
            let duty = if word.has(ABORTED) {
                Start::Cancel
            } else {
                Start::Poll
            };
            (duty, Some(next.without(QUEUED).with(RUNNING)))
        })
    }

    /// Arrow 1, of a ticket of `class` that nobody will run: the future is dropped, if the task is
    /// queued. Whether it is.
    pub(crate) fn give_up(&self, class: Priority) -> bool {
        // Ordering: as in `start`.
        self.update(Acquire, Relaxed, |word| {
            let next = word.without(Snapshot::ticket(class));
            match word.of(QUEUED | RUNNING | COMPLETE) {
                QUEUED => (true, Some(next.without(QUEUED).with(RUNNING))),
                _ => (false, Some(next)),
            }
        })
    }

    /// Arrows 3 and 4: a poll returned `Pending`.
    #[inline]
    pub(crate) fn rest(&self) -> Rest {
        // Ordering: Release hands the future to whoever runs or drops it next (Acquire in `start`
        // and `claim`), and ends the use of the reference as in `drop_reference`. Acquire where
        // nothing changes, so that the future's drop sees what was done before the abort (Release
        // in `abort` and `claim`).
        self.usually(Release, Relaxed, |word| {
            let is_usual = !word.has(ABORTED | TICKETS | QUEUED) && word.references() > 1;
            is_usual.then_some((Rest::Idle, word.without(RUNNING).minus(1)))
        })
        .unwrap_or_else(|| self.rest_rarely(0))
    }

    /// Arrow 4: a poll returned `Pending` and has woken its own task, of which the word does not know.
    #[inline]
    pub(crate) fn rest_woken(&self) -> Rest {
        // Ordering: as in `rest`; that thread's wake is before this.
        self.usually(Release, Relaxed, |word| {
            let class = word.effective();
            let next = word.without(RUNNING).with(QUEUED | Snapshot::ticket(class));
            (!word.has(ABORTED | TICKETS)).then_some((Rest::Yielded(class), next))
        })
        .unwrap_or_else(|| self.rest_rarely(QUEUED))
    }

    /// `woken` is [`QUEUED`] if the poll has woken its own task, and else nothing.
    #[cold]
    fn rest_rarely(&self, woken: u64) -> Rest {
        // Ordering: as in `rest`.
        self.update(Release, Acquire, |word| {
            let next = word.without(RUNNING).with(woken);
            if word.has(ABORTED) || !next.has(QUEUED) && word.references() == 1 {
                (Rest::Cancel, None)
            } else if next.has(QUEUED)
                && let Some(class) = next.missing_ticket()
            {
                let next = next.with(Snapshot::ticket(class));
                (Rest::Yielded(class), Some(next))
            } else {
                // If it was woken, a ticket that was left over is in the queue already.
                (Rest::Idle, Some(next.minus(1)))
            }
        })
    }

    /// Arrow 6: a shutdown takes a waiting or queued task, whoever may hold its ticket.
    #[cfg(feature = "std")]
    pub(crate) fn claim(&self) -> Claim {
        // Ordering: Acquire as in `start`, Release as in `abort`.
        self.update(AcqRel, Relaxed, |word| {
            if word.has(COMPLETE) {
                (Claim::Nothing, None)
            } else if word.has(RUNNING) {
                (Claim::Nothing, Some(word.with(ABORTED)))
            } else {
                (Claim::Cancel, Some(word.with(RUNNING)))
            }
        })
    }

    /// Arrow 7: the future is gone and its outcome written. Gives up `references`, unless a duty
    /// needs them.
    #[inline]
    pub(crate) fn complete(&self, outcome: Outcome, references: u64) -> Complete {
        // Ordering: Release publishes the output to the joiner (Acquire in `outcome`, and where
        // `detach` finds the task complete). Acquire shows the
        // waker that the joiner stored (Release in `set_joiner`) and puts the uses of all other
        // references before a deallocation (Release in `drop_reference`), also where nothing changes.
        self.usually(Release, Relaxed, |word| {
            // The handle has a reference, so these are not the last.
            let is_usual = word.of(JOIN_INTEREST | JOIN_WAKER) == JOIN_INTEREST;
            is_usual.then_some((Complete::Released, word.ended(outcome).minus(references)))
        })
        .unwrap_or_else(|| self.complete_otherwise(outcome, references))
    }

    #[inline(never)]
    fn complete_otherwise(&self, outcome: Outcome, references: u64) -> Complete {
        // Ordering: as in `complete`.
        self.update(AcqRel, Acquire, |word| {
            let next = word.ended(outcome);
            if word.references() == references && !outcome.has_contents() {
                // Nobody else can reach the word any more.
                (Complete::Dealloc, None)
            } else if word.has(JOIN_WAKER) {
                (Complete::WakeJoiner, Some(next))
            } else if outcome.has_contents() && !word.has(JOIN_INTEREST) {
                (Complete::DropOutput, Some(next))
            } else {
                (Complete::Released, Some(next.minus(references)))
            }
        })
    }

    /// Asks for the end of the task.
    pub(crate) fn abort(&self) -> Abort {
        // Ordering: Release, so that the future's drop sees what was done before the abort
        // (Acquire in `start` and `rest`).
        self.update(Release, Relaxed, |word| {
            if word.has(COMPLETE | ABORTED) {
                (Abort::Nothing, None)
            } else if word.has(QUEUED | RUNNING) {
                (Abort::Nothing, Some(word.with(ABORTED)))
            } else {
                let (made, next) = word.with(ABORTED | QUEUED).with_ticket();
                (made.map_or(Abort::Nothing, Abort::Schedule), Some(next))
            }
        })
    }

    /// Changes how urgent the task is by itself; gives what it was.
    #[cfg(feature = "std")]
    pub(crate) fn set_own(&self, own: Priority) -> (Priority, Boost) {
        // Ordering: Relaxed, as in `boost`.
        self.update(Relaxed, Relaxed, |word| {
            let before = word.classes().own();
            if word.has(COMPLETE) || before == own {
                return ((before, Boost::Nothing), None);
            }
            let next = word.with_own(own);
            if word.has(RUNNING) {
                // `rest` sees it.
                return ((before, Boost::Nothing), Some(next));
            }
            let (boost, next) = next.raised_from(word);
            ((before, boost), Some(next))
        })
    }

    /// How urgent the task is now.
    #[inline]
    pub(crate) fn classes(&self) -> Classes {
        // Ordering: Relaxed: nothing else is read because of the answer.
        Snapshot(self.word().load(Relaxed)).classes()
    }

    /// One reference more.
    #[inline]
    pub(crate) fn add_reference(&self) {
        // Ordering: Relaxed: made from a reference, which keeps the task alive meanwhile.
        let before = Snapshot(self.word().fetch_add(REF, Relaxed));
        if before.references() >= MAX_REFERENCES {
            crate::panic::abort("laneway: too many references to one task");
        }
    }

    /// One reference less.
    #[inline]
    pub(crate) fn drop_reference(&self) -> Dropped {
        // Ordering: Release puts this reference's use of the task before the deallocation or the
        // future's drop, by whoever turns out to be last.
        let before = Snapshot(self.word().fetch_sub(REF, Release));
        if before.references() > 1 {
            return Dropped::Kept;
        }
        // Ordering: Acquire, to see the uses of all the others (Release above and wherever a
        // transition gives up a reference). Nobody else can reach this word any more.
        let word = Snapshot(self.word().load(Acquire));
        if word.has(COMPLETE) {
            return Dropped::Dealloc;
        }
        // All tickets are gone, with their references.
        let class = word.effective();
        let next = word.with(QUEUED | ABORTED | Snapshot::ticket(class));
        // Ordering: Relaxed: whoever gets the ticket gets it from this thread.
        self.word().store(next.plus(1).0, Relaxed);
        Dropped::Orphaned(class)
    }

    fn from_word(word: u64) -> Self {
        Self {
            word: AtomicU64::new(word),
            #[cfg(laneway_loom)]
            turn: AtomicU8::new(0),
        }
    }

    /// The word, for the first access of a verb.
    ///
    /// Loom remembers only the last access to an atomic. When one thread loads it, and then another
    /// loads and changes it, loom sees the change next to the load of the same thread, and never
    /// tries it before the first thread's load. So in models each verb first takes a turn at
    /// something else, which changes nothing but is always a change.
    #[inline(always)]
    fn word(&self) -> &AtomicU64 {
        // Ordering: Relaxed, so that it hides no missing one.
        #[cfg(laneway_loom)]
        self.turn.fetch_add(0, Relaxed);
        &self.word
    }

    /// One try of the transition that is usual, so that it costs little: `decide` returns a duty and
    /// the next word, or none if the word is not as usual. Then, and if another thread was faster,
    /// the verb's own [`update`](Self::update) decides.
    #[inline(always)]
    fn usually<T>(
        &self,
        success: Ordering,
        otherwise: Ordering,
        decide: impl FnOnce(Snapshot) -> Option<(T, Snapshot)>,
    ) -> Option<T> {
        // Ordering: as the caller says, here and below.
        let word = Snapshot(self.word().load(otherwise));
        let (duty, next) = decide(word)?;
        self.word
            .compare_exchange_weak(word.0, next.0, success, otherwise)
            .is_ok()
            .then_some(duty)
    }

    /// The one loop behind all transitions: `decide` returns a duty and the next word, or none to
    /// leave the word alone. `success` orders a change, `otherwise` a look without one.
    #[inline(always)]
    fn update<T>(
        &self,
        success: Ordering,
        otherwise: Ordering,
        decide: impl Fn(Snapshot) -> (T, Option<Snapshot>),
    ) -> T {
        // Ordering: as the caller says, here and below.
        let mut word = Snapshot(self.word().load(otherwise));
        loop {
            let (duty, next) = decide(word);
            let Some(next) = next else { return duty };
            match self
                .word
                .compare_exchange_weak(word.0, next.0, success, otherwise)
            {
                Ok(_) => return duty,
                Err(actual) => word = Snapshot(actual),
            }
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed: a picture, not a decision.
        Snapshot(self.word().load(Relaxed)).fmt(f)
    }
}
