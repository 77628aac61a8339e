//! Reaching a reactor from anywhere: registering sources, interrupting its wait.

use std::fmt;
use std::io;
use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use laneway_loom::sync::Arc;
use mio::{Interest, Registry, Token, event};

use crate::interrupt::Interrupt;
use crate::registered::Registered;
use crate::source::Source;
use crate::table::Table;

/// Reaches a [`Reactor`](crate::Reactor) from any thread; cheap to clone.
///
/// It may outlive the reactor: registering then fails with [`Closed`](crate::Closed).
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

/// What the reactor, its handles and its sources share.
pub(crate) struct Shared {
    pub(crate) registry: Registry,
    pub(crate) sources: Table<Source>,
    /// std's `Arc`, since it is a waker.
    pub(crate) interrupt: StdArc<Interrupt>,
}

impl Handle {
    /// Registers `io`, a mio source in non-blocking mode, to be told of the events in `interest`.
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed. In both cases `io` is
    /// dropped; what is a borrow of a descriptor of yours, as `mio::unix::SourceFd` is, stays yours.
    pub fn register<S: event::Source>(
        &self,
        io: S,
        interest: Interest,
    ) -> io::Result<Registered<S>> {
        Registered::new(self, io, interest)
    }

    /// A waker that makes the present turn return, or the next one if there is none.
    ///
    /// It costs a system call only while a turn waits or is about to.
    #[must_use]
    pub fn interrupt(&self) -> Waker {
        self.shared.interrupt.clone().into()
    }

    /// `true` once the reactor is closed or dropped.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.sources.is_closed()
    }
}

impl Shared {
    /// The source of `token` is not there any more.
    pub(crate) fn remove(&self, token: Token) {
        if self.sources.remove(token) {
            self.interrupt.wake_by_ref();
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
