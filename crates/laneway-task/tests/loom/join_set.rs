//! Members that end while somebody waits for the set, or drops it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::AtomicUsize;
use laneway_loom::{model, thread};
use laneway_task::{JoinSet, Runnable, spawn};

use crate::support::{Count, Lane, PRIMITIVE, PROTOCOL, ReadsWhenDropped, Watched};

fn poll_next<T>(set: &mut JoinSet<T>, waker: &Waker) -> Poll<Option<T>> {
    let joined = pin!(set.join_next()).poll(&mut Context::from_waker(waker));
    joined.map(|joined| joined.map(|(_, result)| result.unwrap()))
}

/// A member ends while the set is polled for the first or the second time: whoever waits is woken, and
/// sees the output.
#[test]
fn an_end_races_with_the_wait() {
    for is_known in [false, true] {
        model(PRIMITIVE, move || {
            let lane = Lane::new();
            let (count, waker) = Count::new();
            let watched = Watched::new();
            let future = async move {
                watched.write(7);
                watched
            };
            let (runnable, handle) = spawn(future, &lane.erase());
            let mut set = JoinSet::new();
            set.insert(handle);
            if is_known {
                assert!(poll_next(&mut set, &waker).is_pending());
            }
            let running = thread::spawn(move || runnable.run());
            match poll_next(&mut set, &waker) {
                Poll::Ready(joined) => assert_eq!(joined.unwrap().read(), 7),
                Poll::Pending => {
                    running.join().unwrap();
                    assert_eq!(count.get(), 1, "who waits sleeps for ever");
                    let Poll::Ready(joined) = poll_next(&mut set, &waker) else {
                        panic!("it has ended")
                    };
                    assert_eq!(joined.unwrap().read(), 7);
                    assert!(set.is_empty());
                    return;
                }
            }
            running.join().unwrap();
            assert!(set.is_empty());
        });
    }
}

/// Two members end, one after the other: both results come, and the last wake is not lost.
#[test]
fn two_ends_race_with_the_wait() {
    model(PROTOCOL - 1, || {
        let lane = Lane::new();
        let (count, waker) = Count::new();
        let mut set = JoinSet::new();
        let runnables = [1, 2].map(|i| {
            let (runnable, handle) = spawn(async move { i }, &lane.erase());
            set.insert(handle);
            runnable
        });
        assert!(poll_next(&mut set, &waker).is_pending());
        let mut running = Some(thread::spawn(|| {
            runnables.into_iter().for_each(Runnable::run)
        }));
        let mut sum = 0;
        let mut woken = 0;
        while !set.is_empty() {
            match poll_next(&mut set, &waker) {
                Poll::Ready(joined) => sum += joined.unwrap(),
                Poll::Pending => {
                    let running = running.take().expect("a result was lost");
                    running.join().unwrap();
                    assert!(count.get() > woken, "who waits sleeps for ever");
                }
            }
            woken = count.get();
        }
        assert_eq!(sum, 3);
        if let Some(running) = running {
            running.join().unwrap();
        }
    });
}

/// A member ends while the set is dropped: outputs and wakers go once, and the others are aborted.
#[test]
fn an_end_races_with_the_drop() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (count, waker) = Count::new();
        let watched = Watched::new();
        let output = ReadsWhenDropped(watched.share(), Arc::new(AtomicUsize::new(0)));
        let future = async move {
            watched.write(7);
            Some(output)
        };
        let (runnable, handle) = spawn(future, &lane.erase());
        let mut set = JoinSet::new();
        set.insert(handle);
        assert!(poll_next(&mut set, &waker).is_pending());
        let running = thread::spawn(move || runnable.run());
        drop(set);
        running.join().unwrap();
        lane.run_all();
        drop(waker);
        assert_eq!(std::sync::Arc::strong_count(&count), 1, "a waker is left");
    });
}
