//! The joiner and the end of its task.

use std::pin::pin;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Waker};

use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::AtomicUsize;
use laneway_loom::{model, thread};
use laneway_task::spawn;

use crate::support::{Count, Lane, PRIMITIVE, PROTOCOL, ReadsWhenDropped, Watched, poll};

/// A joiner that waits is woken, and finds the output.
#[test]
fn a_join_races_with_the_end() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (count, waker) = Count::new();
        let watched = Watched::new();
        let output = watched.share();
        let future = async move {
            output.write(7);
            output
        };
        let (runnable, mut handle) = spawn(future, &lane.erase());
        let running = thread::spawn(move || runnable.run());
        // Without a join of the thread before it, the output must come by the word alone.
        match poll(&mut handle, &waker) {
            Poll::Ready(output) => {
                assert_eq!(output.unwrap().read(), 7);
                drop(handle);
                running.join().unwrap();
            }
            Poll::Pending => {
                running.join().unwrap();
                assert_eq!(count.get(), 1, "the joiner sleeps for ever");
                let Poll::Ready(output) = poll(&mut handle, &waker) else {
                    panic!("not ready")
                };
                assert_eq!(output.unwrap().read(), 7);
                drop(handle);
            }
        }
        assert_eq!(StdArc::strong_count(&count), 2, "a waker is left");
        drop(waker);
    });
}

/// As `a_join_races_with_the_end`, but the second poll, with another waker, races too.
#[test]
fn a_change_of_waker_races_with_the_end() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let ((first, first_waker), (second, second_waker)) = (Count::new(), Count::new());
        let watched = Watched::new();
        let output = watched.share();
        let future = async move {
            output.write(7);
            output
        };
        let (runnable, mut handle) = spawn(future, &lane.erase());
        assert!(poll(&mut handle, &first_waker).is_pending());
        let running = thread::spawn(move || runnable.run());
        match poll(&mut handle, &second_waker) {
            Poll::Ready(output) => assert_eq!(output.unwrap().read(), 7),
            Poll::Pending => {
                running.join().unwrap();
                assert_eq!(second.get(), 1, "the joiner sleeps for ever");
                assert_eq!(first.get(), 0);
                drop(handle);
                assert_eq!(StdArc::strong_count(&first), 2);
                assert_eq!(StdArc::strong_count(&second), 2);
                return;
            }
        }
        running.join().unwrap();
        drop(handle);
        assert!(first.get() + second.get() <= 1);
        assert_eq!(StdArc::strong_count(&first), 2);
        assert_eq!(StdArc::strong_count(&second), 2);
    });
}

/// A third poll with the same waker compares it while the completer may take it.
#[test]
fn a_look_at_the_waker_races_with_the_end() {
    model(PRIMITIVE, || {
        let lane = Lane::new();
        let (count, waker) = Count::new();
        let (runnable, mut handle) = spawn(async {}, &lane.erase());
        assert!(poll(&mut handle, &waker).is_pending());
        let running = thread::spawn(move || runnable.run());
        let is_pending = poll(&mut handle, &waker).is_pending();
        running.join().unwrap();
        assert!(
            !is_pending || count.get() == 1,
            "the joiner sleeps for ever"
        );
        drop(handle);
        assert_eq!(StdArc::strong_count(&count), 2);
    });
}

/// Output and waker are dropped once, by whichever side.
#[test]
fn a_drop_of_the_handle_races_with_the_end() {
    for waits in [false, true] {
        model(PRIMITIVE, move || {
            let lane = Lane::new();
            let (count, waker) = Count::new();
            let watched = Watched::new();
            let output = ReadsWhenDropped(watched.share(), Arc::new(AtomicUsize::new(0)));
            let future = async move {
                watched.write(7);
                output
            };
            let (runnable, mut handle) = spawn(future, &lane.erase());
            if waits {
                assert!(poll(&mut handle, &waker).is_pending());
            }
            let running = thread::spawn(move || runnable.run());
            drop(handle);
            running.join().unwrap();
            assert_eq!(StdArc::strong_count(&count), 2, "a waker is left");
        });
    }
}

/// The whole way: a task waits for another, over two threads.
#[test]
fn a_task_joins_another() {
    model(PROTOCOL, || {
        let lane = Lane::new();
        let (child, handle) = spawn(async { 7 }, &lane.erase());
        let parent = async move { handle.await.unwrap() };
        let (parent, mut joined) = spawn(parent, &lane.erase());
        let running = thread::spawn(move || child.run());
        parent.run();
        running.join().unwrap();
        lane.run_all();
        let mut joined = pin!(&mut joined);
        match joined
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(result) => assert_eq!(result.unwrap(), 7),
            Poll::Pending => panic!("the parent sleeps for ever"),
        }
    });
}
