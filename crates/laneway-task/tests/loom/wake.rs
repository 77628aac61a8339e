//! Wakes that race with polls and with each other.

use std::future::poll_fn;
use std::task::Poll;

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use laneway_loom::{model, thread};
use laneway_task::{Runnable, ScheduleArc, spawn};

use crate::support::{
    Lane, PRIMITIVE, PROTOCOL, ReadsWhenDropped, WakerSlot, Watched, take, waiting,
};

/// A wake that races with a poll is not lost, and what was written before it is seen, also when it
/// finds the task queued already.
#[test]
fn a_wake_brings_the_news() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, waker, handle) = waiting(&lane.erase());
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let waking = thread::spawn(move || {
            flag.store(true, Relaxed);
            waker.wake_by_ref();
            // The task ends, or is queued: either way not by this waker's end.
            drop(waker);
        });
        runnable.run();
        waking.join().unwrap();
        lane.run_all();
        assert!(handle.is_finished());
    });
}

#[test]
fn a_wake_by_value_brings_the_news() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, waker, handle) = waiting(&lane.erase());
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let waking = thread::spawn(move || {
            flag.store(true, Relaxed);
            waker.wake();
        });
        runnable.run();
        waking.join().unwrap();
        lane.run_all();
        assert!(handle.is_finished());
    });
}

/// The future's own memory goes from one runner to the next, whoever makes the ticket.
#[test]
fn a_future_goes_from_runner_to_runner() {
    model(PROTOCOL, || {
        let lane = Lane::new();
        let watched = Watched::new();
        let slot = WakerSlot::default();
        let mut polls = 0;
        let future = {
            let (slot, watched) = (slot.clone(), watched.share());
            poll_fn(move |cx| {
                let watched = &watched;
                polls += 1;
                watched.write(polls);
                if polls == 1 {
                    *slot.lock() = Some(cx.waker().clone());
                }
                if polls == 3 {
                    Poll::Ready(watched.read())
                } else {
                    Poll::Pending
                }
            })
        };
        let (runnable, handle) = spawn(future, &lane.erase());
        runnable.run();
        let waker = take(&slot);
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let first = thread::spawn(move || runnable.run());
        // The ticket of this wake does not come from the first runner: nothing but the word tells
        // its runner that the first has rested.
        waker.wake();
        let ticket = lane.pop();
        if let Some(runnable) = ticket {
            runnable.run();
        }
        first.join().unwrap();
        // A handle that goes last leaves a ticket, and that would keep the lane.
        drop(handle);
        lane.run_all();
    });
}

/// A lane that drops what it is given drops the future as its last runner left it.
#[test]
fn a_dropped_ticket_drops_what_the_last_runner_left() {
    model(PRIMITIVE, || {
        let lane = ScheduleArc::new(|runnable: Runnable| drop(runnable)).erase();
        let slot = WakerSlot::default();
        let guard = ReadsWhenDropped(Watched::new(), Arc::new(AtomicUsize::new(0)));
        let future = {
            let slot = slot.clone();
            let mut polls = 0;
            poll_fn(move |cx| {
                polls += 1;
                guard.0.write(polls);
                if polls == 1 {
                    cx.waker().wake_by_ref();
                    *slot.lock() = Some(cx.waker().clone());
                }
                Poll::<()>::Pending
            })
        };
        let (runnable, handle) = spawn(future, &lane);
        let again = runnable.run_once().expect("it yielded");
        let waker = take(&slot);
        let running = thread::spawn(move || again.run());
        waker.wake();
        running.join().unwrap();
        // If the wake came before the poll, nobody is left to wake the task: the end of the handle is
        // its end.
        drop(handle);
    });
}

#[test]
fn two_wakes_make_one_ticket() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (_flag, waker, handle) = waiting(&lane.erase());
        let other = waker.clone();
        let waking = thread::spawn(move || other.wake());
        waker.wake_by_ref();
        waking.join().unwrap();
        assert_eq!(lane.scheduled.load(Relaxed), 1);
        drop(waker);
        lane.run_all();
        assert_eq!(
            lane.scheduled.load(Relaxed),
            1,
            "the flag is down: it rests"
        );
        drop(handle);
        lane.run_all();
    });
}

/// However many wakes come during a poll, the task comes back once.
#[test]
fn wakes_during_a_poll_make_one_ticket() {
    model(PROTOCOL, || {
        let lane = Lane::new();
        let (_flag, waker, handle) = waiting(&lane.erase());
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let other = waker.clone();
        let waking = thread::spawn(move || {
            other.wake_by_ref();
            other.wake();
        });
        runnable.run();
        waking.join().unwrap();
        assert!(lane.ready.lock().len() <= 1);
        let scheduled = lane.scheduled.load(Relaxed);
        assert!((1..=3).contains(&scheduled), "{scheduled}");
        lane.run_all();
        drop((waker, handle));
        lane.run_all();
    });
}

/// A task that wakes itself in its poll, of which the word learns when it rests.
fn waking_itself(flag: Arc<AtomicBool>, slot: WakerSlot) -> impl Future<Output = ()> + Send {
    let mut polls = 0;
    poll_fn(move |cx| {
        polls += 1;
        // Relaxed: it is the wake that must bring the news.
        if flag.load(Relaxed) {
            return Poll::Ready(());
        }
        match polls {
            1 => *slot.lock() = Some(cx.waker().clone()),
            2 => cx.waker().wake_by_ref(),
            _ => {}
        }
        Poll::Pending
    })
}

/// Whether the other wake comes before, in or after the poll in which a task wakes itself.
#[test]
fn a_wake_brings_the_news_to_a_task_that_wakes_itself() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (flag, slot) = (Arc::new(AtomicBool::new(false)), WakerSlot::default());
        let future = waking_itself(flag.clone(), slot.clone());
        let (runnable, handle) = spawn(future, &lane.erase());
        runnable.run();
        let waker = take(&slot);
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let waking = thread::spawn(move || {
            flag.store(true, Relaxed);
            waker.wake();
        });
        runnable.run();
        waking.join().unwrap();
        lane.run_all();
        assert!(handle.is_finished());
    });
}

/// The poll that the task asked for itself comes, whoever else has asked for it.
#[test]
fn a_task_that_wakes_itself_is_polled_again() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let polls = Arc::new(AtomicUsize::new(0));
        let slot = WakerSlot::default();
        let future = {
            let (polls, slot) = (polls.clone(), slot.clone());
            poll_fn(move |cx| match polls.fetch_add(1, Relaxed) {
                0 => {
                    *slot.lock() = Some(cx.waker().clone());
                    Poll::Pending
                }
                1 => {
                    cx.waker().wake_by_ref();
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            })
        };
        let (runnable, handle) = spawn(future, &lane.erase());
        runnable.run();
        let waker = take(&slot);
        waker.wake_by_ref();
        let runnable = lane.pop().unwrap();
        let waking = thread::spawn(move || waker.wake());
        runnable.run();
        waking.join().unwrap();
        lane.run_all();
        assert!(handle.is_finished());
        assert_eq!(polls.load(Relaxed), 3);
    });
}

/// A task that wakes itself and is aborted meanwhile drops its future, which sees what was done before.
#[test]
fn an_abort_reaches_a_task_that_wakes_itself() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (watched, seen) = (Watched::new(), Arc::new(AtomicUsize::new(0)));
        let guard = ReadsWhenDropped(watched.share(), seen.clone());
        let future = poll_fn(move |cx| {
            let _guard = &guard;
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let (runnable, handle) = spawn(future, &lane.erase());
        let aborting = thread::spawn(move || {
            watched.write(7);
            handle.abort();
            handle
        });
        let again = runnable.run_once();
        let handle = aborting.join().unwrap();
        if let Some(again) = again {
            again.run();
        }
        assert!(handle.is_finished());
        assert_eq!(seen.load(Relaxed), 7);
    });
}
