//! A task that a more urgent one joins is as urgent as that.

mod tickets;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use laneway_scheduler::Cause;
use laneway_scheduler::Priority::{self, Background, Batch, Critical, Normal};
use laneway_task::{Builder, JoinHandle, Runnable, ScheduleRef, current, spawn};
use laneway_waker::block_on;

use crate::support::{Lane, Log, poll_once};

/// A handle that several tasks poll.
type Shared<T> = Arc<Mutex<JoinHandle<T>>>;

fn share<T>(handle: JoinHandle<T>) -> Shared<T> {
    Arc::new(Mutex::new(handle))
}

/// Polls a handle once, in vain, in a task of `class`.
fn poll_as<T: Send + 'static>(class: Priority, lane: &ScheduleRef, handle: &Shared<T>) {
    let handle = handle.clone();
    let poll = poll_fn(move |cx| {
        let polled = Pin::new(&mut *handle.lock().unwrap()).poll(cx);
        Poll::Ready(polled.is_pending())
    });
    let (runnable, joined) = Builder::new().priority(class).spawn(poll, lane);
    runnable.run();
    assert!(block_on(joined).unwrap(), "the task has ended");
}

fn spawn_as<F>(class: Priority, lane: &ScheduleRef, future: F) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    Builder::new().priority(class).spawn(future, lane)
}

/// How many references a task has.
fn references<T>(handle: &Shared<T>) -> usize {
    let text = format!("{:?}", handle.lock().unwrap());
    let (_, count) = text.split_once("refs=").expect("it prints them");
    let (count, _) = count.split_once(',').expect("and more");
    count.parse().expect("a number")
}

#[test]
fn a_queued_task_gets_a_ticket_of_the_joiners_class() {
    for urgent_first in [true, false] {
        let (lane, erased) = Lane::plain();
        let log = Log::default();
        let (first, handle) = spawn_as(Batch, &erased, {
            let log = log.clone();
            async move { log.say("polled") }
        });
        let handle = share(handle);
        poll_as(Critical, &erased, &handle);
        let (second, cause) = lane.pop().expect("a second ticket");
        assert_eq!((second.priority(), cause), (Critical, Cause::Boosted));
        assert_eq!(second.id(), first.id());
        assert_eq!(first.priority(), Batch, "a ticket says where it lies");
        let (first, second) = if urgent_first {
            (second, first)
        } else {
            (first, second)
        };
        first.run();
        assert_eq!(log.take(), ["polled"]);
        second.run();
        assert!(log.take().is_empty(), "the other one is stale");
        assert!(handle.lock().unwrap().is_finished());
        assert_eq!(references(&handle), 1);
        assert_eq!(lane.len(), 0);
    }
}

#[test]
fn among_equals_nothing_happens() {
    let (lane, erased) = Lane::plain();
    for (class, joiner) in [
        (Normal, Normal),
        (Critical, Normal),
        (Background, Background),
    ] {
        let (runnable, handle) = spawn_as(class, &erased, async {});
        let handle = share(handle);
        poll_as(joiner, &erased, &handle);
        assert_eq!(lane.len(), 0);
        assert_eq!(references(&handle), 2);
        runnable.run();
    }
}

#[test]
fn who_is_no_task_boosts_nothing() {
    let (lane, erased) = Lane::plain();
    let (runnable, mut handle) = spawn_as(Background, &erased, async {});
    assert!(poll_once(&mut handle, Waker::noop()).is_pending());
    assert_eq!(lane.len(), 0);
    // A task gives the handle to a thread: that ends the boost.
    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    assert!(poll_once(&mut *handle.lock().unwrap(), Waker::noop()).is_pending());
    let (second, _) = lane.pop().unwrap();
    assert!(
        second.run_once().is_none(),
        "not urgent, and the first ticket is there"
    );
    runnable.run();
    assert!(handle.lock().unwrap().is_finished());
}

#[test]
fn a_waiting_task_is_polled_and_passes_the_boost_on() {
    let (lane, erased) = Lane::plain();
    let (child, joined) = spawn_as(Background, &erased, async { current::effective_priority() });
    let (parent, handle) = spawn_as(Batch, &erased, async move {
        let before = current::effective_priority();
        let child = joined.await.unwrap();
        (
            before,
            child,
            current::effective_priority(),
            current::priority(),
        )
    });
    parent.run();
    let (second, _) = lane.pop().unwrap();
    assert_eq!(second.priority(), Batch, "the child's");
    assert_eq!(lane.len(), 0);

    let handle = share(handle);
    poll_as(Critical, &erased, &handle);
    let (parent, cause) = lane.pop().unwrap();
    assert_eq!((parent.priority(), cause), (Critical, Cause::Boosted));
    parent.run();
    let (third, cause) = lane.pop().unwrap();
    assert_eq!((third.priority(), cause), (Critical, Cause::Boosted));
    assert_eq!(lane.len(), 0);
    third.run();
    lane.run_all();
    drop((child, second));
    let mut handle = handle.lock().unwrap();
    let (before, child, after, inherited) = block_on(&mut *handle).unwrap();
    assert_eq!(before, Some(Batch));
    assert_eq!((child, after), (Some(Critical), Some(Critical)));
    assert_eq!(inherited, Batch, "children inherit no boost");
}

#[test]
fn a_running_task_is_asked_to_yield_and_polled_again() {
    let (lane, erased) = Lane::plain();
    let place = Arc::new(Mutex::new(None::<Shared<Vec<_>>>));
    let polls = {
        let (place, erased) = (place.clone(), erased.clone());
        let mut classes = Vec::new();
        poll_fn(move |_| {
            classes.push(current::effective_priority());
            if let Some(handle) = place.lock().unwrap().take() {
                // Another thread's task, as far as this one can tell.
                poll_as(Normal, &erased, &handle);
                return Poll::Pending;
            }
            Poll::Ready(std::mem::take(&mut classes))
        })
    };
    let (runnable, handle) = spawn_as(Batch, &erased, polls);
    let id = handle.id();
    let handle = share(handle);
    *place.lock().unwrap() = Some(handle.clone());
    let again = runnable.run_once().expect("polled again");
    assert_eq!(again.priority(), Normal);
    assert_eq!(lane.asked_to_yield(), [id]);
    assert_eq!(lane.len(), 0);
    again.run();
    let mut handle = handle.lock().unwrap();
    let classes = block_on(&mut *handle).unwrap();
    assert_eq!(classes, [Some(Batch), Some(Normal)]);
}

#[test]
fn a_handle_that_aborts_boosts_too() {
    let (lane, erased) = Lane::plain();
    let (low, handle) = spawn_as(Batch, &erased, async { 7 });
    let mut handle = handle.abort_on_drop();
    let parent = async move {
        assert!(poll_once(handle.join(), Waker::noop()).is_pending());
        handle.await.unwrap()
    };
    let (runnable, joined) = spawn_as(Critical, &erased, parent);
    runnable.run();
    assert_eq!(lane.classes(), [Critical]);
    lane.run_all();
    assert_eq!(block_on(joined).unwrap(), 7);
    drop(low);
}

/// Tasks that wait for each other in a circle are as urgent as the most urgent, and that is that.
#[test]
fn a_circle_of_joins_comes_to_rest() {
    let (lane, erased) = Lane::plain();
    let handles = [(); 3].map(|()| Arc::new(Mutex::new(None::<JoinHandle<()>>)));
    let classes = [Background, Critical, Normal];
    for (i, class) in classes.into_iter().enumerate() {
        let next = handles[(i + 1) % 3].clone();
        let (runnable, handle) = spawn_as(
            class,
            &erased,
            poll_fn(move |cx| match &mut *next.lock().unwrap() {
                Some(handle) => Pin::new(handle).poll(cx).map(drop),
                None => Poll::Ready(()),
            }),
        );
        *handles[i].lock().unwrap() = Some(handle);
        lane.put(runnable);
    }
    let polls = lane.run_all();
    assert!(polls <= 12, "{polls} polls");
    for handle in &handles {
        let text = format!("{:?}", handle.lock().unwrap());
        assert!(text.contains("joiner=critical"), "{text}");
    }
    for handle in &handles {
        handle.lock().unwrap().as_ref().unwrap().abort();
    }
    lane.run_all();
}

/// The lane may run the task within the boost.
#[test]
fn a_lane_may_run_a_boosted_task_inline() {
    let lane = laneway_task::ScheduleArc::new(|runnable: Runnable| runnable.run()).erase();
    let (low, handle) = spawn_as(Batch, &lane, async { 7 });
    let (urgent, joined) = spawn_as(Critical, &lane, handle);
    urgent.run();
    assert_eq!(block_on(joined).unwrap().unwrap(), 7);
    low.run();
    let (runnable, _) = spawn(async {}, &lane);
    runnable.run();
}
