//! Ending tasks from everywhere.

use std::sync::{Arc, Mutex};

use laneway_task::{AbortHandle, JoinHandle, Runnable, ScheduleArc, spawn};
use laneway_waker::block_on;

use crate::support::{Lane, Log, WakerSlot, elsewhere, wait_once};

/// A task that waits, logs its drop, and leaves its waker.
fn waiting(lane: &laneway_task::ScheduleRef, log: &Log) -> (JoinHandle<()>, WakerSlot) {
    let (slot, on_drop) = (WakerSlot::default(), log.on_drop("future dropped"));
    let (runnable, handle) = spawn(
        {
            let slot = slot.clone();
            async move {
                let _on_drop = on_drop;
                wait_once(slot).await;
            }
        },
        lane,
    );
    runnable.run();
    (handle, slot)
}

#[test]
fn a_waiting_task_is_dropped_where_it_runs() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let (handle, _slot) = waiting(&erased, &log);
    elsewhere(|| {
        handle.abort();
        handle.abort();
    });
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(lane.len(), 1);
    assert!(!handle.is_finished());
    lane.run_all();
    assert_eq!(log.take(), ["future dropped"]);
    assert!(block_on(handle).unwrap_err().is_cancelled());
}

#[test]
fn a_queued_task_is_dropped_instead_of_polled() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let (runnable, handle) = spawn(
        {
            let log = log.clone();
            async move { log.say("poll") }
        },
        &erased,
    );
    handle.abort();
    assert_eq!(lane.len(), 0, "it has its ticket");
    runnable.run();
    assert_eq!(log.take(), [""; 0]);
    assert!(block_on(handle).unwrap_err().is_cancelled());
}

#[test]
fn an_abort_is_delivered_though_the_handle_goes() {
    let (lane, erased) = Lane::plain();
    let log = Log::default();
    let (handle, _slot) = waiting(&erased, &log);
    handle.abort();
    drop(handle);
    lane.run_all();
    assert_eq!(log.take(), ["future dropped"]);

    let (handle, _slot) = waiting(&erased, &log);
    drop(handle.abort_on_drop());
    lane.run_all();
    assert_eq!(log.take(), ["future dropped"]);

    let (handle, slot) = waiting(&erased, &log);
    drop(handle.abort_on_drop().into_handle());
    assert_eq!(lane.len(), 0, "a plain handle detaches");
    slot.lock().unwrap().take().unwrap().wake();
    lane.run_all();
    assert_eq!(log.take(), ["future dropped"]);
}

#[test]
fn a_task_may_abort_itself() {
    let (_lane, erased) = Lane::plain();
    let own = Arc::new(Mutex::new(None::<AbortHandle>));
    for is_ready in [false, true] {
        let (runnable, handle) = spawn(
            {
                let own = own.clone();
                async move {
                    own.lock().unwrap().take().unwrap().abort();
                    if !is_ready {
                        std::future::pending::<()>().await;
                    }
                }
            },
            &erased,
        );
        *own.lock().unwrap() = Some(handle.abort_handle());
        runnable.run();
        assert_eq!(
            block_on(handle).is_ok(),
            is_ready,
            "an output that came in time counts"
        );
    }
}

#[test]
fn an_abort_after_the_end_does_nothing() {
    let (lane, erased) = Lane::plain();
    let (runnable, handle) = spawn(async { 7 }, &erased);
    let abort_handle = handle.abort_handle();
    runnable.run();
    abort_handle.abort();
    assert!(abort_handle.is_finished() && abort_handle.id() == handle.id());
    assert_eq!(lane.len(), 0);
    assert_eq!(block_on(handle).unwrap(), 7);
    abort_handle.clone().abort();
}

/// The executor is gone: its lane drops what it is given.
#[test]
fn an_abort_after_the_executor_drops_the_future_here() {
    let lane = ScheduleArc::new(|runnable: Runnable| drop(runnable)).erase();
    let log = Log::default();
    let (handle, slot) = waiting(&lane, &log);
    drop(lane);
    elsewhere(|| handle.abort());
    assert_eq!(log.take(), ["future dropped"]);
    assert!(block_on(handle).unwrap_err().is_cancelled());
    slot.lock().unwrap().take().unwrap().wake();
}

/// A future's drop aborts, wakes and spawns others, and itself.
#[test]
fn a_drop_may_do_anything() {
    struct Meddles(
        Arc<Mutex<Vec<AbortHandle>>>,
        WakerSlot,
        laneway_task::ScheduleRef,
        Log,
    );
    impl Drop for Meddles {
        fn drop(&mut self) {
            self.0.lock().unwrap().iter().for_each(AbortHandle::abort);
            if let Some(waker) = self.1.lock().unwrap().take() {
                waker.wake_by_ref();
                waker.wake();
            }
            let log = self.3.clone();
            let (runnable, _handle) = spawn(async move { log.say("child") }, &self.2);
            runnable.run();
        }
    }
    let (lane, erased) = Lane::owning();
    let log = Log::default();
    let handles = Arc::new(Mutex::new(Vec::new()));
    let tasks = (0..3).map(|_| {
        let slot = WakerSlot::default();
        let meddles = Meddles(handles.clone(), slot.clone(), erased.clone(), log.clone());
        let (runnable, handle) = spawn(
            async move {
                let _meddles = meddles;
                wait_once(slot).await;
            },
            &erased,
        );
        handles.lock().unwrap().push(handle.abort_handle());
        runnable.run();
        handle
    });
    let tasks = tasks.collect::<Vec<_>>();
    tasks[1].abort();
    assert_eq!(lane.run_all(), 3, "one aborts the others");
    assert!(
        tasks
            .into_iter()
            .all(|task| block_on(task).unwrap_err().is_cancelled())
    );
    assert_eq!(log.take(), ["child"; 3]);
    assert!(lane.list().is_empty());
}
