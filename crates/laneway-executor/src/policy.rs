//! How the operating system is asked to treat the threads of a lane.

use std::fmt;
use std::io;
use std::time::Duration;

/// How the kernel is asked to treat threads.
///
/// | | Linux | elsewhere |
/// |---|---|---|
/// | [`inherit`](Self::inherit) | as the thread that starts them | the same |
/// | [`normal`](Self::normal) | `SCHED_OTHER` | refused |
/// | [`batch`](Self::batch) | `SCHED_BATCH`: does not preempt others when it wakes up | refused |
/// | [`idle`](Self::idle) | `SCHED_IDLE`: runs when nothing else does | refused |
/// | [`nice`](Self::nice) | weight: 1024 at 0, 110 at 10, 15 at 19 | refused |
/// | [`slice`](Self::slice) | from 6.12 on; older kernels ignore it | refused |
///
/// A thread needs no privilege to become less important, and needs one (`CAP_SYS_NICE` or a resource
/// limit) to become more important again. So a thread keeps its policy for life, and a task that
/// becomes more urgent moves to another lane.
///
/// What is refused is left out, and reported: [`LaneStatus`](crate::LaneStatus).
///
/// ```
/// use laneway_executor::Policy;
///
/// assert_eq!(Policy::batch().nice(19).to_string(), "batch, nice 19");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    pub(crate) kind: Option<Kind>,
    pub(crate) nice: Option<i8>,
    pub(crate) slice: Option<Duration>,
}

/// Which of the system's scheduling policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Batch,
    Idle,
}

impl Policy {
    /// Whatever the thread has that starts the lane's threads. The main lane's.
    pub const fn inherit() -> Self {
        Self {
            kind: None,
            nice: None,
            slice: None,
        }
    }

    /// The system's ordinary policy.
    pub const fn normal() -> Self {
        Self::of(Kind::Normal)
    }

    /// For threads that compute: they get their share, but do not push others aside when they wake up.
    pub const fn batch() -> Self {
        Self::of(Kind::Batch)
    }

    /// For threads that run only on cores where nothing else wants to.
    ///
    /// With next to no weight, such a thread may not run for seconds, also while it holds a lock of
    /// the allocator's or of the program's that others wait for. Measured against [`batch`](Self::batch)
    /// with [`nice`](Self::nice) 19, it is no better for the others and gets less done.
    pub const fn idle() -> Self {
        Self::of(Kind::Idle)
    }

    /// How much of a contended core the threads yield to others: from -20 to 19, 19 being the most;
    /// less than 0 needs a privilege.
    #[must_use]
    pub const fn nice(mut self, nice: i8) -> Self {
        self.nice = Some(nice);
        self
    }

    /// For how long a thread runs before others of the same weight may have their turn: from 0.1 to
    /// 100 ms.
    #[must_use]
    pub const fn slice(mut self, slice: Duration) -> Self {
        self.slice = Some(slice);
        self
    }

    const fn of(kind: Kind) -> Self {
        Self {
            kind: Some(kind),
            nice: None,
            slice: None,
        }
    }

    pub(crate) fn is_inherit(&self) -> bool {
        *self == Self::inherit()
    }

    /// What no system could do.
    pub(crate) fn validate(&self) -> io::Result<()> {
        let slices = Duration::from_micros(100)..=Duration::from_millis(100);
        let problem = if self.nice.is_some_and(|nice| !(-20..=19).contains(&nice)) {
            "a nice value lies between -20 and 19"
        } else if self.slice.is_some_and(|slice| !slices.contains(&slice)) {
            "a slice lies between 0.1 and 100 ms"
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            None => "inherited",
            Some(Kind::Normal) => "normal",
            Some(Kind::Batch) => "batch",
            Some(Kind::Idle) => "idle",
        })?;
        if let Some(nice) = self.nice {
            write!(f, ", nice {nice}")?;
        }
        if let Some(slice) = self.slice {
            write!(f, ", slice {slice:?}")?;
        }
        Ok(())
    }
}
