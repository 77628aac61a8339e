//! Boosts and their end, against everything else that happens to a task.

#[path = "escalation/tickets.rs"]
mod tickets;

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use laneway_loom::{model, thread};
use laneway_scheduler::Priority::{Batch, Critical, Normal};
use laneway_task::{JoinHandle, Runnable, ScheduleRef, current};

use crate::support::{
    Lane, PRIMITIVE, PROTOCOL, WakerSlot, Watched, poll, spawn_as, take, wait_for,
};

/// A `Batch` task that waits for a flag, polled once.
fn waiting(lane: &ScheduleRef) -> (Arc<AtomicBool>, Waker, JoinHandle<()>) {
    let (flag, slot) = (Arc::new(AtomicBool::new(false)), WakerSlot::default());
    let (runnable, handle) = spawn_as(Batch, wait_for(flag.clone(), slot.clone()), lane);
    runnable.run();
    (flag, take(&slot), handle)
}

/// A `Critical` task that joins another.
fn joining<T: Send + 'static>(
    handle: JoinHandle<T>,
    lane: &ScheduleRef,
) -> (Runnable, JoinHandle<Option<T>>) {
    spawn_as(Critical, async move { handle.await.ok() }, lane)
}

/// A `Critical` task that joins another until its first poll ends, then gives it up.
fn trying<T: Send + 'static>(mut handle: JoinHandle<T>, lane: &ScheduleRef) -> Runnable {
    let tries = async move {
        let mut join = pin!(handle.join());
        poll_fn(|cx| Poll::Ready(join.as_mut().poll(cx).is_ready())).await
    };
    let (runnable, _) = spawn_as(Critical, tries, lane);
    runnable
}

/// Polls a handle once, in vain, in a `Critical` task, and gives it back.
fn boosted<T: Send + 'static>(mut handle: JoinHandle<T>, lane: &ScheduleRef) -> JoinHandle<T> {
    #[allow(clippy::async_yields_async, reason = "the handle is what comes back")]
    let polls = async move {
        let is_pending = poll_fn(|cx| Poll::Ready(pin!(&mut handle).poll(cx).is_pending())).await;
        assert!(is_pending, "the task has ended");
        handle
    };
    let (runnable, mut joined) = spawn_as(Critical, polls, lane);
    runnable.run();
    match poll(&mut joined, Waker::noop()) {
        Poll::Ready(handle) => handle.unwrap(),
        Poll::Pending => panic!("the task polls once"),
    }
}

/// Ready at the poll of that number; wakes itself at the others, and writes at each: last, so that the
/// wake does not tell of it.
fn busy(polls: u32, watched: Watched) -> impl Future<Output = u32> + Send {
    let mut polled = 0;
    poll_fn(move |cx| {
        let watched = &watched;
        polled += 1;
        if polled < polls {
            cx.waker().wake_by_ref();
        }
        watched.write(polled);
        if polled < polls {
            return Poll::Pending;
        }
        Poll::Ready(polled)
    })
}

/// Whichever ticket comes first polls; the joiner gets its output.
#[test]
fn a_boost_races_with_the_only_poll() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (low, handle) = spawn_as(Batch, busy(1, Watched::new()), &lane.erase());
        let (joiner, joined) = joining(handle, &lane.erase());
        let running = thread::spawn(move || low.run());
        joiner.run();
        running.join().unwrap();
        lane.run_all();
        assert!(joined.is_finished());
    });
}

/// The ticket of a boost may be used before that of a wake is: then it must bring the news, since the
/// other is stale.
#[test]
fn a_boost_races_with_a_wake() {
    for by_value in [true, false] {
        model(PRIMITIVE, move || {
            let lane = Lane::new();
            let (flag, waker, handle) = waiting(&lane.erase());
            let id = handle.id();
            let (joiner, joined) = joining(handle, &lane.erase());
            let waking = thread::spawn(move || {
                flag.store(true, Relaxed);
                if by_value {
                    waker.wake();
                } else {
                    waker.wake_by_ref();
                }
            });
            joiner.run();
            lane.take(id, Critical).expect("as urgent").run();
            waking.join().unwrap();
            lane.run_all();
            assert!(joined.is_finished());
        });
    }
}

/// The task ends once, in spite of two reasons to queue it.
#[test]
fn a_boost_races_with_an_abort() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (_flag, waker, handle) = waiting(&lane.erase());
        let abort_handle = handle.abort_handle();
        let (joiner, joined) = joining(handle, &lane.erase());
        let aborting = thread::spawn(move || abort_handle.abort());
        joiner.run();
        aborting.join().unwrap();
        lane.run_all();
        assert!(joined.is_finished());
        drop(waker);
    });
}

/// A shutdown drops the future, and a boost meanwhile is no way back into it.
#[test]
fn a_boost_races_with_a_shutdown() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (_flag, waker, handle) = waiting(&lane.erase());
        let (joiner, joined) = joining(handle, &lane.erase());
        let closing = thread::spawn({
            let lane = lane.clone();
            move || lane.list().close_and_cancel_all()
        });
        joiner.run();
        closing.join().unwrap();
        lane.run_all();
        assert!(joined.is_finished());
        assert!(lane.list().is_empty());
        drop(waker);
    });
}

/// Who joins for one poll and lets go, while the task starts, leaves it as it was: polled once, with all
/// references returned.
#[test]
fn a_boost_and_its_end_race_with_a_start() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let polls = Arc::new(AtomicUsize::new(0));
        let (low, handle) = {
            let polls = polls.clone();
            let counts = async move { polls.fetch_add(1, Relaxed) };
            spawn_as(Batch, counts, &lane.erase())
        };
        let abort_handle = handle.abort_handle();
        let joiner = trying(handle, &lane.erase());
        let joining = thread::spawn(move || joiner.run());
        low.run();
        joining.join().unwrap();
        lane.run_all();
        assert!(abort_handle.is_finished());
        assert_eq!(polls.load(Relaxed), 1);
    });
}

/// A ticket above its task goes back to the queue, is stale, or runs: whatever the joiner does meanwhile.
#[test]
fn the_end_of_a_boost_races_with_its_ticket() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, waker, handle) = waiting(&lane.erase());
        let id = handle.id();
        let handle = boosted(handle, &lane.erase());
        flag.store(true, Relaxed);
        let high = lane.take(id, Critical).expect("woken to pass it on");
        let ending = thread::spawn(move || {
            assert_eq!(handle.id(), id);
            drop(handle);
        });
        if let Some(again) = high.run_once() {
            assert_eq!(again.priority(), Batch);
            again.run();
        }
        ending.join().unwrap();
        assert!(lane.pop().is_none());
        drop(waker);
        lane.run_all();
    });
}

/// A boost that meets a ticket on its way back down makes another, so that the task is reached.
#[test]
fn a_second_boost_races_with_a_requeue() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, waker, handle) = waiting(&lane.erase());
        let id = handle.id();
        let mut handle = boosted(handle, &lane.erase());
        assert!(poll(&mut handle, Waker::noop()).is_pending());
        let high = lane.take(id, Critical).expect("woken to pass it on");
        let (joiner, joined) = joining(handle, &lane.erase());
        let boosting = thread::spawn(move || joiner.run());
        let again = high.run_once();
        boosting.join().unwrap();
        if let Some(again) = again {
            assert_eq!(again.priority(), Batch);
            let urgent = lane.take(id, Critical).expect("it is urgent again");
            urgent.run();
            again.run();
        }
        flag.store(true, Relaxed);
        waker.wake();
        lane.run_all();
        assert!(joined.is_finished());
    });
}

/// The most urgent of a chain of three: whenever it comes, its boost gets to the end.
#[test]
fn a_boost_goes_down_the_chain() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let seen = Arc::new(AtomicUsize::new(0));
        let (child, handle) = {
            let seen = seen.clone();
            let look = async move {
                let class = current::effective_priority().expect("it is a task");
                seen.store(class as usize, Relaxed);
            };
            spawn_as(Batch, look, &lane.erase())
        };
        let id = handle.id();
        let (parent, handle) = spawn_as(Normal, handle, &lane.erase());
        let parent_id = handle.id();
        let (joiner, joined) = joining(handle, &lane.erase());
        let running = thread::spawn(move || parent.run());
        joiner.run();
        running.join().unwrap();
        while let Some(again) = lane.take(parent_id, Critical) {
            again.run();
        }
        let urgent = lane.take(id, Critical).expect("the chain is boosted");
        urgent.run();
        assert_eq!(seen.load(Relaxed), Critical as usize);
        drop(child);
        lane.run_all();
        assert!(joined.is_finished());
    });
}

/// A task that is running when the boost comes is asked to yield, unless it has ended its poll; it is
/// polled again in any case.
#[test]
fn a_boost_races_with_a_rest() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, waker, handle) = waiting(&lane.erase());
        waker.wake_by_ref();
        let low = lane.pop().unwrap();
        let id = handle.id();
        let (joiner, joined) = joining(handle, &lane.erase());
        let running = thread::spawn(move || low.run());
        joiner.run();
        running.join().unwrap();
        let urgent = lane.take(id, Critical).expect("polled again, as urgent");
        let asked = lane.asked_to_yield.load(Relaxed);
        assert!(asked <= 1);
        urgent.run();
        flag.store(true, Relaxed);
        waker.wake();
        lane.run_all();
        assert!(joined.is_finished());
    });
}
