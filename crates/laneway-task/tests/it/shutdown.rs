//! The list of waiting tasks, and its end.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};

use laneway_task::{OwnedTasks, spawn};
use laneway_waker::{block_on, yield_now};

use crate::support::{Lane, Log, WakerSlot, boom, elsewhere, wait_once};

#[test]
fn a_task_is_listed_from_its_first_wait_to_its_end() {
    let (lane, erased) = Lane::owning();
    let slots = [(); 5].map(|()| WakerSlot::default());
    let handles = slots.clone().map(|slot| {
        let (runnable, handle) = spawn(wait_once(slot), &erased);
        let before = lane.list().len();
        runnable.run();
        assert_eq!(lane.list().len(), before + 1);
        handle
    });
    let (ready, _) = spawn(async {}, &erased);
    ready.run();
    assert_eq!(lane.list().len(), 5, "who never waits is never listed");
    // From the middle, the ends, in any order.
    for i in [2, 0, 4, 3, 1] {
        slots[i].lock().unwrap().take().unwrap().wake();
        assert_eq!(lane.run_all(), 1);
        assert!(handles[i].is_finished());
    }
    assert!(lane.list().is_empty());
    assert_eq!(
        format!("{:?}", lane.list()),
        "OwnedTasks { len: 0, is_closed: false }"
    );
}

#[test]
fn all_waiting_tasks_end_whoever_keeps_their_wakers() {
    let (lane, erased) = Lane::owning();
    let log = Log::default();
    let tasks = (0..100).map(|_| {
        let (slot, on_drop) = (WakerSlot::default(), log.on_drop("future dropped"));
        let (runnable, handle) = spawn(
            {
                let slot = slot.clone();
                async move {
                    let _on_drop = on_drop;
                    wait_once(slot).await;
                }
            },
            &erased,
        );
        runnable.run();
        (handle, slot)
    });
    let tasks = tasks.collect::<Vec<_>>();
    tasks[7].1.lock().unwrap().as_ref().unwrap().wake_by_ref();
    assert_eq!(lane.list().len(), 100);
    lane.list().close_and_cancel_all();
    assert!(lane.list().is_empty() && lane.list().is_closed());
    assert_eq!(log.take(), ["future dropped"; 100]);
    assert_eq!(lane.run_all(), 1, "the queued one's runnable does nothing");
    for (handle, slot) in tasks {
        slot.lock().unwrap().take().unwrap().wake();
        assert!(block_on(handle).unwrap_err().is_cancelled());
    }
    assert_eq!(lane.len(), 0);
    lane.list().close_and_cancel_all();
}

#[test]
fn a_closed_list_ends_who_would_wait() {
    let (lane, erased) = Lane::owning();
    lane.list().close_and_cancel_all();
    let log = Log::default();
    let on_drop = log.on_drop("future dropped");
    let (runnable, handle) = spawn(
        async move {
            let _on_drop = on_drop;
            yield_now().await;
        },
        &erased,
    );
    runnable.run();
    assert_eq!(log.take(), ["future dropped"]);
    assert_eq!(lane.len(), 0);
    assert!(block_on(handle).unwrap_err().is_cancelled());
    let (runnable, handle) = spawn(async { 7 }, &erased);
    runnable.run();
    assert_eq!(
        block_on(handle).unwrap(),
        7,
        "who is ready at once is no matter of the list"
    );
}

#[test]
fn a_running_task_ends_after_its_poll() {
    for second_poll in [false, true] {
        let (lane, erased) = Lane::owning();
        let (inside, closed) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (runnable, handle) = spawn(
            {
                let (inside, closed) = (inside.clone(), closed.clone());
                async move {
                    if second_poll {
                        yield_now().await;
                    }
                    inside.wait();
                    closed.wait();
                    std::future::pending::<()>().await;
                }
            },
            &erased,
        );
        let runnable = if second_poll {
            runnable.run_once().unwrap()
        } else {
            runnable
        };
        std::thread::scope(|scope| {
            scope.spawn(|| runnable.run());
            inside.wait();
            lane.list().close_and_cancel_all();
            assert!(!handle.is_finished());
            closed.wait();
        });
        assert!(block_on(handle).unwrap_err().is_cancelled());
        assert_eq!(lane.len(), 0);
    }
}

/// Futures whose drop panics, wakes its neighbour, and spawns.
#[test]
fn whatever_drops_do_all_are_dropped() {
    struct Meddles(Arc<AtomicUsize>, WakerSlot, laneway_task::ScheduleRef);
    impl Drop for Meddles {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            if let Some(waker) = self.1.lock().unwrap().take() {
                waker.wake();
            }
            let (runnable, _handle) = spawn(yield_now(), &self.2);
            runnable.run();
            boom();
        }
    }
    let (lane, erased) = Lane::owning();
    let dropped = Arc::new(AtomicUsize::new(0));
    let slots = (0..10).map(|_| WakerSlot::default()).collect::<Vec<_>>();
    let handles = (0..10).map(|i| {
        let meddles = Meddles(dropped.clone(), slots[(i + 1) % 10].clone(), erased.clone());
        let slot = slots[i].clone();
        let (runnable, handle) = spawn(
            async move {
                let _meddles = meddles;
                wait_once(slot).await;
            },
            &erased,
        );
        runnable.run();
        handle
    });
    let handles = handles.collect::<Vec<_>>();
    lane.list().close_and_cancel_all();
    assert_eq!(dropped.load(SeqCst), 10);
    assert!(
        handles
            .into_iter()
            .all(|handle| block_on(handle).unwrap_err().is_panic())
    );
    lane.run_all();
}

/// Task, list and lane hold each other; the shutdown sets them free, with no waker's help.
#[test]
fn a_shut_down_lane_is_freed() {
    let (lane, erased) = Lane::owning();
    let freed = Log::default();
    let on_drop = freed.on_drop("lane's guest");
    let (runnable, handle) = spawn(
        async move {
            let _on_drop = on_drop;
            std::future::pending::<()>().await;
        },
        &erased,
    );
    drop((erased, handle));
    runnable.run();
    assert_eq!(
        lane.list().len(),
        1,
        "the list keeps it, though nobody can wake it"
    );
    lane.list().close_and_cancel_all();
    assert_eq!(freed.take(), ["lane's guest"]);
}

#[test]
fn a_list_has_as_many_shards_as_it_is_told_or_more() {
    for shards in [0, 1, 3, 8] {
        let list = OwnedTasks::new(shards);
        assert!(list.is_empty() && !list.is_closed());
        elsewhere(|| list.close_and_cancel_all());
        assert!(list.is_closed());
    }
}
