//! What is to be done once the lock is free.

use laneway_loom::sync::Arc;

use crate::seat::Seat;

/// Whom to call, once the lock is free.
#[must_use = "the state counts on the thread that is called"]
#[derive(Debug)]
pub(crate) enum Call {
    Nobody,
    /// Notify the thread that waits in this seat.
    Wake(Arc<Seat>),
    /// Start a thread with this index, and tell [`State::started`](super::State::started) or
    /// [`State::refused`](super::State::refused).
    Start(usize),
}

/// What a thread does next.
#[must_use]
#[derive(Debug)]
pub(crate) enum Step<J> {
    /// Make the call, run the job, then ask [`State::finished`](super::State::finished).
    Run(J, Call),
    /// Wait in the seat until the keep-alive time is over, then ask [`State::woken`](super::State::woken).
    Rest,
    /// Wait in the seat for a tick, then ask [`State::woken`](super::State::woken).
    Watch,
    /// End.
    Leave,
}

/// What follows when a thread that was counted on does not come.
#[must_use = "these jobs have no thread"]
#[derive(Debug)]
pub(crate) struct Missing<J> {
    /// Jobs that no thread is left for: to be rejected.
    pub(crate) stranded: Vec<J>,
    /// Another thread, if one rests.
    pub(crate) call: Call,
}
