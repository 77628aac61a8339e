//! The list of waiting tasks, and its end.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use laneway_loom::{model, thread};
use laneway_task::{Runnable, spawn};
use laneway_waker::lane;

use crate::support::{Lane, PROTOCOL, ReadsWhenDropped, WakerSlot, Watched, poll, take, waiting};

/// What was done before a shutdown is seen by the drop of a future that was running.
#[test]
fn a_shutdown_brings_the_news() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (watched, seen) = (Watched::new(), Arc::new(AtomicUsize::new(0)));
        let guard = ReadsWhenDropped(watched.share(), seen.clone());
        let slot = WakerSlot::default();
        let future = {
            let slot = slot.clone();
            poll_fn(move |cx| {
                let _guard = &guard;
                *slot.lock() = Some(cx.waker().clone());
                Poll::<()>::Pending
            })
        };
        let (runnable, handle) = spawn(future, &lane.erase());
        runnable.run();
        take(&slot).wake();
        let runnable = lane.pop().unwrap();
        let closing = thread::spawn({
            let lane = lane.clone();
            move || {
                watched.write(7);
                lane.list().close_and_cancel_all();
            }
        });
        runnable.run();
        closing.join().unwrap();
        drop(slot.lock().take());
        lane.run_all();
        assert!(handle.is_finished());
        assert_eq!(seen.load(Relaxed), 7);
    });
}

/// A shutdown takes the task from a waker, or the waker's ticket does nothing.
#[test]
fn a_shutdown_races_with_a_wake() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (_flag, waker, handle) = waiting(&lane.erase());
        let waking = thread::spawn(move || waker.wake());
        lane.list().close_and_cancel_all();
        assert!(
            handle.is_finished(),
            "it waited or was queued, and nobody ran it"
        );
        waking.join().unwrap();
        lane.run_all();
        assert!(lane.list().is_empty());
    });
}

/// A shutdown and a runner do not both have the future; one of them ends it.
#[test]
fn a_shutdown_races_with_a_poll() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (_flag, waker, handle) = waiting(&lane.erase());
        waker.wake();
        let runnable = lane.pop().unwrap();
        let running = thread::spawn(move || runnable.run());
        lane.list().close_and_cancel_all();
        running.join().unwrap();
        assert!(handle.is_finished());
        assert!(lane.list().is_empty());
        assert!(lane.pop().is_none());
    });
}

/// A shutdown finds a task that has just come to wait, or that task finds the list closed.
#[test]
fn a_shutdown_races_with_the_first_poll() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let tracked = Watched::new();
        let future = {
            let tracked = tracked.share();
            poll_fn(move |_| {
                tracked.write(7);
                Poll::<()>::Pending
            })
        };
        let (runnable, handle) = spawn(future, &lane.erase());
        let running = thread::spawn(move || runnable.run());
        lane.list().close_and_cancel_all();
        running.join().unwrap();
        assert!(handle.is_finished());
        assert!(lane.list().is_empty());
    });
}

/// Two shutdowns, and the end of a task: it leaves the list once.
#[test]
fn a_shutdown_races_with_the_end() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (flag, waker, mut handle) = waiting(&lane.erase());
        flag.store(true, Relaxed);
        waker.wake();
        let runnable = lane.pop().unwrap();
        let running = thread::spawn(move || runnable.run());
        let closing = thread::spawn({
            let lane = lane.clone();
            move || lane.list().close_and_cancel_all()
        });
        running.join().unwrap();
        closing.join().unwrap();
        assert!(poll(&mut handle, Waker::noop()).is_ready());
        assert!(lane.list().is_empty());
    });
}

/// Runs one task on a thread of another lane.
fn run_in_the_background(runnable: Runnable) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let _lane = lane::enter(1);
        runnable.run();
    })
}

/// A task ends in another lane than it waited in first, while a thread of the latter sweeps.
#[test]
fn an_end_in_another_lane_races_with_a_sweep() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (flag, waker, handle) = waiting(&lane.erase());
        flag.store(true, Relaxed);
        waker.wake();
        let running = run_in_the_background(lane.pop().unwrap());
        lane.list().sweep();
        drop(handle);
        running.join().unwrap();
        lane.list().sweep();
        assert!(lane.list().is_empty());
    });
}

/// Likewise, while somebody closes the list: nothing of the task is left.
#[test]
fn an_end_in_another_lane_races_with_a_shutdown() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (flag, waker, handle) = waiting(&lane.erase());
        flag.store(true, Relaxed);
        waker.wake();
        let running = run_in_the_background(lane.pop().unwrap());
        lane.list().close_and_cancel_all();
        assert!(lane.list().is_empty());
        running.join().unwrap();
        assert!(handle.is_finished());
        assert!(lane.list().is_empty());
    });
}

/// A sweep that has notes in its hands and a shutdown: each task leaves the list once.
#[test]
fn a_sweep_races_with_a_shutdown() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let (flag, waker, handle) = waiting(&lane.erase());
        flag.store(true, Relaxed);
        waker.wake();
        let runnable = lane.pop().unwrap();
        run_in_the_background(runnable).join().unwrap();
        let closing = thread::spawn({
            let lane = lane.clone();
            move || lane.list().close_and_cancel_all()
        });
        lane.list().sweep();
        closing.join().unwrap();
        assert!(handle.is_finished());
        assert!(lane.list().is_empty());
    });
}

/// A shutdown drops the future of a task that woke itself as its runner left it: nothing but the word tells
/// of that poll, and the ticket stays with the runner.
#[test]
fn a_task_that_wakes_itself_races_with_a_shutdown() {
    model(PROTOCOL, || {
        let lane = Lane::owning();
        let guard = ReadsWhenDropped(Watched::new(), Arc::new(AtomicUsize::new(0)));
        let mut polls = 0;
        let future = poll_fn(move |cx| {
            polls += 1;
            guard.0.write(polls);
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let (runnable, handle) = spawn(future, &lane.erase());
        let again = runnable.run_once().expect("it woke itself");
        let running = thread::spawn(move || again.run_once());
        lane.list().close_and_cancel_all();
        drop(running.join().unwrap());
        assert!(handle.is_finished());
    });
}
