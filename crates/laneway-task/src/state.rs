#![doc = include_str!("state.md")]

mod duty;
#[cfg(all(test, not(laneway_loom)))]
mod tests;

use core::fmt;

#[cfg(laneway_loom)]
use laneway_loom::sync::atomic::AtomicU8;
use laneway_loom::sync::atomic::{
    AtomicU64,
    Ordering::{self, AcqRel, Acquire, Relaxed, Release},
};

#[cfg(feature = "std")]
pub(crate) use duty::Claim;
pub(crate) use duty::{Abort, Complete, Completed, Detach, Dropped, Outcome, Rest, Start, Wake};

/// A [`Runnable`](crate::Runnable) exists, or the runner makes one at the end of its poll.
const QUEUED: u64 = 1 << 0;
// Bits 1 to 3 are kept free: one ticket bit per class.
/// One thread polls or drops the future; the stage is that thread's.
const RUNNING: u64 = 1 << 4;
/// The future is gone and the outcome is written.
const COMPLETE: u64 = 1 << 5;
/// Somebody asked for the end.
const ABORTED: u64 = 1 << 6;
/// Two bits that hold an [`Outcome`]; zero before `COMPLETE`.
const OUTCOME: u64 = 0b11 << OUTCOME_SHIFT;
const OUTCOME_SHIFT: u32 = 7;
/// The [`JoinHandle`](crate::JoinHandle) exists, or existed when the task completed.
const JOIN_INTEREST: u64 = 1 << 9;
/// The joiner's slot holds a waker (after `COMPLETE`: held one, and the completer took it).
const JOIN_WAKER: u64 = 1 << 10;
/// One reference; the bits from here up count them.
const REF: u64 = 1 << 16;
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
    /// A spawned task: a ticket and a handle, with a reference each.
    pub(crate) fn new() -> Self {
        Self::from_word(QUEUED | JOIN_INTEREST | (2 * REF))
    }

    /// Arrows 2 and 5, by a waker that keeps its reference.
    #[inline]
    pub(crate) fn wake_by_ref(&self) -> Wake {
        // Ordering: Release publishes what the caller did before the wake to the poll that follows
        // (Acquire in `start`). A wake that changes no bit is a read-modify-write all the same:
        // after a mere load that poll could miss those writes. On a complete task there is no such
        // poll, and Relaxed is enough to see that.
        self.update(Release, Relaxed, |word| {
            if word.has(COMPLETE) {
                (Wake::Nothing, None)
            } else if word.has(QUEUED | RUNNING) {
                (Wake::Nothing, Some(word.with(QUEUED)))
            } else {
                (Wake::Schedule, Some(word.with(QUEUED).plus(1)))
            }
        })
    }

    /// Arrows 2 and 5, by a waker whose reference becomes the ticket's, or goes.
    #[inline]
    pub(crate) fn wake_by_value(&self) -> Wake {
        // Ordering: Release as in `wake_by_ref`; where the reference goes, it also puts this
        // waker's use of the task before the deallocation, as in `drop_reference`.
        self.update(Release, Relaxed, |word| {
            if word.has(COMPLETE) {
                (Wake::Drop, None)
            } else if word.has(QUEUED | RUNNING) {
                // Whoever runs the task or holds its ticket has a reference: this is not the last.
                (Wake::Nothing, Some(word.with(QUEUED).minus(1)))
            } else {
                (Wake::Schedule, Some(word.with(QUEUED)))
            }
        })
    }

    /// Arrow 1: the holder of the ticket begins to run the task.
    #[inline]
    pub(crate) fn start(&self) -> Start {
        // Ordering: Acquire, to see what wakers (Release in `wake_*`), aborters (Release in
        // `abort`) and the last runner (Release in `rest`) did before. Every transition is a
        // read-modify-write, so this reads from the release sequences of all of them.
        self.update(Acquire, Relaxed, |word| {
            if word.has(RUNNING | COMPLETE) {
                return (Start::Nothing, None);
            }
            let duty = if word.has(ABORTED) {
                Start::Cancel
            } else {
                Start::Poll
            };
            (duty, Some(word.without(QUEUED).with(RUNNING)))
        })
    }

    /// Arrows 3 and 4: a poll returned `Pending`.
    #[inline]
    pub(crate) fn rest(&self) -> Rest {
        // Ordering: Release hands the future to whoever runs or drops it next (Acquire in `start`
        // and `claim`), and ends the use of the reference as in `drop_reference`. Acquire where
        // nothing changes, so that the future's drop sees what was done before the abort (Release
        // in `abort` and `claim`).
        self.update(Release, Acquire, |word| {
            if word.has(ABORTED) {
                (Rest::Cancel, None)
            } else if word.has(QUEUED) {
                (Rest::Yielded, Some(word.without(RUNNING)))
            } else if word.references() == 1 {
                (Rest::Cancel, None)
            } else {
                (Rest::Idle, Some(word.without(RUNNING).minus(1)))
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
        // references before a deallocation (Release in `drop_reference`).
        self.update(AcqRel, Relaxed, |word| {
            let next = word
                .without(RUNNING)
                .with(COMPLETE | ((outcome as u64) << OUTCOME_SHIFT));
            if word.has(JOIN_WAKER) {
                (Complete::WakeJoiner, Some(next))
            } else if outcome.has_contents() && !word.has(JOIN_INTEREST) {
                (Complete::DropOutput, Some(next))
            } else if word.references() == references {
                (Complete::Dealloc, Some(next))
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
                (Abort::Schedule, Some(word.with(ABORTED | QUEUED).plus(1)))
            }
        })
    }

    /// How the task ended, once it has; then its contents and the joiner's reference to them may
    /// be used.
    #[inline]
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        // Ordering: Acquire, to see the output (Release in `complete`).
        Snapshot(self.word().load(Acquire)).outcome()
    }

    /// Whether a `JoinHandle` may still want the output. `false` is final.
    #[inline]
    pub(crate) fn is_join_wanted(&self) -> bool {
        // Ordering: Relaxed: it decides only who drops an output that this thread wrote.
        Snapshot(self.word().load(Relaxed)).has(JOIN_INTEREST)
    }

    /// Whether the joiner's slot holds a waker; by the joiner, which alone changes that.
    #[inline]
    pub(crate) fn has_joiner(&self) -> bool {
        // Ordering: Relaxed: the joiner reads its own bit.
        Snapshot(self.word().load(Relaxed)).has(JOIN_WAKER)
    }

    /// The joiner has written its waker into the slot.
    #[inline]
    pub(crate) fn set_joiner(&self) -> Result<(), Completed> {
        // Ordering: Release publishes the slot to the completer (Acquire in `complete`). Relaxed is
        // enough to see that there is none any more; the output is looked for by `outcome`.
        self.update(Release, Relaxed, |word| match word.has(COMPLETE) {
            true => (Err(Completed), None),
            false => (Ok(()), Some(word.with(JOIN_WAKER))),
        })
    }

    /// The joiner takes its slot back.
    #[inline]
    pub(crate) fn clear_joiner(&self) -> Result<(), Completed> {
        // Ordering: Relaxed: the slot was this thread's before, and a completer that finds the bit
        // clear does not look at it.
        self.update(Relaxed, Relaxed, |word| match word.has(COMPLETE) {
            true => (Err(Completed), None),
            false => (Ok(()), Some(word.without(JOIN_WAKER))),
        })
    }

    /// The `JoinHandle` goes.
    #[inline]
    pub(crate) fn detach(&self) -> Detach {
        // Ordering: Release ends the use of the reference as in `drop_reference`; Acquire where
        // nothing changes, to see the output that is to be dropped (Release in `complete`) and, if
        // the reference is the last, all uses of the others (Release in `drop_reference`).
        self.update(Release, Acquire, |word| {
            let next = word.without(JOIN_INTEREST | JOIN_WAKER);
            if word.has(COMPLETE) && word.references() == 1 {
                (Detach::DropOutputAndDealloc, None)
            } else if word.has(COMPLETE) {
                (Detach::DropOutput, None)
            } else if word.has(JOIN_WAKER) {
                (Detach::DropWaker, Some(next))
            } else if word.references() == 1 {
                (Detach::DropReference, Some(next))
            } else {
                (Detach::Released, Some(next.minus(1)))
            }
        })
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
        // Ordering: Relaxed: whoever gets the ticket gets it from this thread.
        self.word()
            .store(word.with(QUEUED | ABORTED).plus(1).0, Relaxed);
        Dropped::Orphaned
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

/// One value of the word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Snapshot(u64);

impl Snapshot {
    /// Whether any of `bits` is set.
    #[inline]
    fn has(self, bits: u64) -> bool {
        self.0 & bits != 0
    }

    fn with(self, bits: u64) -> Self {
        Self(self.0 | bits)
    }

    fn without(self, bits: u64) -> Self {
        Self(self.0 & !bits)
    }

    fn plus(self, references: u64) -> Self {
        Self(self.0 + references * REF)
    }

    fn minus(self, references: u64) -> Self {
        Self(self.0 - references * REF)
    }

    fn references(self) -> u64 {
        self.0 / REF
    }

    fn outcome(self) -> Option<Outcome> {
        self.has(COMPLETE)
            .then_some(match (self.0 & OUTCOME) >> OUTCOME_SHIFT {
                0 => Outcome::Value,
                1 => Outcome::Cancelled,
                2 => Outcome::Panicked,
                _ => Outcome::Rejected,
            })
    }
}

impl fmt::Debug for Snapshot {
    /// Names, not numbers: `QUEUED JOIN_INTEREST refs=2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (QUEUED, "QUEUED "),
            (RUNNING, "RUNNING "),
            (COMPLETE, "COMPLETE "),
            (ABORTED, "ABORTED "),
            (JOIN_INTEREST, "JOIN_INTEREST "),
            (JOIN_WAKER, "JOIN_WAKER "),
        ];
        for (_, name) in names.into_iter().filter(|&(bit, _)| self.has(bit)) {
            f.write_str(name)?;
        }
        if let Some(outcome) = self.outcome() {
            write!(f, "{outcome:?} ")?;
        }
        write!(f, "refs={}", self.references())
    }
}
