//! Aborts, and the end of the last reference.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use laneway_loom::{model, thread};
use laneway_scheduler::Cause;
use laneway_task::{Runnable, Schedule, ScheduleArc, current, spawn};

use crate::support::{
    Lane, PRIMITIVE, PROTOCOL, ReadsWhenDropped, WakerSlot, Watched, poll, take, waiting,
};

/// Either the output or the abort wins, and the future is dropped once.
#[test]
fn an_abort_races_with_the_end() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let tracked = Arc::new(());
        let (runnable, mut handle) = spawn(async move { drop(tracked) }, &lane.erase());
        let abort_handle = handle.abort_handle();
        let running = thread::spawn(move || runnable.run());
        abort_handle.abort();
        drop(abort_handle);
        running.join().unwrap();
        assert!(lane.pop().is_none());
        match poll(&mut handle, Waker::noop()) {
            Poll::Ready(Err(error)) => assert!(error.is_cancelled()),
            Poll::Ready(Ok(())) => {}
            Poll::Pending => panic!("it has ended"),
        }
    });
}

/// What was done before an abort is seen by the future's drop.
#[test]
fn an_abort_brings_the_news() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (watched, seen) = (Watched::new(), Arc::new(AtomicUsize::new(0)));
        let guard = ReadsWhenDropped(watched.share(), seen.clone());
        let future = poll_fn(move |_| {
            let _guard = &guard;
            Poll::<()>::Pending
        });
        let (runnable, handle) = spawn(future, &lane.erase());
        let aborting = thread::spawn(move || {
            watched.write(7);
            handle.abort();
            handle
        });
        runnable.run();
        let handle = aborting.join().unwrap();
        lane.run_all();
        assert!(handle.is_finished());
        assert_eq!(seen.load(Relaxed), 7);
    });
}

/// The task's memory ends after every use by the last of several references, whoever that is.
#[test]
fn the_last_reference_frees() {
    model(PROTOCOL, || {
        let lane = Lane::new();
        let (_flag, waker, mut handle) = waiting(&lane.erase());
        let abort_handle = handle.abort_handle();
        abort_handle.abort();
        lane.run_all();
        let dropping = thread::spawn(move || drop(waker));
        let joining = thread::spawn(move || {
            assert!(poll(&mut handle, Waker::noop()).is_ready());
        });
        assert!(abort_handle.is_finished());
        drop(abort_handle);
        dropping.join().unwrap();
        joining.join().unwrap();
    });
}

/// A waker that finds its task queued gives its reference up in the same step; the task may end and
/// be freed right after.
#[test]
fn a_coalesced_wake_gives_its_reference_up() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, waker, handle) = waiting(&lane.erase());
        drop(handle);
        waker.wake_by_ref();
        flag.store(true, Relaxed);
        let runnable = lane.pop().unwrap();
        let waking = thread::spawn(move || waker.wake());
        runnable.run();
        waking.join().unwrap();
        lane.run_all();
    });
}

/// The handle that lets go before the end gives its reference up in the same step.
#[test]
fn a_detach_gives_its_reference_up() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (runnable, handle) = spawn(async {}, &lane.erase());
        let detaching = thread::spawn(move || {
            assert!(handle.id().get().get() > 0);
            drop(handle);
        });
        runnable.run();
        detaching.join().unwrap();
    });
}

/// The runner that rests gives its reference up in the same step; the last waker may go right after,
/// and sends the future home.
#[test]
fn the_last_waker_races_with_the_runner() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (_flag, waker, handle) = waiting(&lane.erase());
        drop(handle);
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let dropping = thread::spawn(move || drop(waker));
        runnable.run();
        dropping.join().unwrap();
        lane.run_all();
    });
}

/// Like the above, but with no other way from the runner to the one who drops the future.
#[test]
fn an_orphan_is_handed_over() {
    model(PRIMITIVE, || {
        let lane = ScheduleArc::new(|runnable: Runnable| drop(runnable)).erase();
        let watched = Watched::new();
        let slot = WakerSlot::default();
        let mut polls = 0;
        let guard = ReadsWhenDropped(watched.share(), Arc::new(AtomicUsize::new(0)));
        let future = {
            let slot = slot.clone();
            poll_fn(move |cx| {
                polls += 1;
                if polls == 1 {
                    *slot.lock() = Some(cx.waker().clone());
                    cx.waker().wake_by_ref();
                } else {
                    guard.0.write(polls);
                }
                Poll::<()>::Pending
            })
        };
        let (runnable, handle) = spawn(future, &lane);
        drop(handle);
        let runnable = runnable.run_once().expect("it yielded");
        let waker = take(&slot);
        // The lane drops what it is given: the future goes wherever the last reference does.
        let dropping = thread::spawn(move || drop(waker));
        runnable.run();
        dropping.join().unwrap();
    });
}

/// Whoever drops the last task of a lane within `schedule` does not free the lane under its feet.
#[test]
fn a_lane_outlives_its_schedule() {
    struct Drops(Watched);
    impl Schedule for Drops {
        fn schedule(&self, runnable: Runnable, _: Cause) {
            drop(runnable);
            assert_eq!(self.0.read(), 0);
        }
    }
    impl Drop for Drops {
        fn drop(&mut self) {
            self.0.write(1);
        }
    }
    model(PRIMITIVE, || {
        let lane = ScheduleArc::new(Drops(Watched::new())).erase();
        let (_flag, waker, handle) = waiting(&lane);
        drop(lane);
        let waking = thread::spawn(move || waker.wake());
        handle.abort();
        drop(handle);
        waking.join().unwrap();
    });
}

/// A worker takes references to its lane from a store, which it fills and empties a few at a time; what
/// is left goes with the worker. The lane ends once, after the last use of it.
#[test]
fn a_lane_ends_after_its_worker() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let other = lane.erase();
        let working = thread::spawn(move || {
            // SAFETY: the guard goes first; the lane asks for no context.
            let guard = unsafe { current::enter_worker(&lane, std::ptr::null()) };
            let clones = [(); 3].map(|()| lane.erase());
            assert!(!clones.iter().any(|clone| clone.as_ptr() != lane.as_ptr()));
            drop(clones);
            drop(lane);
            drop(guard);
        });
        // What comes from elsewhere ends here, too.
        drop(other.clone());
        drop(other);
        working.join().unwrap();
    });
}

/// References that a worker was given from elsewhere go to its store, and those from there elsewhere.
#[test]
fn references_change_threads() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let given = [(); 4].map(|()| lane.erase());
        let working = thread::spawn({
            let lane = ScheduleArc::clone(&lane);
            move || {
                // SAFETY: as above.
                let _guard = unsafe { current::enter_worker(&lane, std::ptr::null()) };
                let taken = lane.erase();
                drop(given);
                taken
            }
        });
        drop(lane);
        drop(working.join().unwrap());
    });
}
