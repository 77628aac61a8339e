//! How tasks are made.

use alloc::borrow::Cow;
use core::fmt;
use core::future::Future;
use core::panic::Location;

use laneway_scheduler::Priority;

use crate::attributes::{Attributes, Tail};
use crate::raw::{self, Birth, Joiner, Ticket};
use crate::schedule::ScheduleRef;
use crate::{JoinHandle, Runnable, current};

/// Makes a task of `future`, for `lane`.
///
/// The task is not scheduled: whoever gets the [`Runnable`] sees to its first poll. From then on the
/// lane gets one each time the task is woken. The task takes the priority of the task that runs
/// here, if any. A [`Builder`] can say more.
///
/// ```
/// use laneway_task::{Runnable, ScheduleArc, spawn};
///
/// let lane = ScheduleArc::new(|_: Runnable| unreachable!("nobody wakes it")).erase();
/// let (runnable, handle) = spawn(async { 6 * 7 }, &lane);
/// runnable.run();
/// assert_eq!(laneway_waker::block_on(handle).unwrap(), 42);
/// ```
#[inline]
#[track_caller]
pub fn spawn<F>(future: F, lane: &ScheduleRef) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    handles(raw::spawn(future, birth(None, lane), None))
}

/// As [`spawn`], for a future that need not be `Send`: it must be polled and dropped on this
/// thread, which the lane has to see to. The [`Runnable`] itself may travel.
///
/// # Panics
///
/// Not this function: running, dropping or shutting down the task on another thread does, and
/// leaks the future.
#[cfg(feature = "std")]
#[inline]
#[track_caller]
pub fn spawn_local<F>(future: F, lane: &ScheduleRef) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + 'static,
    F::Output: 'static,
{
    handles(raw::spawn_local(future, birth(None, lane), None))
}

/// Says more about a task than [`spawn`] does.
///
/// A name or attributes cost 64 bytes in the task's allocation, and nothing if there are none.
///
/// ```
/// use laneway_scheduler::Priority;
/// use laneway_task::{Builder, Runnable, ScheduleArc};
///
/// #[derive(Clone, Copy)]
/// struct Tenant(u64);
///
/// let lane = ScheduleArc::new(|_: Runnable| {}).erase();
/// let builder = Builder::new().name("compact").priority(Priority::Batch).attributes(Tenant(7));
/// let (runnable, _handle) = builder.spawn(async {}, &lane);
///
/// assert_eq!(runnable.name(), Some("compact"));
/// assert_eq!(runnable.priority(), Priority::Batch);
/// assert_eq!(runnable.attributes::<Tenant>().unwrap().0, 7);
/// assert!(runnable.attributes::<u64>().is_none());
/// ```
#[derive(Default)]
#[must_use = "a builder makes no task before `spawn`"]
pub struct Builder {
    name: Option<Cow<'static, str>>,
    priority: Option<Priority>,
    attributes: Option<Attributes>,
}

impl Builder {
    /// A task without a name, with the priority of the task that spawns it.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the task, for people.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// How urgent the task is. Without this, as urgent as
    /// [the one that runs here](current::priority).
    pub fn priority(self, priority: Priority) -> Self {
        Self {
            priority: Some(priority),
            ..self
        }
    }

    /// Gives the task something for a scheduler or a hook to read:
    /// [`Runnable::attributes`].
    ///
    /// A type that is too large does not compile:
    ///
    /// ```compile_fail,E0080
    /// laneway_task::Builder::new().attributes([0_u64; 3]);
    /// ```
    pub fn attributes<A: Copy + Send + Sync + 'static>(self, attributes: A) -> Self {
        Self {
            attributes: Some(Attributes::new(attributes)),
            ..self
        }
    }

    /// Makes the task; see [`spawn`].
    #[inline]
    #[track_caller]
    pub fn spawn<F>(self, future: F, lane: &ScheduleRef) -> (Runnable, JoinHandle<F::Output>)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let birth = birth(self.priority, lane);
        handles(match self.tail() {
            None => raw::spawn(future, birth, None),
            tail => raw::spawn(future, birth, tail),
        })
    }

    /// Makes the task; see [`spawn_local`].
    #[cfg(feature = "std")]
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(self, future: F, lane: &ScheduleRef) -> (Runnable, JoinHandle<F::Output>)
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let birth = birth(self.priority, lane);
        handles(match self.tail() {
            None => raw::spawn_local(future, birth, None),
            tail => raw::spawn_local(future, birth, tail),
        })
    }

    #[inline]
    fn tail(self) -> Option<Tail> {
        let Self {
            name, attributes, ..
        } = self;
        let has_tail = name.is_some() || attributes.is_some();
        has_tail.then_some(Tail { name, attributes })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("priority", &self.priority)
            .field("has_attributes", &self.attributes.is_some())
            .finish()
    }
}

#[inline]
#[track_caller]
fn birth(priority: Option<Priority>, lane: &ScheduleRef) -> Birth<'_> {
    Birth {
        lane,
        location: Location::caller(),
        priority: priority.unwrap_or_else(current::priority),
    }
}

#[inline]
fn handles<T>((ticket, joiner): (Ticket, Joiner<T>)) -> (Runnable, JoinHandle<T>) {
    (ticket.into(), joiner.into())
}
