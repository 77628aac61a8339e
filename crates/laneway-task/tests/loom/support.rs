//! A lane, futures, wakers and values that models share.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};

use laneway_loom::cell::UnsafeCell;
use laneway_loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use laneway_loom::sync::{Arc, Mutex};
use laneway_scheduler::{Cause, Priority};
use laneway_task::{
    Builder, Id, JoinHandle, OwnedTasks, Runnable, Schedule, ScheduleArc, ScheduleRef, spawn,
};

/// Preemptions in models of two threads and one word.
pub(crate) const PRIMITIVE: usize = 4;
/// Preemptions in models of three threads, or of a list and its lock.
pub(crate) const PROTOCOL: usize = 3;

/// Keeps what it is given until the model runs it.
pub(crate) struct Lane {
    pub(crate) ready: Mutex<Vec<Runnable>>,
    pub(crate) scheduled: AtomicUsize,
    pub(crate) asked_to_yield: AtomicUsize,
    owned: Option<OwnedTasks>,
}

impl Lane {
    pub(crate) fn new() -> ScheduleArc<Self> {
        Self::make(None)
    }

    pub(crate) fn owning() -> ScheduleArc<Self> {
        Self::make(Some(OwnedTasks::new(2, 1)))
    }

    fn make(owned: Option<OwnedTasks>) -> ScheduleArc<Self> {
        ScheduleArc::new(Self {
            ready: Mutex::new(Vec::new()),
            scheduled: AtomicUsize::new(0),
            asked_to_yield: AtomicUsize::new(0),
            owned,
        })
    }

    pub(crate) fn list(&self) -> &OwnedTasks {
        self.owned.as_ref().expect("made by `owning`")
    }

    pub(crate) fn pop(&self) -> Option<Runnable> {
        self.ready.lock().pop()
    }

    /// One of a task's runnables, of a class.
    pub(crate) fn take(&self, id: Id, class: Priority) -> Option<Runnable> {
        let mut ready = self.ready.lock();
        let at = ready
            .iter()
            .position(|runnable| runnable.id() == id && runnable.priority() == class)?;
        Some(ready.swap_remove(at))
    }

    /// Runs what is ready, and what that makes ready.
    pub(crate) fn run_all(&self) {
        while let Some(runnable) = self.pop() {
            runnable.run();
        }
    }
}

impl Schedule for Lane {
    fn schedule(&self, runnable: Runnable, _: Cause) {
        self.scheduled.fetch_add(1, Relaxed);
        self.ready.lock().push(runnable);
    }

    fn ask_to_yield(&self, _: Id) {
        self.asked_to_yield.fetch_add(1, Relaxed);
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        self.owned.as_ref()
    }
}

/// Where a future leaves its waker.
pub(crate) type WakerSlot = Arc<Mutex<Option<Waker>>>;

pub(crate) fn take(slot: &WakerSlot) -> Waker {
    slot.lock().take().expect("the future left its waker")
}

/// Ready when `flag` is up; leaves its waker at the first poll only.
pub(crate) fn wait_for(flag: Arc<AtomicBool>, slot: WakerSlot) -> impl Future<Output = ()> + Send {
    let mut is_first = true;
    poll_fn(move |cx| {
        // Relaxed: it is the wake that must bring the news.
        if flag.load(Relaxed) {
            return Poll::Ready(());
        }
        if std::mem::take(&mut is_first) {
            *slot.lock() = Some(cx.waker().clone());
        }
        Poll::Pending
    })
}

/// A task that waits for a flag and was polled once: the flag, its waker, its handle.
pub(crate) fn waiting(lane: &ScheduleRef) -> (Arc<AtomicBool>, Waker, JoinHandle<()>) {
    let (flag, slot) = (Arc::new(AtomicBool::new(false)), WakerSlot::default());
    let (runnable, handle) = spawn(wait_for(flag.clone(), slot.clone()), lane);
    runnable.run();
    (flag, take(&slot), handle)
}

/// As [`spawn`], for a task of a class.
pub(crate) fn spawn_as<F>(
    class: Priority,
    future: F,
    lane: &ScheduleRef,
) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    Builder::new().priority(class).spawn(future, lane)
}

/// Counts wakes; its references are counted too, by std, which loom does not see.
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (StdArc<Self>, Waker) {
        let count = StdArc::new(Self(AtomicUsize::new(0)));
        (count.clone(), count.into())
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// A value that loom watches: while one thread writes it, no other may look.
pub(crate) struct Watched(Arc<Shared>);

pub(crate) struct Shared(UnsafeCell<u32>);
// SAFETY: that nobody looks while another writes is what the models are there to find out.
unsafe impl Sync for Shared {}

impl Watched {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared(UnsafeCell::new(0))))
    }

    pub(crate) fn write(&self, value: u32) {
        // SAFETY: as above.
        self.0.0.with_mut(|place| unsafe { *place = value });
    }

    pub(crate) fn read(&self) -> u32 {
        // SAFETY: as above.
        self.0.0.with(|place| unsafe { *place })
    }

    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Reads a watched value when dropped.
pub(crate) struct ReadsWhenDropped(pub(crate) Watched, pub(crate) Arc<AtomicUsize>);

impl Drop for ReadsWhenDropped {
    fn drop(&mut self) {
        self.1.store(self.0.read() as usize, Relaxed);
    }
}
