//! A lane that keeps its runnables, futures that keep a transcript, wakers that count.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::ops::Deref;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use laneway_scheduler::{Cause, Priority};
use laneway_task::{Id, OwnedTasks, Runnable, Schedule, ScheduleArc, ScheduleRef};

/// Keeps what it is given until the test runs it.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    ready: Mutex<VecDeque<(Runnable, Cause)>>,
    asked_to_yield: Mutex<Vec<Id>>,
    owned: Option<OwnedTasks>,
}

impl Lane {
    pub(crate) fn plain() -> (Home, ScheduleRef) {
        Home::new(Self::default())
    }

    /// One that lists its waiting tasks.
    pub(crate) fn owning() -> (Home, ScheduleRef) {
        Home::new(Self {
            owned: Some(OwnedTasks::new(2, 2)),
            ..Self::default()
        })
    }

    pub(crate) fn list(&self) -> &OwnedTasks {
        self.owned.as_ref().expect("made by `owning`")
    }

    pub(crate) fn pop(&self) -> Option<(Runnable, Cause)> {
        self.ready.lock().unwrap().pop_front()
    }

    pub(crate) fn put(&self, runnable: Runnable) {
        self.ready
            .lock()
            .unwrap()
            .push_back((runnable, Cause::Spawned));
    }

    /// The classes of all that is ready, in order.
    pub(crate) fn classes(&self) -> Vec<Priority> {
        let ready = self.ready.lock().unwrap();
        ready
            .iter()
            .map(|(runnable, _)| runnable.priority())
            .collect()
    }

    /// Which tasks were asked to yield.
    pub(crate) fn asked_to_yield(&self) -> Vec<Id> {
        std::mem::take(&mut self.asked_to_yield.lock().unwrap())
    }

    pub(crate) fn len(&self) -> usize {
        self.ready.lock().unwrap().len()
    }

    /// Runs what is ready, and what that makes ready; gives how many.
    pub(crate) fn run_all(&self) -> usize {
        std::iter::from_fn(|| self.pop())
            .map(|(runnable, _)| runnable.run())
            .count()
    }
}

impl Schedule for Lane {
    fn schedule(&self, runnable: Runnable, cause: Cause) {
        self.ready.lock().unwrap().push_back((runnable, cause));
    }

    fn ask_to_yield(&self, id: Id) {
        self.asked_to_yield.lock().unwrap().push(id);
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        self.owned.as_ref()
    }
}

/// Keeps a lane during a test. Runnables in it hold the lane, so they must go at the end.
#[derive(Debug)]
pub(crate) struct Home(ScheduleArc<Lane>);

impl Home {
    fn new(lane: Lane) -> (Self, ScheduleRef) {
        let lane = ScheduleArc::new(lane);
        let erased = lane.erase();
        (Self(lane), erased)
    }

    /// The lane, which may then outlive its home.
    pub(crate) fn share(&self) -> ScheduleArc<Lane> {
        self.0.clone()
    }
}

impl Deref for Home {
    type Target = Lane;

    fn deref(&self) -> &Lane {
        &self.0
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(owned) = &self.owned {
            owned.close_and_cancel_all();
        }
        std::iter::from_fn(|| self.pop()).for_each(drop);
    }
}

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    pub(crate) fn say(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    /// All of it; the next transcript begins empty.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Says something when dropped.
    pub(crate) fn on_drop(&self, what: &'static str) -> SaysWhenDropped {
        SaysWhenDropped(self.clone(), what)
    }
}

#[derive(Debug)]
pub(crate) struct SaysWhenDropped(Log, &'static str);

impl Drop for SaysWhenDropped {
    fn drop(&mut self) {
        self.0.say(self.1);
    }
}

/// A place where a future leaves its waker.
pub(crate) type WakerSlot = Arc<Mutex<Option<Waker>>>;

/// Leaves its waker in `slot` at the first poll, and is ready at the second.
pub(crate) async fn wait_once(slot: WakerSlot) {
    let mut waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Counts wakes; `Arc::strong_count` counts its clones.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (count.clone(), count.into())
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Polls once.
pub(crate) fn poll_once<F: Future>(future: F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// Panics without the hook's message: this panic is expected.
pub(crate) fn boom() -> ! {
    resume_unwind(Box::new("boom"))
}

/// Runs on another thread, to its end.
pub(crate) fn elsewhere<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(f).join()).unwrap_or_else(|panic| resume_unwind(panic))
}
