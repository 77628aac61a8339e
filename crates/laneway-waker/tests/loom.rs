//! Models of the public types: under `--cfg laneway_loom` every order of steps, otherwise one.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use laneway_loom::model;
use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::AtomicUsize;
use laneway_loom::sync::atomic::Ordering::Relaxed;
use laneway_loom::thread;
use laneway_waker::budget::{self, YieldFlag};
use laneway_waker::{Parker, Unparker, block_on};

use self::wakers::{Event, Panicking, Reentrant, Witness, fire};

#[path = "loom/wakers.rs"]
mod wakers;

/// Either the look sees the event, or the waker is woken after it.
#[test]
fn register_or_wake_sees_the_event() {
    model(4, || {
        let event = Event::new();
        let (witness, waker) = Witness::new(&event);
        let firing = fire(&event);
        let has_looked = event.has_happened(&waker);
        firing.join().unwrap();
        assert!(has_looked || witness.has_seen());
        assert!(witness.wakes.load(Relaxed) <= 1);
        drop((event, waker));
        assert_eq!(
            std::sync::Arc::strong_count(&witness),
            1,
            "no waker was leaked"
        );
    });
}

/// The same when the waker is registered already, so that only a comparison happens.
#[test]
fn registering_the_same_waker_again_misses_nothing() {
    model(4, || {
        let event = Event::new();
        let (witness, waker) = Witness::new(&event);
        event.waiter.register(&waker);
        let firing = fire(&event);
        let has_looked = event.has_happened(&waker);
        firing.join().unwrap();
        assert!(has_looked || witness.has_seen());
    });
}

/// The same when another waker takes the first one's place: the second is the one that counts.
#[test]
fn registering_another_waker_misses_nothing() {
    model(4, || {
        let event = Event::new();
        let (first, first_waker) = Witness::new(&event);
        let (second, second_waker) = Witness::new(&event);
        event.waiter.register(&first_waker);
        let firing = fire(&event);
        let has_looked = event.has_happened(&second_waker);
        firing.join().unwrap();
        assert!(has_looked || second.has_seen());
        drop((event, first_waker, second_waker));
        assert_eq!(
            std::sync::Arc::strong_count(&first),
            1,
            "no waker was leaked"
        );
        assert_eq!(
            std::sync::Arc::strong_count(&second),
            1,
            "no waker was leaked"
        );
    });
}

/// Two tasks that register at once: the one that is kept misses nothing, the other is either woken
/// at once or was displaced by the one that is kept.
#[test]
fn two_registers_and_a_wake() {
    model(3, || {
        let event = Event::new();
        let (first, first_waker) = Witness::new(&event);
        let (second, second_waker) = Witness::new(&event);
        let firing = fire(&event);
        let registering = thread::spawn({
            let event = event.clone();
            move || event.has_happened(&second_waker)
        });
        let first_looked = event.has_happened(&first_waker);
        let second_looked = registering.join().unwrap();
        firing.join().unwrap();
        let woken = [&first, &second].map(|witness| witness.wakes.load(Relaxed) > 0);
        assert!(first_looked || second_looked || woken != [false, false]);
        // Who is left in the slot came after the wake, and so has looked after the event.
        if let Some(left) = event.waiter.take() {
            let looked = if left.will_wake(&first_waker) {
                first_looked
            } else {
                second_looked
            };
            assert!(looked);
        }
    });
}

/// Registering again after being refused or woken comes to an end: a whole task, twice over.
#[test]
fn a_task_that_waits_for_two_events_ends() {
    model(3, || {
        let events = [Event::new(), Event::new()];
        let firing = thread::spawn({
            let events = events.clone();
            move || events.iter().for_each(|event| event.fire())
        });
        block_on(async {
            for event in &events {
                poll_fn(|cx| match event.has_happened(cx.waker()) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                })
                .await;
            }
        });
        firing.join().unwrap();
    });
}

/// Two threads that wake: the waker is woken once, and both events are seen in the end.
#[test]
fn two_wakes_and_a_task() {
    model(3, || {
        let event = Event::new();
        let count = Arc::new(AtomicUsize::new(0));
        let firing = [(); 2].map(|()| {
            let (event, count) = (event.clone(), count.clone());
            thread::spawn(move || {
                count.fetch_add(1, Relaxed);
                event.waiter.wake();
            })
        });
        block_on(poll_fn(|cx| {
            event.waiter.register(cx.waker());
            if count.load(Relaxed) == 2 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        for thread in firing {
            thread.join().unwrap();
        }
    });
}

/// A stored waker goes to exactly one of those who take it, and none is lost between them.
#[test]
fn take_and_wake_get_it_once() {
    model(4, || {
        let event = Event::new();
        let (witness, waker) = Witness::new(&event);
        event.waiter.register(&waker);
        let firing = fire(&event);
        let taken = event.waiter.take();
        firing.join().unwrap();
        assert_eq!(
            witness.wakes.load(Relaxed) + usize::from(taken.is_some()),
            1
        );
    });
}

/// What a `take` takes was registered whole, whichever comes first.
#[test]
fn take_while_registering() {
    model(4, || {
        let event = Event::new();
        let (witness, waker) = Witness::new(&event);
        let taking = thread::spawn({
            let event = event.clone();
            move || {
                event.happened.store(true, Relaxed);
                if let Some(waker) = event.waiter.take() {
                    waker.wake();
                }
            }
        });
        let has_looked = event.has_happened(&waker);
        taking.join().unwrap();
        assert!(has_looked || witness.has_seen());
    });
}

/// A waker that panics while it is woken, on whichever thread, spoils nothing for the next.
#[test]
fn a_panicking_waker_leaves_it_usable() {
    model(3, || {
        let event = Event::new();
        let firing = thread::spawn({
            let event = event.clone();
            move || {
                let _ = catch_unwind(AssertUnwindSafe(|| event.waiter.wake()));
            }
        });
        let panicking = Waker::from(std::sync::Arc::new(Panicking));
        let _ = catch_unwind(AssertUnwindSafe(|| event.waiter.register(&panicking)));
        firing.join().unwrap();

        let (witness, waker) = Witness::new(&event);
        event.waiter.register(&waker);
        event.fire();
        assert!(witness.has_seen());
    });
}

/// A waker may call the `AtomicWaker` that calls it, while another thread uses it.
#[test]
fn a_reentrant_waker_leaves_it_usable() {
    model(3, || {
        let event = Event::new();
        let firing = fire(&event);
        event
            .waiter
            .register(&Waker::from(std::sync::Arc::new(Reentrant(event.clone()))));
        // Displaces the other one, unless that has been woken.
        event.waiter.register(Waker::noop());
        firing.join().unwrap();

        let (witness, waker) = Witness::new(&event);
        event.waiter.register(&waker);
        event.fire();
        assert!(witness.has_seen());
    });
}

/// Adds one, then unparks.
fn count_up(count: &Arc<AtomicUsize>, unparker: Unparker, times: usize) -> thread::JoinHandle<()> {
    let count = count.clone();
    thread::spawn(move || {
        for _ in 0..times {
            count.fetch_add(1, Relaxed);
            unparker.unpark();
        }
    })
}

/// Sleeps until all have counted; for ever, if a token or what came with it is lost.
fn park_until(parker: &Parker, count: &AtomicUsize, all: usize) {
    while count.load(Relaxed) < all {
        parker.park();
    }
}

#[test]
fn unpark_twice_and_park() {
    model(4, || {
        let (parker, count) = (Parker::new(), Arc::new(AtomicUsize::new(0)));
        let unparking = count_up(&count, parker.unparker(), 2);
        park_until(&parker, &count, 2);
        unparking.join().unwrap();
    });
}

/// Two threads unpark at once. The one that finds the token there already is seen all the same.
#[test]
fn two_unparks_and_park() {
    model(3, || {
        let parker = Parker::new();
        let counts = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
        let unparking = [0, 1].map(|i| count_up(&counts[i], parker.unparker(), 1));
        for count in &counts {
            park_until(&parker, count, 1);
        }
        for thread in unparking {
            thread.join().unwrap();
        }
    });
}

/// One `unpark` ends exactly one `park`.
#[test]
fn a_token_is_taken_once() {
    model(4, || {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let unparking = thread::spawn(move || unparker.unpark());
        parker.park();
        unparking.join().unwrap();
        assert!(!parker.park_deadline(Instant::now()));
    });
}

/// A deadline that passes while the token comes: it is taken now, or it is there for the next.
#[test]
fn a_token_survives_the_deadline() {
    model(4, || {
        let (parker, count) = (Parker::new(), Arc::new(AtomicUsize::new(0)));
        let unparking = count_up(&count, parker.unparker(), 1);
        if !parker.park_deadline(Instant::now()) {
            parker.park();
        }
        assert_eq!(count.load(Relaxed), 1);
        unparking.join().unwrap();
    });
}

/// A worker that was asked twice at once: it has seen what each of them made ready, if need be when it
/// looks again because its poll was cut; or the flag is still up.
#[test]
fn a_worker_sees_what_it_was_asked_for() {
    model(3, || {
        let flag = Arc::new(YieldFlag::new());
        let ready = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
        let asking = [0, 1].map(|i| {
            let (flag, ready) = (flag.clone(), ready[i].clone());
            thread::spawn(move || {
                ready.store(1, Relaxed);
                flag.raise();
            })
        });
        let sees_both = || ready.iter().all(|ready| ready.load(Relaxed) == 1);
        flag.lower();
        let mut has_seen_both = sees_both();
        let mut cx = Context::from_waker(Waker::noop());
        let is_cut = budget::with_flag(&flag, || {
            budget::with(1, || budget::poll_proceed(&mut cx).is_pending())
        });
        if is_cut {
            has_seen_both = sees_both();
        }
        for thread in asking {
            thread.join().unwrap();
        }
        assert!(has_seen_both || flag.is_raised());
    });
}
