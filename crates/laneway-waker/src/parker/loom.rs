//! Models of what only a scheduler of the kernel's can do: to stop a thread between two steps.

use laneway_loom::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use laneway_loom::{model, thread};

use super::{Duty, Parker};
use crate::lane;

/// A background thread leaves a token and is then stopped for good. Whoever of the main lane unparks
/// wakes the thread all the same.
#[test]
fn a_stopped_background_thread_holds_up_nobody() {
    model(4, || {
        let parker = Parker::new();
        let background = thread::spawn({
            let unparker = parker.unparker();
            move || {
                let _lane = lane::enter(1);
                let (Duty::Wake | Duty::Nothing) = unparker.inner.notify();
            }
        });
        let main = thread::spawn({
            let unparker = parker.unparker();
            move || unparker.unpark()
        });
        parker.park();
        background.join().unwrap();
        main.join().unwrap();
    });
}

/// Two background threads: one of them wakes, as one of the main lane would.
#[test]
fn background_threads_unpark_too() {
    model(3, || {
        let parker = Parker::new();
        let unparking = [(); 2].map(|()| {
            let unparker = parker.unparker();
            thread::spawn(move || {
                let _lane = lane::enter(1);
                unparker.unpark();
            })
        });
        parker.park();
        for thread in unparking {
            thread.join().unwrap();
        }
    });
}

/// The call that may be one too many is made by the main lane only, and once.
#[test]
fn who_wakes_again() {
    model(1, || {
        let parker = Parker::new();
        let inner = &parker.inner;
        let notify_from = |lane| {
            let _lane = lane::enter(lane);
            inner.notify()
        };
        assert_eq!(notify_from(1), Duty::Nothing);
        assert_eq!(notify_from(1), Duty::Nothing);
        assert_eq!(notify_from(0), Duty::Wake);
        assert_eq!(notify_from(0), Duty::Nothing);
        parker.park();
        assert_eq!(notify_from(0), Duty::Nothing);
    });
}

/// Who unparks wakes after the token is there: the thread may have taken it and sleep again, and is
/// woken for nothing. It goes on sleeping until there is another token.
#[test]
fn a_wake_that_comes_late_ends_no_sleep() {
    model(3, || {
        let parker = Parker::new();
        let unpark = || {
            let (unparker, news) = (parker.unparker(), Arc::new(AtomicBool::new(false)));
            let theirs = news.clone();
            let thread = thread::spawn(move || {
                theirs.store(true, Relaxed);
                unparker.unpark();
            });
            (thread, news)
        };
        let (first, news) = unpark();
        parker.park();
        assert!(news.load(Relaxed));
        let (second, news) = unpark();
        parker.park();
        assert!(news.load(Relaxed));
        first.join().unwrap();
        second.join().unwrap();
    });
}
