//! Transcripts of ordinary lives.

use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use laneway_scheduler::Cause;
use laneway_task::spawn;
use laneway_waker::{block_on, yield_now};

use crate::support::{Lane, Log, WakerSlot, elsewhere, poll_once, wait_once};

#[test]
fn a_ready_future_lives_for_one_poll() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let (runnable, handle) = spawn(
        {
            let (log, on_drop) = (log.clone(), log.on_drop("future dropped"));
            async move {
                let _on_drop = on_drop;
                log.say("poll");
                log.on_drop("output dropped")
            }
        },
        &erased,
    );
    assert_eq!(log.take(), [""; 0], "spawn polls nothing");
    assert_eq!(lane.len(), 0, "spawn schedules nothing");
    assert!(!handle.is_finished());

    runnable.run();
    assert_eq!(log.take(), ["poll", "future dropped"]);
    assert!(handle.is_finished());
    assert_eq!(lane.len(), 0);

    let output = block_on(handle).unwrap();
    assert_eq!(log.take(), [""; 0]);
    drop(output);
    assert_eq!(log.take(), ["output dropped"]);
}

#[test]
fn a_wake_schedules_once_until_the_next_poll() {
    let (lane, erased) = Lane::plain();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn(wait_once(slot.clone()), &erased);
    runnable.run();
    assert_eq!(lane.len(), 0);

    let waker = slot.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    waker.wake_by_ref();
    let other = waker.clone();
    other.wake();
    assert_eq!(lane.len(), 1, "one ticket, however many wakes");
    let (runnable, cause) = lane.pop().unwrap();
    assert_eq!(cause, Cause::Woken);
    runnable.run();
    assert!(handle.is_finished());

    waker.wake_by_ref();
    waker.wake();
    assert_eq!(lane.len(), 0, "a stale waker wakes nothing");
}

#[test]
fn a_wake_during_the_poll_comes_back_as_a_yield() {
    let (lane, erased) = Lane::plain();
    let (runnable, handle) = spawn(yield_now(), &erased);
    runnable.run();
    let (runnable, cause) = lane.pop().unwrap();
    assert_eq!(cause, Cause::Yielded);
    runnable.run();
    assert!(handle.is_finished());

    let (runnable, handle) = spawn(yield_now(), &erased);
    let runnable = runnable.run_once().expect("it yielded");
    assert_eq!(lane.len(), 0, "handed back instead");
    assert!(runnable.run_once().is_none());
    assert!(handle.is_finished());
}

/// A future that wakes itself and keeps no waker is not given up for lost, though for a moment nobody
/// but its runner knows it.
#[test]
fn a_detached_task_may_wake_itself_and_keep_no_waker() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let (runnable, handle) = spawn(
        {
            let log = log.clone();
            async move {
                yield_now().await;
                log.say("second poll");
            }
        },
        &erased,
    );
    drop(handle);
    runnable.run();
    assert_eq!(lane.run_all(), 1);
    assert_eq!(log.take(), ["second poll"]);
}

#[test]
fn a_scheduled_task_outlives_its_last_waker() {
    let (lane, erased) = Lane::plain();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn(wait_once(slot.clone()), &erased);
    runnable.run();
    let waker = slot.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    drop(waker);
    let abort_handle = handle.abort_handle();
    drop(handle);
    assert_eq!(lane.run_all(), 1);
    assert!(abort_handle.is_finished());
}

#[test]
fn the_last_waker_to_go_sends_the_future_home_to_die() {
    let (lane, erased) = Lane::plain();
    let (log, slot) = (Log::default(), WakerSlot::default());
    let (runnable, handle) = spawn(
        {
            let (on_drop, slot) = (log.on_drop("future dropped"), slot.clone());
            async move {
                let _on_drop = on_drop;
                wait_once(slot).await;
            }
        },
        &erased,
    );
    drop(handle);
    runnable.run();
    let waker = slot.lock().unwrap().take().unwrap();
    elsewhere(|| drop(waker));
    assert_eq!(log.take(), [""; 0], "not where the waker was dropped");
    assert_eq!(lane.run_all(), 1);
    assert_eq!(log.take(), ["future dropped"], "without a poll");
}

#[test]
fn a_task_that_nobody_can_wake_dies_after_its_poll() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let on_drop = log.on_drop("future dropped");
    let (runnable, handle) = spawn(
        async move {
            let _on_drop = on_drop;
            std::future::pending::<()>().await;
        },
        &erased,
    );
    drop(handle);
    runnable.run();
    assert_eq!(log.take(), ["future dropped"]);
    assert_eq!(lane.len(), 0);
}

#[test]
fn a_dropped_runnable_cancels_and_a_rejected_one_says_so() {
    let (_lane, erased) = Lane::plain();
    let log = Log::default();
    for (i, what) in ["dropped", "cancelled", "rejected"].into_iter().enumerate() {
        let on_drop = log.on_drop(what);
        let (runnable, handle) = spawn(async move { drop(on_drop) }, &erased);
        match i {
            0 => drop(runnable),
            1 => runnable.cancel(),
            _ => runnable.reject(),
        }
        assert_eq!(log.take(), [what], "at once");
        let error = block_on(handle).unwrap_err();
        assert_eq!((error.is_cancelled(), error.is_rejected()), (i < 2, i == 2));
        assert!(!error.is_panic());
    }
}

/// Waking runs nobody's code but the lane's, so it may be done under a lock that the task takes.
#[test]
fn a_wake_under_a_lock_that_the_task_takes_does_not_deadlock() {
    let (lane, erased) = Lane::owning();
    let (slot, lock) = (WakerSlot::default(), Arc::new(Mutex::new(0)));
    let (runnable, handle) = spawn(
        {
            let (slot, lock) = (slot.clone(), lock.clone());
            async move {
                wait_once(slot).await;
                *lock.lock().unwrap() += 1;
            }
        },
        &erased,
    );
    runnable.run();
    let waker = slot.lock().unwrap().take().unwrap();
    let guard = lock.lock().unwrap();
    waker.wake_by_ref();
    drop(guard);
    assert_eq!(lane.run_all(), 1);
    assert!(handle.is_finished());
    let guard = lock.lock().unwrap();
    waker.wake();
    assert_eq!(*guard, 1);
}

#[test]
fn the_future_is_gone_when_the_handle_resolves() {
    let (_lane, erased) = Lane::plain();
    let log = Log::default();
    let on_drop = log.on_drop("future dropped");
    let (runnable, mut handle) = spawn(async move { drop(on_drop) }, &erased);
    assert_eq!(
        poll_once(&mut handle, Waker::noop()).map(drop),
        Poll::Pending
    );
    runnable.run();
    assert_eq!(log.take(), ["future dropped"]);
    assert!(poll_once(&mut handle, Waker::noop()).is_ready());
}

#[test]
fn handles_outlive_their_thread_locals() {
    thread_local! {
        static KEPT: std::cell::RefCell<Vec<Box<dyn std::any::Any>>> = const {
            std::cell::RefCell::new(Vec::new())
        };
    }
    let (lane, erased) = Lane::owning();
    let log = Log::default();
    elsewhere(|| {
        // Made before the first task, so dropped after what tasks use.
        KEPT.with_borrow_mut(|kept| kept.push(Box::new(())));
        let (slot, on_drop) = (WakerSlot::default(), log.on_drop("cancelled"));
        let (runnable, handle) = spawn(async move { drop(on_drop) }, &erased);
        let (waiting, other) = spawn(wait_once(slot.clone()), &erased);
        waiting.run();
        KEPT.with_borrow_mut(|kept| {
            kept.push(Box::new(runnable));
            kept.push(Box::new(handle));
            kept.push(Box::new(slot));
            kept.push(Box::new(other.abort_on_drop()));
        });
    });
    assert_eq!(log.take(), ["cancelled"]);
    assert_eq!(lane.run_all(), 1, "the aborted one, to drop its future");
    assert!(lane.list().is_empty());
}
