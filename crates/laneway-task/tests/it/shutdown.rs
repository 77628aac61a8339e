//! The list of waiting tasks, and its end.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};

use laneway_task::{OwnedTasks, spawn};
use laneway_waker::{block_on, lane, yield_now};

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
    for lanes in [0, 1, 3] {
        for shards in [0, 1, 3, 8] {
            let list = OwnedTasks::new(lanes, shards);
            assert!(list.is_empty() && !list.is_closed());
            list.sweep();
            elsewhere(|| {
                // More lanes than the list knows of.
                let _lane = lane::enter(7);
                list.sweep();
                list.close_and_cancel_all();
            });
            assert!(list.is_closed());
        }
    }
}

/// Runs what is ready, on a thread of another lane.
fn run_in_the_background(lane: &Lane) -> usize {
    elsewhere(|| {
        let _lane = lane::enter(1);
        lane.run_all()
    })
}

/// A task that waits first here and ends in another lane stays in the list until a thread of this lane
/// comes by.
#[test]
fn who_ends_in_another_lane_is_swept_up() {
    let (lane, erased) = Lane::owning();
    let log = Log::default();
    let start = |slot: &WakerSlot| {
        let (slot, on_drop) = (slot.clone(), log.on_drop("future dropped"));
        let (runnable, handle) = spawn(
            async move {
                let _on_drop = on_drop;
                wait_once(slot).await;
            },
            &erased,
        );
        runnable.run();
        handle
    };
    let slot = WakerSlot::default();
    for sweeps in [true, false] {
        let handle = start(&slot);
        slot.lock().unwrap().take().unwrap().wake();
        assert_eq!(run_in_the_background(&lane), 1);
        block_on(handle).unwrap();
        assert_eq!(log.take(), ["future dropped"]);
        assert_eq!(lane.list().len(), 1, "no one waits for this lane's lock");
        elsewhere(|| {
            let _lane = lane::enter(1);
            lane.list().sweep();
        });
        assert_eq!(lane.list().len(), 1, "not theirs to sweep");
        if sweeps {
            lane.list().sweep();
            assert!(lane.list().is_empty());
        } else {
            // Neighbours in number are in different shards, of which there are two.
            let others = [(); 2].map(|()| start(&slot));
            assert_eq!(lane.list().len(), 2, "another that waits sweeps");
            drop(others);
        }
    }

    // And the other way round.
    lane.run_all();
    let handle = elsewhere(|| {
        let _lane = lane::enter(1);
        start(&slot)
    });
    let before = lane.list().len();
    slot.lock().unwrap().take().unwrap().wake();
    lane.run_all();
    block_on(handle).unwrap();
    lane.list().sweep();
    assert_eq!(lane.list().len(), before);
    elsewhere(|| {
        let _lane = lane::enter(1);
        lane.list().sweep();
    });
    assert_eq!(lane.list().len(), before - 1);
}

/// Those that ended in another lane do not outlive the list's end, swept up or not.
#[test]
fn a_shutdown_sweeps_too() {
    let (lane, erased) = Lane::owning();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn(wait_once(slot.clone()), &erased);
    runnable.run();
    slot.lock().unwrap().take().unwrap().wake();
    run_in_the_background(&lane);
    let watches = handle.abort_handle();
    drop(handle);
    assert!(format!("{watches:?}").contains("refs=3"), "{watches:?}");
    lane.list().close_and_cancel_all();
    assert!(format!("{watches:?}").contains("refs=1"), "{watches:?}");
    assert!(lane.list().is_empty());

    // Whoever ends in another lane after the list was closed has left it.
    let (runnable, handle) = spawn(async {}, &erased);
    elsewhere(|| {
        let _lane = lane::enter(1);
        runnable.run();
    });
    block_on(handle).unwrap();
}
