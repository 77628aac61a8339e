//! The verbs of the one that waits for the output.

use laneway_loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use laneway_scheduler::Priority;

use super::State;
use super::duty::{Boost, Completed, Detach, Outcome};
use super::word::{COMPLETE, JOIN_INTEREST, JOIN_WAKER, Snapshot};

impl State {
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

    /// The class that the joiner gave, if its slot holds a waker; by the joiner, which alone changes
    /// that.
    #[inline]
    pub(crate) fn joiner(&self) -> Option<Priority> {
        // Ordering: Relaxed: the joiner reads its own bits.
        let word = Snapshot(self.word().load(Relaxed));
        word.has(JOIN_WAKER).then(|| word.joiner())
    }

    /// The joiner, of this class, has written its waker into the slot.
    #[inline]
    pub(crate) fn set_joiner(&self, class: Priority) -> Result<Boost, Completed> {
        // Ordering: Release publishes the slot to the completer (Acquire in `complete`). Relaxed is
        // enough to see that there is none any more; the output is looked for by `outcome`.
        self.update(Release, Relaxed, |word| {
            if word.has(COMPLETE) {
                return (Err(Completed), None);
            }
            let (boost, next) = word.with_joiner(class).raised_from(word);
            (Ok(boost), Some(next.with(JOIN_WAKER)))
        })
    }

    /// The joiner is of another class now; [`Background`](Priority::Background) is none.
    pub(crate) fn boost(&self, class: Priority) -> Boost {
        // Ordering: Relaxed: all news is in the word itself, and a runner that starts because of it
        // reads what the others released from their release sequences, which this continues.
        self.update(Relaxed, Relaxed, |word| {
            if word.has(COMPLETE) || word.joiner() == class {
                return (Boost::Nothing, None);
            }
            let (boost, next) = word.with_joiner(class).raised_from(word);
            (boost, Some(next))
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
            if word.has(COMPLETE) {
                return match word.references() {
                    1 => (Detach::DropOutputAndDealloc, None),
                    _ => (Detach::DropOutput, None),
                };
            }
            let mut next = word.without(JOIN_INTEREST | JOIN_WAKER);
            if word.joiner() != Priority::Background {
                // With the joiner goes the boost.
                next = next.with_joiner(Priority::Background);
            }
            if word.has(JOIN_WAKER) {
                (Detach::DropWaker, Some(next))
            } else if word.references() == 1 {
                (Detach::DropReference, Some(next))
            } else {
                (Detach::Released, Some(next.minus(1)))
            }
        })
    }
}
