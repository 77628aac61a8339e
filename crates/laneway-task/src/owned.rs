//! The waiting tasks of a lane: found at shutdown without anyone's waker.
//!
//! # Invariants
//!
//! 1. A task is in at most one list, that of the shard that its id chooses; the list owns one
//!    reference to it.
//! 2. `links` of a task are read and written under the lock of that shard only, or by nobody: both
//!    are `None` in a task that is in no list, and in one that is alone in its list, which is then
//!    its `head`.
#![allow(unsafe_code)]

use core::fmt;
use core::mem;
use core::ptr::NonNull;

use std::boxed::Box;

use laneway_loom::sync::Mutex;

use crate::raw::{Header, TaskRef, shut_down};

/// The waiting tasks of a lane, so that a shutdown reaches every one, whoever holds its wakers.
///
/// A lane that keeps one returns it from [`Schedule::owned`](crate::Schedule::owned). A task goes
/// in when it first waits (a poll returned `Pending`) and leaves when it ends; one that is ready
/// at once never comes here. The list holds a reference to each task, and each task one to its
/// lane: the owner of a lane must [`close_and_cancel_all`](Self::close_and_cancel_all) in the end,
/// or lane and tasks keep each other alive for ever.
pub struct OwnedTasks {
    shards: Box<[Shard]>,
}

/// Aligned so that neighbours do not share a cache line, nor a pair that the processor prefetches.
#[repr(align(128))]
struct Shard(Mutex<List>);

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
    /// An empty list, in so many shards with a lock each: about as many as threads run tasks of
    /// the lane. Rounded up to a power of two.
    ///
    /// # Panics
    ///
    /// If that power of two is more than memory holds.
    pub fn new(shards: usize) -> Self {
        let shards = (0..shards.next_power_of_two())
            .map(|_| Shard(Mutex::default()))
            .collect();
        Self { shards }
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
            shard.0.lock().is_closed = true;
        }
        for shard in &self.shards {
            // One at a time: nobody's code runs under the lock, which is held for two writes.
            while let Some(task) = shard.pop() {
                shut_down(task);
            }
        }
    }

    /// How many tasks are listed: waiting, or queued or running after they once waited.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.lock().len).sum()
    }

    /// Whether no task is listed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether tasks are refused.
    pub fn is_closed(&self) -> bool {
        self.shards.iter().all(|shard| shard.0.lock().is_closed)
    }

    /// Lists a task; `false` if the list is closed.
    ///
    /// # Safety
    ///
    /// It was never in a list.
    pub(crate) unsafe fn insert(&self, task: &TaskRef) -> bool {
        // Made before the lock and, if it comes to that, dropped after it.
        let reference = task.clone();
        let mut list = self.shard(task).0.lock();
        if list.is_closed {
            drop(list);
            return false;
        }
        // SAFETY: in no list (the caller's promise), and this is the lock of its shard.
        unsafe { list.push(reference) };
        true
    }

    /// Takes a task off, if it is still listed; gives the list's reference.
    ///
    /// # Safety
    ///
    /// It was put into this list, not into another.
    pub(crate) unsafe fn remove(&self, task: &TaskRef) -> Option<TaskRef> {
        // SAFETY: in this list or none (the caller's promise), and this is the lock of its shard.
        unsafe { self.shard(task).0.lock().remove(task.as_raw()) }
    }

    fn shard(&self, task: &TaskRef) -> &Shard {
        // The ids of one thread's tasks are neighbours, so they spread evenly.
        &self.shards[task.id().get().get() as usize & (self.shards.len() - 1)]
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
    fn pop(&self) -> Option<TaskRef> {
        let mut list = self.0.lock();
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
