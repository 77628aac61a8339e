//! `block_on`, and the crate's futures under the `block_on` of others.

use std::future::{poll_fn, ready};
use std::panic::catch_unwind;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use laneway_waker::{AtomicWaker, block_on, budget, yield_now};

use crate::wakers::throw;

#[test]
fn returns_what_the_future_returns() {
    assert_eq!(block_on(ready(1)), 1);
    // Neither `Send` nor `'static` is asked for.
    let (text, cell) = (String::from("borrowed"), std::cell::Cell::new(0));
    assert_eq!(block_on(async { (&text[..3], cell.get()) }), ("bor", 0));
}

#[test]
fn sleeps_until_another_thread_wakes() {
    let slot = Arc::new(AtomicWaker::new());
    let mut thread = None;
    block_on(poll_fn(|cx| {
        if thread.is_some() {
            return Poll::Ready(());
        }
        slot.register(cx.waker());
        let slot = slot.clone();
        thread = Some(thread::spawn(move || slot.wake()));
        Poll::Pending
    }));
    thread.unwrap().join().unwrap();
}

#[test]
fn calls_may_be_nested() {
    let sum = block_on(async {
        yield_now().await;
        let inner = block_on(async {
            yield_now().await;
            1
        });
        yield_now().await;
        inner + 1
    });
    assert_eq!(sum, 2);
}

#[test]
fn a_waker_may_be_kept_beyond_the_call() {
    let waker = block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
    waker.wake();
}

#[test]
fn a_panic_passes_through() {
    let result = catch_unwind(|| block_on(async { throw("polled") }));
    assert!(result.is_err());
    assert_eq!(budget::remaining(), None);
}

/// The other way round: nothing here needs a runtime of this house.
#[test]
fn the_parts_work_under_a_foreign_executor() {
    let slot = Arc::new(AtomicWaker::new());
    let (registered, is_registered) = mpsc::channel();
    let thread = thread::spawn({
        let slot = slot.clone();
        move || {
            is_registered.recv_timeout(Duration::from_secs(10)).unwrap();
            slot.wake();
        }
    });
    futures::executor::block_on(async move {
        yield_now().await;
        budget::unconstrained(budget::yield_if_needed()).await;
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            slot.register(cx.waker());
            registered.send(()).unwrap();
            Poll::Pending
        })
        .await;
    });
    thread.join().unwrap();
}
