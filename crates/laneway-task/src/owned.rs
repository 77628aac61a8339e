//! The waiting tasks of a lane: found at shutdown without anyone's waker.
//!
//! # Invariants
//!
//! 1. A task is in at most one list, that of the shard that its [`Place`] names; the list owns one
//!    reference to it.
//! 2. `links` of a task are read and written under the lock of that shard only, or by nobody: both
//!    are `None` in a task that is in no list, and in one that is alone in its list, which is then
//!    its `head`.
//!
//! # Lanes
//!
//! A thread of the background lane may be stopped for long, also under a lock. So a shard belongs to
//! one lane, and its lock is waited for by threads of that lane only (and by
//! [`close_and_cancel_all`](OwnedTasks::close_and_cancel_all), at the end). A task goes into a shard of
//! the lane where it first waits. If it ends in another, it stays in the list, and a note with a
//! reference to it is left in the shard's inbox; a thread of the shard's own lane takes both away.
#![allow(unsafe_code)]

use core::fmt;
use core::mem;
use core::num::NonZeroU16;
use core::ptr::NonNull;

use std::boxed::Box;

use laneway_loom::sync::Mutex;
use laneway_waker::{Inbox, lane};

use crate::raw::{Header, TaskRef, shut_down};

/// The waiting tasks of an executor, so that a shutdown reaches every one, whoever holds its wakers.
///
/// A [`Schedule`](crate::Schedule) that keeps one returns it from
/// [`owned`](crate::Schedule::owned). A task goes in when it first waits (a poll returned `Pending`)
/// and leaves when it ends; one that is ready at once never comes here. The list holds a reference to
/// each task, and each task one to its executor, which must therefore
/// [`close_and_cancel_all`](Self::close_and_cancel_all) in the end, or executor and tasks keep each
/// other alive for ever.
///
/// # Lanes
///
/// The threads that run tasks may be of several [lanes](laneway_waker::lane), whose threads the
/// operating system treats differently. No thread ever waits here for one of another lane, but for
/// who closes the list or asks for its length. The memory of a task that first waited in one lane and
/// ended in another is kept (its future is gone) until a thread of the first lane lists another task,
/// or [sweeps](Self::sweep).
pub struct OwnedTasks {
    /// Those of lane 0 first.
    shards: Box<[Shard]>,
    /// A power of two.
    shards_per_lane: usize,
}

/// Aligned so that neighbours do not share a cache line, nor a pair that the processor prefetches.
#[repr(align(128))]
struct Shard {
    list: Mutex<List>,
    /// Tasks that ended in another lane than the shard's, and are still listed.
    ended: Inbox<TaskRef>,
}

/// Where a task is or was listed: the number of the shard, plus one.
#[derive(Clone, Copy)]
pub(crate) struct Place(NonZeroU16);

/// What a header keeps for its list.
#[derive(Default)]
pub(crate) struct Links {
    previous: Option<NonNull<Header>>,
    next: Option<NonNull<Header>>,
}

/// Doubly linked, newest first.
#[derive(Default)]
struct List {
    head: Option<NonNull<Header>>,
    len: usize,
    is_closed: bool,
}

// SAFETY: the tasks in it are references that any thread may hold (`TaskRef` is `Send`), and their
// links go with the list (2).
unsafe impl Send for List {}

impl OwnedTasks {
    /// An empty list for so many lanes, at least one, with so many shards each, which have a lock each:
    /// about as many as a lane has threads, rounded up to a power of two. Lanes of higher numbers use
    /// the shards of the last.
    ///
    /// # Panics
    ///
    /// If there were 65,535 shards or more.
    pub fn new(lanes: usize, shards_per_lane: usize) -> Self {
        let shards_per_lane = shards_per_lane.next_power_of_two();
        let shards = lanes.max(1).saturating_mul(shards_per_lane);
        assert!(shards < usize::from(u16::MAX), "too many shards: {shards}");
        let shards = (0..shards).map(|_| Shard {
            list: Mutex::default(),
            ended: Inbox::new(),
        });
        Self {
            shards: shards.collect(),
            shards_per_lane,
        }
    }

    /// Takes off what tasks of this thread's lane left behind that ended in another one. For workers
    /// that are about to sleep; it costs a look at each shard of the lane if there is nothing.
    pub fn sweep(&self) {
        let first = self.lane() * self.shards_per_lane;
        for shard in &self.shards[first..][..self.shards_per_lane] {
            shard.sweep();
        }
    }

    /// Refuses tasks from now on and ends those that wait: their futures are dropped here, on this
    /// thread, their handles yield [cancelled](crate::JoinError::is_cancelled). A task that runs
    /// on another thread meanwhile ends there, after its poll. A task that would wait from now on
    /// ends instead.
    ///
    /// Runnables that are in queues stay there; those of ended tasks do nothing when run or
    /// dropped.
    ///
    /// # Panics
    ///
    /// If a [local](crate::spawn_local) task of another thread is among them, whose future leaks.
    pub fn close_and_cancel_all(&self) {
        for shard in &self.shards {
            shard.list.lock().is_closed = true;
            // They are still in the list, which has references of its own.
            drop(shard.ended.close());
        }
        for shard in &self.shards {
            // One at a time: nobody's code runs under the lock, which is held for two writes.
            while let Some(task) = shard.pop() {
                shut_down(task);
            }
        }
    }

    /// How many tasks are listed: waiting, or queued or running after they once waited, or ended in
    /// another lane and not [swept](Self::sweep) since.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.list.lock().len).sum()
    }

    /// Whether no task is listed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether tasks are refused.
    pub fn is_closed(&self) -> bool {
        self.shards.iter().all(|shard| shard.list.lock().is_closed)
    }

    /// Lists a task in a shard of this thread's lane, and says in which; `None` if the list is closed.
    ///
    /// # Safety
    ///
    /// It was never in a list.
    pub(crate) unsafe fn insert(&self, task: &TaskRef) -> Option<Place> {
        // The ids of one thread's tasks are neighbours, so they spread evenly.
        let among = task.id().get().get() as usize & (self.shards_per_lane - 1);
        let index = self.lane() * self.shards_per_lane + among;
        let place = Place(NonZeroU16::new(index as u16 + 1)?);
        let shard = &self.shards[index];
        shard.sweep();
        // Made before the lock and, if it comes to that, dropped after it.
        let reference = task.clone();
        let mut list = shard.list.lock();
        if list.is_closed {
            drop(list);
            return None;
        }
        // SAFETY: in no list (the caller's promise), and this is the lock of its shard.
        unsafe { list.push(reference) };
        Some(place)
    }

    /// Takes a task off, if it is still listed and its shard is of this thread's lane; gives the list's
    /// reference. In another lane the task may stay, and the list keeps its reference.
    ///
    /// # Safety
    ///
    /// It was put into this list, there.
    pub(crate) unsafe fn remove(&self, task: &TaskRef, place: Place) -> Option<TaskRef> {
        let index = usize::from(place.0.get()) - 1;
        let shard = &self.shards[index];
        if index / self.shards_per_lane == self.lane() {
            // SAFETY: in this list or none (the caller's promise), and this is the lock of its shard.
            return unsafe { shard.list.lock().remove(task.as_raw()) };
        }
        // If it is refused, the list is closed, and whoever closes it takes the task off.
        let _ = shard.ended.push(task.clone());
        None
    }

    /// This thread's lane, or the last that has shards.
    fn lane(&self) -> usize {
        usize::from(lane::current()).min(self.shards.len() / self.shards_per_lane - 1)
    }
}

impl fmt::Debug for OwnedTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedTasks")
            .field("len", &self.len())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

impl Shard {
    /// Takes off the tasks that ended in another lane. For threads of the shard's own.
    fn sweep(&self) {
        if self.ended.is_empty() {
            return;
        }
        for task in self.ended.take() {
            // One at a time: nobody's code runs under the lock, which is held for a few writes.
            // SAFETY: it was put into this shard's list, and this is the lock.
            let listed = unsafe { self.list.lock().remove(task.as_raw()) };
            // The last of these references may be the end of the lane, and that is the user's code.
            drop((task, listed));
        }
    }

    fn pop(&self) -> Option<TaskRef> {
        let mut list = self.list.lock();
        let head = list.head?;
        // SAFETY: in this list (1), whose lock is held.
        unsafe { list.remove(head) }
    }
}

impl List {
    /// # Safety
    ///
    /// The task is in no list, and the lock that this list is under is its shard's.
    unsafe fn push(&mut self, task: TaskRef) {
        let next = self.head;
        let task = task.into_raw();
        // SAFETY: both are alive, since a list owns references (1), and their links are ours (2).
        unsafe {
            with_links(task, |links| links.next = next);
            if let Some(next) = next {
                with_links(next, |links| links.previous = Some(task));
            }
        }
        self.head = Some(task);
        self.len += 1;
    }

    /// # Safety
    ///
    /// The task is alive, in this list or none, and the lock that this list is under is its shard's.
    unsafe fn remove(&mut self, task: NonNull<Header>) -> Option<TaskRef> {
        // SAFETY: all of them are alive, the neighbours since a list owns references (1), and their
        // links are ours (2).
        unsafe {
            let Links { previous, next } = with_links(task, mem::take);
            match previous {
                Some(previous) => with_links(previous, |links| links.next = next),
                None if self.head == Some(task) => self.head = next,
                None => return None,
            }
            if let Some(next) = next {
                with_links(next, |links| links.previous = previous);
            }
            self.len -= 1;
            // It owned a reference (1), which goes to the caller.
            Some(TaskRef::from_raw(task))
        }
    }
}

/// Calls `f` with the links of a task.
///
/// # Safety
///
/// The task is alive, and the lock of its shard is held.
unsafe fn with_links<R>(task: NonNull<Header>, f: impl FnOnce(&mut Links) -> R) -> R {
    // SAFETY: alive; only the header's cell is borrowed.
    let links = unsafe { Header::links(task) };
    // SAFETY: whoever holds the lock is alone with them (2).
    links.with_mut(|links| f(unsafe { &mut *links }))
}
