//! What a task knows about itself.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use laneway_scheduler::Priority;
use laneway_task::{Builder, Id, Runnable, Schedule, ScheduleArc, current, spawn};
use laneway_waker::{block_on, yield_now};

use crate::support::{Lane, WakerSlot, elsewhere, wait_once};

#[test]
fn a_task_knows_its_id_and_priority_also_while_it_is_dropped() {
    type Seen = Arc<Mutex<Vec<(Option<Id>, Priority)>>>;
    struct Looks(Seen);
    impl Looks {
        fn look(&self) {
            self.0
                .lock()
                .unwrap()
                .push((current::id(), current::priority()));
        }
    }
    impl Drop for Looks {
        fn drop(&mut self) {
            self.look();
        }
    }

    let (_lane, erased) = Lane::plain();
    let seen = Seen::default();
    for is_run in [true, false] {
        let looks = Looks(seen.clone());
        let builder = Builder::new().priority(Priority::Batch);
        let (runnable, handle) = builder.spawn(async move { looks.look() }, &erased);
        if is_run {
            runnable.run()
        } else {
            drop(runnable)
        }
        let expected = (Some(handle.id()), Priority::Batch);
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen.len(), 1 + usize::from(is_run));
        assert!(seen.iter().all(|seen| *seen == expected));
        assert_eq!(
            (current::id(), current::priority()),
            (None, Priority::Normal)
        );
    }
}

#[test]
fn children_inherit_and_nested_runs_restore() {
    let (_lane, erased) = Lane::plain();
    let builder = Builder::new().priority(Priority::Critical);
    let (runnable, handle) = builder.spawn(
        {
            let erased = erased.clone();
            async move {
                let own = current::id();
                let (child, _) = spawn(async { current::priority() }, &erased);
                assert_eq!(child.priority(), Priority::Critical);
                let builder = Builder::new().priority(Priority::Background);
                let (urgent, inner) = builder.spawn(async { current::priority() }, &erased);
                urgent.run();
                assert_eq!(block_on(inner).unwrap(), Priority::Background);
                assert_eq!(
                    (current::id(), current::priority()),
                    (own, Priority::Critical)
                );
                child.cancel();
            }
        },
        &erased,
    );
    runnable.run();
    block_on(handle).unwrap();
}

#[test]
fn ids_are_unique_across_threads_and_rise_on_one() {
    let ids = |_| {
        let (_lane, erased) = Lane::plain();
        (0..3000)
            .map(|_| spawn(async {}, &erased).1.id())
            .collect::<Vec<_>>()
    };
    let ids = std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(move || ids(())));
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(ids.iter().all(|ids| ids.is_sorted()));
    assert_eq!(Id::from_number(ids[0][7].get()), ids[0][7]);
    assert_eq!(ids.iter().flatten().collect::<HashSet<_>>().len(), 4 * 3000);
}

/// A lane that looks for its own worker, as an executor's does.
struct Found(Mutex<Vec<Option<usize>>>);

impl Schedule for Found {
    fn schedule(&self, runnable: Runnable, _: laneway_scheduler::Cause) {
        let lane = (&raw const *self).cast();
        let context = current::worker_context(lane).map(|context| context.addr().get());
        self.0.lock().unwrap().push(context);
        runnable.cancel();
    }
}

#[test]
fn a_lane_finds_its_own_worker_and_no_other() {
    let lanes = [(); 2].map(|()| ScheduleArc::new(Found(Mutex::default())));
    assert_eq!(lanes[0].as_ptr(), lanes[0].erase().as_ptr());
    assert_ne!(lanes[0].as_ptr(), lanes[1].as_ptr());
    let wake = |lane: &ScheduleArc<Found>| {
        let slot = WakerSlot::default();
        let (runnable, _handle) = spawn(wait_once(slot.clone()), &lane.erase());
        runnable.run();
        slot.lock().unwrap().take().unwrap().wake();
        lane.0.lock().unwrap().pop().unwrap()
    };
    let context = |number| std::ptr::without_provenance::<()>(number);

    assert_eq!(wake(&lanes[0]), None);
    // SAFETY: the guards go in order; `Found` follows no context.
    let outer = unsafe { current::enter_worker(&lanes[0], context(8)) };
    assert_eq!((wake(&lanes[0]), wake(&lanes[1])), (Some(8), None));
    // SAFETY: as above.
    let inner = unsafe { current::enter_worker(&lanes[1], context(16)) };
    assert_eq!((wake(&lanes[0]), wake(&lanes[1])), (None, Some(16)));
    drop(inner);
    assert_eq!((wake(&lanes[0]), wake(&lanes[1])), (Some(8), None));
    assert_eq!(elsewhere(|| wake(&lanes[0])), None, "another thread's");
    drop(outer);
    assert_eq!(wake(&lanes[0]), None);
}

#[test]
fn a_task_may_change_its_class_for_a_while() {
    let (lane, erased) = Lane::plain();
    assert!(
        current::set_priority(Priority::Critical).is_none(),
        "no task"
    );
    let look = || (current::priority(), current::effective_priority().unwrap());
    let builder = Builder::new().priority(Priority::Normal);
    let future = {
        let erased = erased.clone();
        async move {
            let outer = current::set_priority(Priority::Batch);
            assert_eq!(look(), (Priority::Batch, Priority::Batch));
            let (child, _) = spawn(async {}, &erased);
            assert_eq!(child.priority(), Priority::Batch);
            yield_now().await;
            {
                let inner = current::set_priority(Priority::Critical).unwrap();
                assert!(format!("{inner:?}").contains("before: Batch"));
                yield_now().await;
                assert_eq!(look(), (Priority::Critical, Priority::Critical));
            }
            assert_eq!(look(), (Priority::Batch, Priority::Batch));
            yield_now().await;
            drop(outer);
            assert_eq!(look(), (Priority::Normal, Priority::Normal));
        }
    };
    let (runnable, handle) = builder.spawn(future, &erased);
    let runnable = runnable.run_once().unwrap();
    assert_eq!(runnable.priority(), Priority::Batch);
    let runnable = runnable.run_once().unwrap();
    assert_eq!(runnable.priority(), Priority::Critical);
    let runnable = runnable.run_once().unwrap();
    assert_eq!(runnable.priority(), Priority::Batch);
    runnable.run();
    block_on(handle).unwrap();
    assert_eq!(lane.len(), 0);
}

/// A guard may go where no task is, and its task may be waiting, queued or gone.
#[test]
fn a_guard_may_be_dropped_anywhere() {
    let (lane, erased) = Lane::plain();
    let start = || {
        let place = Arc::new(Mutex::new(None));
        let slot = WakerSlot::default();
        let builder = Builder::new().priority(Priority::Normal);
        let future = {
            let (place, slot) = (place.clone(), slot.clone());
            async move {
                *place.lock().unwrap() = current::set_priority(Priority::Background);
                wait_once(slot).await;
                current::effective_priority()
            }
        };
        let (runnable, handle) = builder.spawn(future, &erased);
        runnable.run();
        let guard = place.lock().unwrap().take().unwrap();
        let waker = slot.lock().unwrap().take().unwrap();
        (guard, waker, handle)
    };

    let (guard, waker, handle) = start();
    waker.wake();
    assert_eq!(lane.classes(), [Priority::Background]);
    elsewhere(move || drop(guard));
    assert_eq!(
        lane.classes(),
        [Priority::Background, Priority::Normal],
        "queued, and more urgent now"
    );
    lane.run_all();
    assert_eq!(block_on(handle).unwrap(), Some(Priority::Normal));

    let (guard, waker, handle) = start();
    drop(guard);
    assert_eq!(
        lane.classes(),
        [Priority::Normal],
        "polled, for those it waits for"
    );
    lane.run_all();
    drop(waker);
    drop(handle);

    let (guard, waker, handle) = start();
    handle.abort();
    lane.run_all();
    drop((waker, handle));
    drop(guard);
    assert_eq!(lane.len(), 0);
}
