//! The event that the models wait for, and wakers that see it, panic, or come back.

use std::panic::resume_unwind;
use std::task::{Wake, Waker};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::Ordering::Relaxed;
use laneway_loom::sync::atomic::{AtomicBool, AtomicUsize};
use laneway_loom::thread;
use laneway_waker::AtomicWaker;

/// What one side makes happen, and the place where the other side waits for it.
pub(crate) struct Event {
    pub(crate) happened: Arc<AtomicBool>,
    pub(crate) waiter: AtomicWaker,
}

impl Event {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            happened: Arc::new(AtomicBool::new(false)),
            waiter: AtomicWaker::new(),
        })
    }

    pub(crate) fn fire(&self) {
        self.happened.store(true, Relaxed);
        self.waiter.wake();
    }

    /// Registers, then looks.
    pub(crate) fn has_happened(&self, waker: &Waker) -> bool {
        self.waiter.register(waker);
        self.happened.load(Relaxed)
    }
}

/// A waker that looks at the event when it is woken. Its `Arc` is std's, as wakers require.
pub(crate) struct Witness {
    pub(crate) happened: Arc<AtomicBool>,
    pub(crate) wakes: AtomicUsize,
    pub(crate) has_seen: AtomicBool,
}

impl Wake for Witness {
    fn wake(self: std::sync::Arc<Self>) {
        self.wakes.fetch_add(1, Relaxed);
        if self.happened.load(Relaxed) {
            self.has_seen.store(true, Relaxed);
        }
    }
}

impl Witness {
    pub(crate) fn new(event: &Arc<Event>) -> (std::sync::Arc<Self>, Waker) {
        let witness = std::sync::Arc::new(Self {
            happened: event.happened.clone(),
            wakes: AtomicUsize::new(0),
            has_seen: AtomicBool::new(false),
        });
        (witness.clone(), Waker::from(witness))
    }

    pub(crate) fn has_seen(&self) -> bool {
        self.has_seen.load(Relaxed)
    }
}

pub(crate) fn fire(event: &Arc<Event>) -> thread::JoinHandle<()> {
    let event = event.clone();
    thread::spawn(move || event.fire())
}

/// A waker that panics, quietly, whenever it is woken.
pub(crate) struct Panicking;

impl Wake for Panicking {
    fn wake(self: std::sync::Arc<Self>) {
        resume_unwind(Box::new("woken"));
    }
}

/// A waker that comes back, when it is woken and again when it is dropped.
pub(crate) struct Reentrant(pub(crate) Arc<Event>);

impl Wake for Reentrant {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.waiter.register(Waker::noop());
    }
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        self.0.waiter.wake();
    }
}
