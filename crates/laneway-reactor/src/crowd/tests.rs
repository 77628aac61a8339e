//! More waiters than fit into a batch, and requests that meet each other.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};

use laneway_loom::sync::Arc;
use laneway_waker::WakeBatch;

use super::{Crowd, HELD, Waiter};
use crate::direction::Directions;
use crate::source::Source;
use crate::wait::Wait;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn waiters(crowd: &Crowd, n: usize, interest: Directions) -> (Vec<Arc<Waiter>>, StdArc<Count>) {
    let count = StdArc::new(Count::default());
    let waiters = (0..n)
        .map(|_| {
            let waiter = Arc::new(Waiter::new(interest));
            waiter.slot().register(&Waker::from(count.clone()));
            crowd.join(&waiter);
            waiter
        })
        .collect();
    (waiters, count)
}

#[test]
fn all_are_woken_once() {
    let crowd = Crowd::new();
    let (readers, read) = waiters(&crowd, 100, Directions::READ);
    let (writers, written) = waiters(&crowd, 50, Directions::WRITE);
    let (both, any) = waiters(&crowd, 40, Directions::BOTH);
    let counts = || [&read, &written, &any].map(|count| count.0.load(SeqCst));
    crowd.wake(Directions::READ, &mut WakeBatch::new());
    assert_eq!(counts(), [100, 0, 40]);
    crowd.wake(Directions::BOTH, &mut WakeBatch::new());
    assert_eq!(counts(), [100, 50, 40]);
    for waiter in readers.iter().chain(&writers).chain(&both) {
        crowd.leave(waiter);
    }
    assert!(crowd.list.try_lock().unwrap().is_empty());
    assert_eq!(StdArc::strong_count(&read), 1, "no waker is kept");
    // Nobody there: nothing is held, nothing is left to do.
    crowd.wake(Directions::BOTH, &mut WakeBatch::new());
    assert!(format!("{:?}", crowd.word).contains('0'));
}

/// While the list is held, nobody waits for it; the holder finds what was asked for.
#[test]
fn the_holder_serves() {
    let crowd = Crowd::new();
    let (waiter, count) = waiters(&crowd, 2, Directions::READ);
    crowd.word.fetch_or(HELD, SeqCst);
    let guard = crowd.list.try_lock().unwrap();
    let (_late, late) = waiters(&crowd, 3, Directions::READ);
    crowd.wake(Directions::READ, &mut WakeBatch::new());
    crowd.leave(&waiter[0]);
    assert_eq!((count.0.load(SeqCst), late.0.load(SeqCst)), (0, 0));
    // Who leaves takes its waker along, though it is in the list still.
    assert_eq!(StdArc::strong_count(&count), 2);
    drop(guard);
    let _ = crowd.serve(&mut WakeBatch::new());
    assert_eq!((count.0.load(SeqCst), late.0.load(SeqCst)), (1, 3));
    assert_eq!(crowd.list.try_lock().unwrap().len(), 4);
}

/// Who finds the list held waits, as it would otherwise: nothing is tried again and again.
#[test]
fn a_late_waiter_waits() {
    let source = Source::new(Directions::NONE);
    let count = StdArc::new(Count::default());
    let waker = Waker::from(count.clone());
    let cx = &mut Context::from_waker(&waker);
    let mut wait = Wait::new(&source, Directions::BOTH);
    source.crowd.word.fetch_or(HELD, SeqCst);
    assert!(wait.poll(cx).is_pending() && wait.poll(cx).is_pending());
    assert_eq!(count.0.load(SeqCst), 0);
    let _ = source.crowd.serve(&mut WakeBatch::new());
    source.crowd.wake(Directions::READ, &mut WakeBatch::new());
    assert_eq!(count.0.load(SeqCst), 1);
    drop(wait);
    assert!(source.crowd.list.try_lock().unwrap().is_empty());
    assert_eq!(StdArc::strong_count(&count), 2);
}
