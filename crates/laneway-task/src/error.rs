//! Why a task gave no output.

use alloc::boxed::Box;
use core::any::Any;
use core::fmt;

use crate::Id;
use crate::panic::{Kept, Payload};

/// Why a task gave no output: it was cancelled, it panicked, or nobody would run it.
pub struct JoinError {
    id: Id,
    reason: Reason,
}

enum Reason {
    Cancelled,
    Rejected,
    Panicked(Kept),
}

impl JoinError {
    pub(crate) fn cancelled(id: Id) -> Self {
        Self {
            id,
            reason: Reason::Cancelled,
        }
    }

    pub(crate) fn rejected(id: Id) -> Self {
        Self {
            id,
            reason: Reason::Rejected,
        }
    }

    pub(crate) fn panicked(id: Id, payload: Payload) -> Self {
        Self {
            id,
            reason: Reason::Panicked(Kept::new(payload)),
        }
    }

    /// Whether the future was dropped before it returned: aborted, shut down, or its
    /// [`Runnable`](crate::Runnable) was dropped.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.reason, Reason::Cancelled)
    }

    /// Whether the future panicked, in a poll or in its drop.
    pub fn is_panic(&self) -> bool {
        matches!(self.reason, Reason::Panicked(_))
    }

    /// Whether whoever held the [`Runnable`](crate::Runnable) [refused](crate::Runnable::reject)
    /// to run it: a queue was full.
    pub fn is_rejected(&self) -> bool {
        matches!(self.reason, Reason::Rejected)
    }

    /// What the panic carried, for [`resume_unwind`](std::panic::resume_unwind).
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("{error}: there is no panic to take"),
        }
    }

    /// What the panic carried.
    ///
    /// # Errors
    ///
    /// This error again, if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        match self.reason {
            Reason::Panicked(payload) => Ok(payload.into_inner()),
            reason => Err(Self { reason, ..self }),
        }
    }

    /// Which task.
    pub fn id(&self) -> Id {
        self.id
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match &self.reason {
            Reason::Cancelled => write!(f, "task {id} was cancelled"),
            Reason::Rejected => write!(f, "task {id} was rejected"),
            Reason::Panicked(payload) => match payload.message() {
                Some(message) => write!(f, "task {id} panicked: {message}"),
                None => write!(f, "task {id} panicked"),
            },
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("JoinError");
        match &self.reason {
            Reason::Cancelled => tuple.field(&format_args!("cancelled")),
            Reason::Rejected => tuple.field(&format_args!("rejected")),
            Reason::Panicked(payload) => match payload.message() {
                Some(message) => tuple.field(&format_args!("panicked: {message:?}")),
                None => tuple.field(&format_args!("panicked")),
            },
        };
        tuple.field(&self.id).finish()
    }
}

impl core::error::Error for JoinError {}
