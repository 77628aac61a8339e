//! Waiting for whichever of many tasks ends next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};

use laneway_scheduler::Priority::{Background, Batch, Critical};
use laneway_task::{Builder, JoinSet, Runnable, ScheduleRef, spawn};
use laneway_waker::block_on;

use crate::support::{Count, Lane, WakerSlot, boom, elsewhere, poll_once, wait_once};

/// A set of so many tasks that wait, and where their wakers are.
fn waiting(lane: &ScheduleRef, count: usize) -> (JoinSet<usize>, Vec<WakerSlot>) {
    let mut set = JoinSet::new();
    let slots = (0..count).map(|i| {
        let slot = WakerSlot::default();
        let theirs = slot.clone();
        let (runnable, handle) = spawn(
            async move {
                wait_once(theirs).await;
                i
            },
            lane,
        );
        runnable.run();
        set.insert(handle);
        slot
    });
    let slots = slots.collect();
    (set, slots)
}

fn wake(slot: &WakerSlot) {
    slot.lock().unwrap().take().unwrap().wake();
}

#[test]
fn results_come_in_the_order_of_the_ends() {
    let (lane, erased) = Lane::plain();
    let (mut set, slots) = waiting(&erased, 5);
    let (count, waker) = Count::new();
    assert!(set.try_join_next().is_none());
    assert!(poll_once(set.join_next(), &waker).is_pending());
    assert_eq!(set.len(), 5);
    for i in [3, 0, 4] {
        wake(&slots[i]);
        lane.run_all();
    }
    assert_eq!(count.get(), 1, "woken once, and not asked since");
    for i in [3, 0, 4] {
        let Poll::Ready(Some((_, result))) = poll_once(set.join_next(), &waker) else {
            panic!("{i} has ended")
        };
        assert_eq!(result.unwrap(), i);
    }
    assert!(poll_once(set.join_next(), &waker).is_pending());
    assert_eq!(set.len(), 2);
    wake(&slots[1]);
    lane.run_all();
    assert_eq!(count.get(), 2);
    assert_eq!(set.try_join_next().unwrap().1.unwrap(), 1);
    set.detach_all();
    assert!(set.is_empty());
    assert_eq!(
        poll_once(set.join_next(), &waker).map(|it| it.is_none()),
        Poll::Ready(true)
    );
    wake(&slots[2]);
    assert_eq!(lane.run_all(), 1, "it was not aborted");
}

#[test]
fn who_has_ended_before_is_found_in_order() {
    let (_lane, erased) = Lane::plain();
    let mut set = JoinSet::default();
    let mut ids = Vec::new();
    for i in 0..10 {
        let (runnable, handle) = spawn(async move { i }, &erased);
        runnable.run();
        ids.push(handle.id());
        assert_eq!(set.insert(handle), ids[i]);
    }
    for (i, id) in ids.into_iter().enumerate() {
        let (joined, result) = set.try_join_next().unwrap();
        assert_eq!((joined, result.unwrap()), (id, i));
    }
    assert!(set.is_empty() && set.try_join_next().is_none());
    assert!(block_on(set.join_next()).is_none());
    assert_eq!(format!("{set:?}"), "{}");
}

#[test]
fn places_are_used_again() {
    let (lane, erased) = Lane::plain();
    let (mut set, slots) = waiting(&erased, 2);
    assert!(poll_once(set.join_next(), Waker::noop()).is_pending());
    for slot in &slots {
        wake(slot);
    }
    lane.run_all();
    assert!(set.try_join_next().is_some());
    for i in 0..100 {
        let (runnable, handle) = spawn(async move { i }, &erased);
        set.insert(handle);
        assert_eq!(set.len(), 2);
        runnable.run();
        assert!(set.try_join_next().is_some());
    }
    assert!(set.try_join_next().is_some() && set.is_empty());
}

#[test]
fn a_dropped_set_aborts() {
    let (lane, erased) = Lane::plain();
    let (mut set, slots) = waiting(&erased, 3);
    assert!(poll_once(set.join_next(), Waker::noop()).is_pending());
    wake(&slots[1]);
    lane.run_all();
    drop(set);
    assert_eq!(lane.run_all(), 2, "who had ended has not to end again");
    assert!(
        slots[0].lock().unwrap().is_some(),
        "it was not polled again"
    );
}

#[test]
fn a_shutdown_waits_for_the_ends() {
    let (lane, erased) = Lane::plain();
    let (mut set, _slots) = waiting(&erased, 3);
    let (count, waker) = Count::new();
    {
        let mut shutdown = std::pin::pin!(set.shutdown());
        assert!(poll_once(shutdown.as_mut(), &waker).is_pending());
        assert_eq!(lane.run_all(), 3);
        assert_eq!(count.get(), 1);
        assert!(poll_once(shutdown, &waker).is_ready());
    }
    assert!(set.is_empty());

    let (mut set, _slots) = waiting(&erased, 1);
    set.abort_all();
    lane.run_all();
    let (_, result) = set.try_join_next().unwrap();
    assert!(result.unwrap_err().is_cancelled());
}

#[test]
fn a_panic_is_a_result() {
    let (_lane, erased) = Lane::plain();
    let mut set = JoinSet::new();
    let (runnable, handle) = spawn(async { boom() }, &erased);
    let id = set.insert(handle);
    runnable.run();
    let Some((joined, result)) = block_on(set.join_next()) else {
        panic!("one task is in the set")
    };
    assert!(joined == id && result.unwrap_err().is_panic());
}

#[test]
fn a_boost_goes_to_all_members() {
    let (lane, erased) = Lane::plain();
    let spawn_low = || Builder::new().priority(Batch).spawn(async {}, &erased);
    let mut set = JoinSet::new();
    let mut low = Vec::new();
    for _ in 0..2 {
        let (runnable, handle) = spawn_low();
        low.push(runnable);
        set.insert(handle);
    }
    assert!(poll_once(set.join_next(), Waker::noop()).is_pending());
    assert_eq!(lane.len(), 0, "who is no task boosts nothing");
    let (runnable, handle) = spawn_low();
    low.push(runnable);
    set.insert(handle);

    let joins = async move {
        for _ in 0..2 {
            assert!(poll_once(set.join_next(), Waker::noop()).is_pending());
        }
        set
    };
    let (runnable, mut joined) = Builder::new().priority(Critical).spawn(joins, &erased);
    runnable.run();
    assert_eq!(
        lane.classes(),
        [Critical; 3],
        "once each, also who came late"
    );
    let Poll::Ready(Ok(mut set)) = poll_once(&mut joined, Waker::noop()) else {
        panic!("it has ended")
    };
    assert!(poll_once(set.join_next(), Waker::noop()).is_pending());
    for _ in 0..3 {
        let (urgent, _) = lane.pop().unwrap();
        assert!(urgent.run_once().is_none(), "not urgent any more");
    }
    low.into_iter().for_each(Runnable::run);
    for _ in 0..3 {
        set.try_join_next().unwrap().1.unwrap();
    }
    assert_eq!(lane.classes(), [Background; 0]);
}

/// Ten thousand tasks end on another thread; each is looked at a fixed number of times.
#[test]
fn each_end_costs_the_same() {
    const TASKS: usize = 10_000;
    let (lane, erased) = Lane::plain();
    let (set, slots) = waiting(&erased, TASKS);
    let sum = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for slot in slots {
                wake(&slot);
                lane.run_all();
            }
        });
        let mut set = set;
        block_on(async {
            while let Some((_, result)) = set.join_next().await {
                sum.fetch_add(result.unwrap(), SeqCst);
            }
        });
    });
    assert_eq!(sum.load(SeqCst), TASKS * (TASKS - 1) / 2);
    elsewhere(|| drop(JoinSet::<()>::new()));
}
