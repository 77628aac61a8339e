//! Waiting for whichever of many tasks ends next.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker, ready};

use laneway_scheduler::Priority;
use laneway_waker::{AtomicWaker, Batch, Inbox, budget};

use crate::{AbortOnDrop, Id, JoinError, JoinHandle, current};

/// Tasks of which any may end next; dropping it aborts those that have not.
///
/// What it costs does not depend on how many there are: a task that ends leaves a note, and
/// [`join_next`](Self::join_next) looks at the notes.
///
/// The tasks are at least as urgent as the task that waits for the set, as with a [`JoinHandle`]; that
/// lasts until somebody else waits for the set, or it is dropped.
///
/// ```
/// use laneway_task::{JoinSet, Runnable, ScheduleArc, spawn};
///
/// let lane = ScheduleArc::new(|_: Runnable| unreachable!("nobody wakes them")).erase();
/// let mut set = JoinSet::new();
/// for i in 0..3 {
///     let (runnable, handle) = spawn(async move { i * i }, &lane);
///     set.insert(handle);
///     runnable.run();
/// }
/// let sum = laneway_waker::block_on(async {
///     let mut sum = 0;
///     while let Some((_, square)) = set.join_next().await {
///         sum += square.unwrap();
///     }
///     sum
/// });
/// assert_eq!(sum, 5);
/// ```
#[must_use = "dropping it aborts its tasks"]
pub struct JoinSet<T> {
    members: Vec<Option<Member<T>>>,
    /// Where in `members` nobody is.
    free: Vec<usize>,
    /// Who was not polled yet, so that their wakers are nowhere.
    new: VecDeque<usize>,
    /// Who was noted to have ended.
    noted: Batch<usize>,
    /// The class that was passed on to all but the new.
    class: Priority,
    shared: Arc<Shared>,
}

struct Member<T> {
    handle: AbortOnDrop<T>,
    /// Notes the member and wakes the set's waker.
    waker: Waker,
}

/// What the set and the wakers of its members share.
struct Shared {
    /// Members that have ended. One may be noted twice, or after its result was taken, when another
    /// has its place: a note is a reason to look and no more.
    ended: Inbox<usize>,
    parent: AtomicWaker,
}

struct MemberWaker {
    place: usize,
    shared: Arc<Shared>,
}

impl<T> JoinSet<T> {
    /// A set without tasks.
    pub fn new() -> Self {
        let shared = Shared {
            ended: Inbox::new(),
            parent: AtomicWaker::new(),
        };
        Self {
            members: Vec::new(),
            free: Vec::new(),
            new: VecDeque::new(),
            noted: shared.ended.take(),
            class: Priority::Background,
            shared: Arc::new(shared),
        }
    }

    /// Puts a task into the set, and gives its number.
    pub fn insert(&mut self, handle: JoinHandle<T>) -> Id {
        let id = handle.id();
        let place = self.free.pop().unwrap_or_else(|| {
            self.members.push(None);
            self.members.len() - 1
        });
        let shared = self.shared.clone();
        self.members[place] = Some(Member {
            handle: handle.abort_on_drop(),
            waker: Waker::from(Arc::new(MemberWaker { place, shared })),
        });
        self.new.push_back(place);
        id
    }

    /// How many tasks are in the set: all whose results were not taken.
    pub fn len(&self) -> usize {
        self.members.len() - self.free.len()
    }

    /// Whether no task is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until one of the tasks has ended, takes it out and gives its number and result. `None` if
    /// the set is empty.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped before it gives a result, nothing is lost.
    pub async fn join_next(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// [`join_next`](Self::join_next), as a poll.
    pub fn poll_join_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(Id, Result<T, JoinError>)>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        let unit = ready!(budget::poll_proceed(cx));
        // Before the look at the notes: whoever leaves one after that finds the waker.
        self.shared.parent.register(cx.waker());
        self.pass_on(current::boost());
        match self.try_join_next() {
            Some(joined) => {
                unit.spend();
                Poll::Ready(Some(joined))
            }
            None => Poll::Pending,
        }
    }

    /// Takes a task that has ended out of the set and gives its number and result. `None` if there is
    /// none.
    pub fn try_join_next(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        loop {
            let place = match self.new.pop_front().or_else(|| self.noted.next()) {
                Some(place) => place,
                None => {
                    self.noted = self.shared.ended.take();
                    self.noted.next()?
                }
            };
            if let Some(joined) = self.look_at(place) {
                return Some(joined);
            }
        }
    }

    /// Asks all tasks to end; their results are then taken as any other.
    pub fn abort_all(&self) {
        for member in self.members.iter().flatten() {
            member.handle.abort();
        }
    }

    /// Lets go of all tasks, which run on alone. The set is empty then.
    pub fn detach_all(&mut self) {
        self.free.clear();
        self.new.clear();
        for member in self.members.drain(..).flatten() {
            drop(member.handle.into_handle());
        }
    }

    /// Aborts all tasks and waits until they have ended, whatever their results.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped before the end, all tasks are aborted, and those that have not ended are still
    /// in the set.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Says to all members that a task of `class` waits for them.
    fn pass_on(&mut self, class: Priority) {
        if self.class != class {
            self.class = class;
            for member in self.members.iter_mut().flatten() {
                member.handle.boost(class);
            }
        }
    }

    /// Takes out who is at `place`, if it has ended; else leaves it a waker.
    fn look_at(&mut self, place: usize) -> Option<(Id, Result<T, JoinError>)> {
        let slot = self.members.get_mut(place)?;
        let member = slot.as_mut()?;
        let Poll::Ready(result) = member.handle.poll_as(&member.waker, self.class) else {
            return None;
        };
        let id = member.handle.id();
        *slot = None;
        self.free.push(place);
        Some((id, result))
    }
}

impl Wake for MemberWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // First the note, then the wake: see `poll_join_next`. It is never refused.
        let _ = self.shared.ended.push(self.place);
        self.shared.parent.wake();
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.members.iter().flatten();
        f.debug_set()
            .entries(ids.map(|member| member.handle.id()))
            .finish()
    }
}
