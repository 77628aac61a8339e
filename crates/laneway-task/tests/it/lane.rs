//! The lane: how long it lives, and what its `schedule` may do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use laneway_scheduler::Cause;
use laneway_task::{Runnable, Schedule, ScheduleArc, ScheduleRef, current, spawn};
use laneway_waker::{block_on, yield_now};

use crate::support::{WakerSlot, boom, wait_once};

/// Drops every runnable at once, then reads its own memory.
struct Drops {
    letters: Vec<u8>,
    dropped: Arc<AtomicUsize>,
}

impl Drops {
    fn lane() -> (ScheduleRef, Arc<AtomicUsize>) {
        let dropped = Arc::new(AtomicUsize::new(0));
        let lane = Self {
            letters: b"still here".to_vec(),
            dropped: dropped.clone(),
        };
        (ScheduleArc::new(lane).into(), dropped)
    }
}

impl Schedule for Drops {
    fn schedule(&self, runnable: Runnable, _: Cause) {
        drop(runnable);
        assert_eq!(self.letters, b"still here");
        assert_eq!(self.dropped.load(SeqCst), 0);
    }
}

impl Drop for Drops {
    fn drop(&mut self) {
        self.letters.fill(0);
        self.dropped.fetch_add(1, SeqCst);
    }
}

/// In each case the runnable holds the last reference to the task, and the task the last to the lane.
#[test]
fn a_lane_outlives_its_schedule() {
    let waiting = |lane: ScheduleRef| {
        let slot = WakerSlot::default();
        let (runnable, handle) = spawn(wait_once(slot.clone()), &lane);
        runnable.run();
        (handle, slot.lock().unwrap().take().unwrap())
    };
    let (lane, dropped) = Drops::lane();
    let (handle, waker) = waiting(lane);
    drop(handle);
    waker.wake();
    assert_eq!(dropped.load(SeqCst), 1, "woken by value");

    let (lane, dropped) = Drops::lane();
    let (handle, waker) = waiting(lane);
    drop(handle);
    waker.wake_by_ref();
    assert_eq!(dropped.load(SeqCst), 0, "the waker holds the task");
    drop(waker);
    assert_eq!(dropped.load(SeqCst), 1, "woken by reference");

    let (lane, dropped) = Drops::lane();
    let (handle, waker) = waiting(lane);
    drop(handle);
    drop(waker);
    assert_eq!(dropped.load(SeqCst), 1, "last reference");

    let (lane, dropped) = Drops::lane();
    let (handle, waker) = waiting(lane);
    drop(waker);
    drop(handle.abort_on_drop());
    assert_eq!(dropped.load(SeqCst), 1, "aborted");

    let (lane, dropped) = Drops::lane();
    let (runnable, handle) = spawn(yield_now(), &lane);
    drop((lane, handle));
    runnable.run();
    assert_eq!(dropped.load(SeqCst), 1, "yielded");
}

/// A worker's lane is kept by the worker, and no reference is made for the call.
#[test]
fn a_worker_keeps_its_lane() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let lane = Drops {
        letters: b"still here".to_vec(),
        dropped: dropped.clone(),
    };
    let lane = ScheduleArc::new(lane);
    // SAFETY: the guard goes before any other; `Drops` asks for no context.
    let guard = unsafe { current::enter_worker(&lane, std::ptr::null()) };
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn(wait_once(slot.clone()), &lane.erase());
    drop(handle);
    runnable.run();
    slot.lock().unwrap().take().unwrap().wake();
    let (runnable, handle) = spawn(yield_now(), &lane.erase());
    drop(handle);
    runnable.run();
    drop(guard);
    drop(lane);
    assert_eq!(dropped.load(SeqCst), 1);
}

#[test]
fn a_panicking_schedule_cancels_the_task_and_is_the_wakers_panic() {
    let lane = ScheduleArc::new(|_: Runnable| boom()).erase();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn(wait_once(slot.clone()), &lane);
    runnable.run();
    let waker = slot.lock().unwrap().take().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| waker.wake_by_ref())).is_err());
    assert!(block_on(handle).unwrap_err().is_cancelled());
    waker.wake();

    let (runnable, handle) = spawn(yield_now(), &lane);
    assert!(catch_unwind(AssertUnwindSafe(|| runnable.run())).is_err());
    assert!(block_on(handle).unwrap_err().is_cancelled());
}

/// A lane that runs what it is given at once, in the waker's place: bad manners, but no harm.
#[test]
fn a_lane_may_run_inline() {
    let lane = ScheduleArc::new(|runnable: Runnable| runnable.run()).erase();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn(wait_once(slot.clone()), &lane);
    runnable.run();
    let waker = slot.lock().unwrap().take().unwrap();
    waker.wake();
    block_on(handle).unwrap();

    let (runnable, handle) = spawn(
        async {
            for _ in 0..3 {
                yield_now().await;
            }
        },
        &lane,
    );
    runnable.run();
    block_on(handle).unwrap();
}

#[test]
fn lanes_do_not_mix() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let lane = |name: &'static str| {
        let names = names.clone();
        ScheduleArc::new(move |runnable: Runnable| {
            names.lock().unwrap().push(name);
            runnable.run();
        })
    };
    let (first, second) = (lane("first"), lane("second"));
    for lane in [first.erase(), second.erase(), first.erase()] {
        let (runnable, handle) = spawn(yield_now(), &lane);
        runnable.run();
        block_on(handle).unwrap();
    }
    assert_eq!(*names.lock().unwrap(), ["first", "second", "first"]);
    first(spawn(async {}, &second.erase()).0);
    assert_eq!(
        names.lock().unwrap().len(),
        4,
        "dereferences to the closure"
    );
}
