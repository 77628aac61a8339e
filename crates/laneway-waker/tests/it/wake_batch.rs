//! `WakeBatch`: everybody is woken, in order, whatever anybody does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use laneway_waker::WakeBatch;

use crate::wakers::{Count, Hooks, throw};

#[test]
fn wakes_in_order_and_can_be_used_again() {
    let transcript = Arc::new(Mutex::new(Vec::new()));
    let mut batch = WakeBatch::new();
    for round in 0..2 {
        for index in 0..3 {
            let transcript = transcript.clone();
            let on_wake = move || transcript.lock().unwrap().push((round, index));
            batch.push(Hooks::waker(on_wake, || {}));
        }
        assert_eq!(
            (batch.len(), batch.is_empty(), batch.is_full()),
            (3, false, false)
        );
        batch.wake_all();
        assert_eq!((batch.len(), batch.is_empty()), (0, true));
    }
    let woken = transcript.lock().unwrap().clone();
    assert_eq!(woken, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
}

#[test]
fn a_full_batch_says_so_and_takes_no_more() {
    let (count, waker) = Count::new();
    let mut batch = WakeBatch::default();
    while !batch.is_full() {
        batch.push(waker.clone());
    }
    let full = batch.len();
    let pushed = catch_unwind(AssertUnwindSafe(|| batch.push(Waker::noop().clone())));
    assert!(pushed.is_err());
    batch.wake_all();
    assert_eq!(count.get(), full);
    assert!(!batch.is_full());
}

#[test]
fn dropping_wakes_what_is_left() {
    let (count, waker) = Count::new();
    let mut batch = WakeBatch::new();
    batch.push(waker.clone());
    batch.push(waker);
    drop(batch);
    assert_eq!((count.get(), Arc::strong_count(&count)), (2, 1));
}

#[test]
fn a_waker_that_panics_keeps_nobody_asleep() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            throw("payload dropped");
        }
    }

    let (count, waker) = Count::new();
    let mut batch = WakeBatch::new();
    batch.push(waker.clone());
    batch.push(Hooks::waker(|| throw("woken"), || {}));
    batch.push(waker.clone());
    batch.push(Hooks::waker(|| {}, || throw("dropped")));
    batch.push(waker.clone());
    batch.push(Hooks::waker(
        || std::panic::resume_unwind(Box::new(Grenade)),
        || {},
    ));
    batch.push(waker);
    batch.wake_all();
    assert_eq!(count.get(), 4);
    assert!(batch.is_empty());
}

#[test]
fn a_panic_of_the_collector_wakes_what_it_had() {
    let (count, waker) = Count::new();
    let collecting = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = WakeBatch::new();
        batch.push(waker);
        throw("while collecting");
    }));
    assert!(collecting.is_err());
    assert_eq!(count.get(), 1);
}
