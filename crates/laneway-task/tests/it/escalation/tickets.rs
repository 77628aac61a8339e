//! What becomes of the tickets of a task whose class changes.

use std::sync::{Arc, Mutex};
use std::task::Waker;

use laneway_scheduler::Priority::{Background, Batch, Critical, Normal};
use laneway_task::current;
use laneway_waker::{block_on, yield_now};

use super::{poll_as, references, share, spawn_as};
use crate::support::{Lane, Log, WakerSlot, poll_once, wait_once};

#[test]
fn the_end_of_a_borrowed_join_ends_the_boost() {
    let (lane, erased) = Lane::plain();
    let (first, handle) = spawn_as(Batch, &erased, async { 7 });
    let handle = share(handle);
    let join_once = |class| {
        let handle = handle.clone();
        let join = async move {
            let mut handle = handle.lock().unwrap();
            let is_pending = poll_once(handle.join(), Waker::noop()).is_pending();
            assert!(is_pending);
        };
        let (runnable, _) = spawn_as(class, &erased, join);
        runnable.run();
    };
    join_once(Critical);
    let (urgent, _) = lane.pop().unwrap();
    assert_eq!(urgent.priority(), Critical);
    assert!(urgent.run_once().is_none(), "its other ticket serves");
    assert_eq!(references(&handle), 2);

    join_once(Critical);
    let (urgent, _) = lane.pop().unwrap();
    drop(first);
    assert!(handle.lock().unwrap().is_finished(), "dropped, it cancels");
    assert!(urgent.run_once().is_none());

    let (first, handle) = spawn_as(Batch, &erased, yield_now());
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    let (urgent, _) = lane.pop().unwrap();
    assert!(first.run_once().is_none(), "the other ticket serves");
    assert_eq!(references(&handle), 2);
    urgent.run();
    assert!(handle.lock().unwrap().is_finished());
}

#[test]
fn a_detached_task_is_as_urgent_as_itself() {
    let (lane, erased) = Lane::plain();
    let seen = Arc::new(Mutex::new(None));
    let (first, handle) = spawn_as(Batch, &erased, {
        let seen = seen.clone();
        async move { *seen.lock().unwrap() = current::effective_priority() }
    });
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    let (urgent, _) = lane.pop().unwrap();
    drop(handle);
    assert!(
        urgent.run_once().is_none(),
        "back to the ticket in its own queue"
    );
    assert!(first.run_once().is_none());
    assert_eq!(*seen.lock().unwrap(), Some(Batch));
}

#[test]
fn a_ticket_above_the_task_goes_back_to_its_queue() {
    let (lane, erased) = Lane::plain();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn_as(Batch, &erased, wait_once(slot.clone()));
    runnable.run();
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    assert_eq!(lane.classes(), [Critical], "woken, to pass the boost on");
    drop(handle);
    let (urgent, _) = lane.pop().unwrap();
    let again = urgent
        .run_once()
        .expect("it is queued, and has no other ticket");
    assert_eq!(again.priority(), Batch);
    assert!(again.run_once().is_none());
    assert_eq!(lane.len(), 0);
    drop(slot);
}

#[test]
fn a_ticket_that_was_left_over_serves_the_next_wake() {
    let (lane, erased) = Lane::plain();
    let slot = WakerSlot::default();
    let (low, handle) = spawn_as(Batch, &erased, wait_once(slot.clone()));
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    let (urgent, _) = lane.pop().unwrap();
    urgent.run();
    let waker = slot.lock().unwrap().take().unwrap();
    // Not urgent any more.
    assert!(poll_once(&mut *handle.lock().unwrap(), Waker::noop()).is_pending());
    let before = references(&handle);
    waker.wake_by_ref();
    assert_eq!(references(&handle), before);
    waker.wake();
    assert_eq!(references(&handle), before - 1);
    assert_eq!(lane.len(), 0, "the first ticket still lies in its queue");
    low.run();
    assert!(handle.lock().unwrap().is_finished());

    // Likewise an abort.
    let (low, handle) = spawn_as(Batch, &erased, wait_once(slot.clone()));
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    lane.pop().unwrap().0.run();
    assert!(poll_once(&mut *handle.lock().unwrap(), Waker::noop()).is_pending());
    handle.lock().unwrap().abort();
    assert_eq!(lane.len(), 0);
    low.run();
    assert!(handle.lock().unwrap().is_finished());
}

#[test]
fn dropping_a_stale_ticket_cancels_nothing() {
    let (lane, erased) = Lane::plain();
    let slot = WakerSlot::default();
    let (low, handle) = spawn_as(Batch, &erased, wait_once(slot.clone()));
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    lane.pop().unwrap().0.run();
    drop(low);
    slot.lock().unwrap().take().unwrap().wake();
    assert_eq!(lane.classes(), [Critical]);
    lane.run_all();
    block_on(&mut *handle.lock().unwrap()).unwrap();
}

/// A waiting task that nobody can wake, and that has a stale ticket, ends with that.
#[test]
fn the_last_ticket_of_a_lost_task_ends_it() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let on_drop = log.on_drop("future dropped");
    let (low, handle) = spawn_as(Batch, &erased, async move {
        let _on_drop = on_drop;
        std::future::pending::<()>().await;
    });
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    lane.pop().unwrap().0.run();
    drop(handle);
    assert!(log.take().is_empty());
    low.run();
    assert_eq!(lane.classes(), [Batch]);
    lane.run_all();
    assert_eq!(log.take(), ["future dropped"]);
}

#[test]
fn however_often_it_is_boosted_there_are_four_tickets() {
    let (lane, erased) = Lane::plain();
    let (first, handle) = spawn_as(Background, &erased, async {});
    let handle = share(handle);
    let before = references(&handle);
    let classes = [Batch, Normal, Critical];
    let joins = {
        let (handle, lane) = (handle.clone(), lane.share());
        move |class| {
            let mut handle = handle.lock().unwrap();
            for _ in 0..350_000 {
                assert!(poll_once(handle.join(), Waker::noop()).is_pending());
            }
            assert!(lane.len() <= 3, "{class}");
        }
    };
    for class in classes {
        let joins = joins.clone();
        let (runnable, joined) = spawn_as(class, &erased, async move { joins(class) });
        runnable.run();
        block_on(joined).unwrap();
    }
    assert_eq!(lane.classes(), classes);
    assert_eq!(references(&handle), before + 3);
    // Tickets above the class of the task do nothing, the last runs.
    let mut polled = 0;
    while let Some((runnable, _)) = lane.pop() {
        assert!(runnable.run_once().is_none());
        polled += 1;
    }
    assert_eq!(polled, 3);
    assert_eq!(references(&handle), before);
    first.run();
    assert!(handle.lock().unwrap().is_finished());
    assert_eq!(references(&handle), 1);
}
