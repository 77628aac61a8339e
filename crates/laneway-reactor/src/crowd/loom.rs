//! Models of the list that nobody waits for.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Wake, Waker};

use laneway_loom::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use laneway_loom::{model, thread};
use laneway_waker::WakeBatch;

use super::{Crowd, Waiter};
use crate::direction::Directions;

/// Counts outside of the model, so that it adds no order to it.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

struct Rig {
    crowd: Crowd,
    ready: AtomicBool,
}

/// One who waits for `ready` as a future does: registers, joins, looks.
struct One {
    waiter: Arc<Waiter>,
    wakes: StdArc<Count>,
    saw: bool,
}

impl Rig {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            crowd: Crowd::new(),
            ready: AtomicBool::new(false),
        })
    }

    fn wait(&self) -> One {
        self.wait_for(Directions::READ)
    }

    fn wait_for(&self, directions: Directions) -> One {
        let waiter = Arc::new(Waiter::new(directions));
        let wakes = StdArc::new(Count::default());
        waiter.slot().register(&Waker::from(wakes.clone()));
        self.crowd.join(&waiter);
        One {
            waiter,
            wakes,
            saw: self.ready.load(Relaxed),
        }
    }

    fn in_list(&self) -> usize {
        assert!(self.crowd.coming.is_empty());
        self.crowd.list.try_lock().unwrap().len()
    }

    fn event(&self, directions: Directions) {
        self.ready.store(true, Relaxed);
        self.crowd.wake(directions, &mut WakeBatch::new());
    }
}

impl One {
    /// `true` if it saw the event, or was woken.
    fn is_served(&self) -> bool {
        self.saw || self.wakes.0.load(SeqCst) > 0
    }
}

/// One joins while an event comes.
#[test]
fn join_and_event() {
    model(3, || {
        let rig = Rig::new();
        let event = thread::spawn({
            let rig = rig.clone();
            move || rig.event(Directions::READ)
        });
        let one = rig.wait();
        event.join().unwrap();
        assert!(one.is_served());
    });
}

/// Two join while an event comes: whoever holds the list serves what it finds.
#[test]
fn two_join_and_an_event() {
    model(2, || {
        let rig = Rig::new();
        let waiting = thread::spawn({
            let rig = rig.clone();
            move || rig.wait()
        });
        let event = thread::spawn({
            let rig = rig.clone();
            move || rig.event(Directions::READ)
        });
        let one = rig.wait();
        let two = waiting.join().unwrap();
        event.join().unwrap();
        assert!(one.is_served() && two.is_served());
    });
}

/// One leaves, while another stays and an event comes. Who left is gone, with its waker.
#[test]
fn leave_and_event() {
    model(3, || {
        let rig = Rig::new();
        let (stays, leaves) = (rig.wait(), rig.wait());
        let event = thread::spawn({
            let rig = rig.clone();
            move || rig.event(Directions::READ)
        });
        rig.crowd.leave(&leaves.waiter);
        event.join().unwrap();
        assert!(stays.is_served());
        assert_eq!(
            StdArc::strong_count(&leaves.wakes),
            1,
            "its waker is dropped"
        );
        assert_eq!(rig.in_list(), 1, "nobody is left in the list who has gone");
    });
}

/// Two leave at the same time, while a third joins: all requests are served, the list ends empty but for
/// the third.
#[test]
fn two_leave_and_one_joins() {
    model(2, || {
        let rig = Rig::new();
        let (a, b) = (rig.wait(), rig.wait());
        let leaving = thread::spawn({
            let (rig, a) = (rig.clone(), a.waiter.clone());
            move || rig.crowd.leave(&a)
        });
        let joining = thread::spawn({
            let rig = rig.clone();
            move || _ = rig.wait()
        });
        rig.crowd.leave(&b.waiter);
        leaving.join().unwrap();
        joining.join().unwrap();
        assert_eq!(rig.in_list(), 1);
    });
}

/// Events of two threads: a request that comes while another is served is served too.
#[test]
fn two_events() {
    model(3, || {
        let rig = Rig::new();
        let one = rig.wait();
        let event = thread::spawn({
            let rig = rig.clone();
            move || rig.event(Directions::READ)
        });
        rig.event(Directions::READ);
        // The wake of the event above may have been left to the other thread, so look after it.
        event.join().unwrap();
        assert!(one.is_served());
        // It registers again, and nobody held the list: a further event finds it.
        one.waiter.slot().register(&Waker::from(one.wakes.clone()));
        let before = one.wakes.0.load(SeqCst);
        rig.event(Directions::READ);
        assert!(one.wakes.0.load(SeqCst) > before);
    });
}

/// More wait than fit into a batch, so the holder lets go in between, and has taken along what others
/// asked for: an event that comes just then finds who joined before it all the same.
#[test]
fn an_event_between_two_batches() {
    model(2, || {
        let rig = Rig::new();
        let _readers = [rig.wait(), rig.wait()];
        let joining = thread::spawn({
            let rig = rig.clone();
            move || rig.wait_for(Directions::WRITE)
        });
        let event = thread::spawn({
            let rig = rig.clone();
            move || rig.event(Directions::WRITE)
        });
        // Full but for one.
        let mut batch = WakeBatch::new();
        while batch.len() < 31 {
            batch.push(Waker::noop().clone());
        }
        rig.crowd.wake(Directions::READ, &mut batch);
        batch.wake_all();
        let writer = joining.join().unwrap();
        event.join().unwrap();
        assert!(writer.is_served());
        assert_eq!(rig.in_list(), 3);
    });
}
