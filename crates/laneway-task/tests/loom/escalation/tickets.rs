//! A ticket that was left over, against what may need it.

use std::task::Waker;

use laneway_loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use laneway_loom::sync::{Arc, Mutex};
use laneway_loom::{model, thread};
use laneway_scheduler::Priority::{Batch, Critical};
use laneway_task::current;
use laneway_waker::yield_now;

use super::{boosted, busy, joining, trying};
use crate::support::{Lane, PRIMITIVE, WakerSlot, Watched, poll, spawn_as, take, wait_for};

/// Likewise if the task yields, and its tickets are run by two threads.
#[test]
fn two_tickets_make_one_runner() {
    for is_kept in [true, false] {
        model(PRIMITIVE, move || {
            let lane = Lane::new();
            let (low, handle) = spawn_as(Batch, busy(2, Watched::new()), &lane.erase());
            let id = handle.id();
            let abort_handle = handle.abort_handle();
            if is_kept {
                joining(handle, &lane.erase()).0.run();
            } else {
                trying(handle, &lane.erase()).run();
            }
            let high = lane.take(id, Critical).expect("a second ticket");
            let running = thread::spawn(move || low.run());
            high.run();
            running.join().unwrap();
            assert!(lane.ready.lock().len() <= 3);
            lane.run_all();
            assert!(abort_handle.is_finished());
        });
    }
}

/// A ticket that is left over and a wake: together they make a poll that sees what was written before.
#[test]
fn a_stale_ticket_races_with_a_wake() {
    for by_value in [true, false] {
        model(PRIMITIVE, move || {
            let lane = Lane::new();
            let (flag, slot) = (Arc::new(AtomicBool::new(false)), WakerSlot::default());
            let future = wait_for(flag.clone(), slot.clone());
            let (low, handle) = spawn_as(Batch, future, &lane.erase());
            let id = handle.id();
            let mut handle = boosted(handle, &lane.erase());
            lane.take(id, Critical).expect("a second ticket").run();
            assert!(poll(&mut handle, Waker::noop()).is_pending());
            let waker = take(&slot);
            let running = thread::spawn(move || low.run());
            flag.store(true, Relaxed);
            if by_value {
                waker.wake();
            } else {
                waker.wake_by_ref();
                drop(waker);
            }
            running.join().unwrap();
            assert!(lane.ready.lock().len() <= 1);
            lane.run_all();
            assert!(handle.is_finished());
        });
    }
}

/// Likewise an abort.
#[test]
fn a_stale_ticket_races_with_an_abort() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let slot = WakerSlot::default();
        let future = wait_for(Arc::new(AtomicBool::new(false)), slot.clone());
        let (low, handle) = spawn_as(Batch, future, &lane.erase());
        let id = handle.id();
        let abort_handle = handle.abort_handle();
        trying(handle, &lane.erase()).run();
        let high = lane.take(id, Critical).expect("a second ticket");
        assert!(high.run_once().is_none(), "the first one serves");
        let running = thread::spawn(move || low.run());
        abort_handle.abort();
        running.join().unwrap();
        lane.run_all();
        assert!(abort_handle.is_finished());
        drop(slot.lock().take());
    });
}

/// A task that is as urgent as before again, by a guard that is dropped elsewhere, while it starts.
#[test]
fn the_end_of_a_guard_races_with_a_start() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let guard = Arc::new(Mutex::new(None));
        let (runnable, handle) = {
            let guard = guard.clone();
            let future = async move {
                *guard.lock() = current::set_priority(Batch);
                yield_now().await;
                current::priority()
            };
            spawn_as(Critical, future, &lane.erase())
        };
        let low = runnable.run_once().expect("it yielded");
        assert_eq!(low.priority(), Batch);
        let guard = guard.lock().take();
        let running = thread::spawn(move || low.run());
        drop(guard);
        running.join().unwrap();
        assert!(lane.ready.lock().len() <= 1);
        lane.run_all();
        assert!(handle.is_finished());
    });
}
