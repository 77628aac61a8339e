//! Panics of closures, of what they capture and return, and of wakers.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, RawWakerVTable, Wake, Waker};
use std::thread;

use laneway_waker::block_on;

use super::{Stuck, pool};

struct PanicOnDrop(&'static str);

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("drop of {}", self.0);
        }
    }
}

#[test]
fn a_panic_ends_in_the_handle_and_the_thread_goes_on() {
    let pool = pool(1, 10);
    let before = block_on(pool.spawn(|| thread::current().id())).unwrap();
    for _ in 0..10 {
        let error = block_on(pool.spawn(|| panic!("in the closure"))).unwrap_err();
        assert_eq!(
            *error.into_panic().downcast::<&str>().unwrap(),
            "in the closure"
        );
    }
    assert_eq!(
        block_on(pool.spawn(|| thread::current().id())).unwrap(),
        before
    );
}

#[test]
fn a_capture_that_panics() {
    let pool = pool(1, 10);
    let captured = PanicOnDrop("a capture");
    let handle = pool.spawn(move || drop(captured));
    assert!(block_on(handle).unwrap_err().is_panic());
    block_on(pool.spawn(|| ())).unwrap();
}

#[test]
fn an_output_that_panics_when_nobody_wants_it() {
    let pool = pool(1, 10);
    for _ in 0..3 {
        drop(pool.spawn(|| PanicOnDrop("an output")));
    }
    block_on(pool.spawn(|| ())).unwrap();
}

#[test]
fn a_queued_closure_that_panics_when_it_is_cancelled_or_rejected() {
    let pool = pool(1, 1);
    let stuck = Stuck::start(&pool);
    let captured = PanicOnDrop("a queued closure");
    let queued = pool.spawn(move || drop(captured));
    let captured = PanicOnDrop("a rejected closure");
    let rejected = pool.spawn(move || drop(captured));
    assert!(block_on(rejected).unwrap_err().is_panic());
    pool.shutdown();
    assert!(block_on(queued).unwrap_err().is_panic());
    stuck.finish();
}

struct PanicOnWake;

impl Wake for PanicOnWake {
    fn wake(self: Arc<Self>) {
        panic!("wake");
    }
}

/// A waker of somebody who waits for a permit is none of the business of the job that ends.
#[test]
fn a_waker_that_panics_harms_nobody_else() {
    let pool = pool(1, 1);
    let stuck = Stuck::start(&pool);
    let queued = pool.spawn(|| 7);
    let waker = Waker::from(Arc::new(PanicOnWake));
    let mut line = [pool.permit(), pool.permit(), pool.permit()];
    for permit in &mut line {
        assert!(
            Pin::new(permit)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    stuck.finish();
    assert_eq!(block_on(queued).unwrap(), 7);
    let [first, ..] = line;
    assert_eq!(block_on(block_on(first).unwrap().spawn(|| 8)).unwrap(), 8);
    pool.shutdown();
}

/// Its clone panics.
fn panic_on_clone() -> Waker {
    const VTABLE: RawWakerVTable = RawWakerVTable::new(|_| panic!("clone"), |_| {}, |_| {}, |_| {});
    // SAFETY: none of the functions uses the data.
    unsafe { Waker::new(std::ptr::null(), &VTABLE) }
}

#[test]
fn a_waker_that_cannot_be_cloned_takes_no_place() {
    let pool = pool(1, 1);
    let held = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    let mut permit = pool.permit();
    let waker = panic_on_clone();
    let polled = catch_unwind(AssertUnwindSafe(|| {
        Pin::new(&mut permit)
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
    }));
    assert!(polled.is_err());
    drop(held);
    assert!(matches!(
        Pin::new(&mut permit).poll(&mut Context::from_waker(&waker)),
        Poll::Ready(Ok(_))
    ));
}

/// Dropped as the displaced one, it comes back to the pool.
#[test]
fn a_waker_may_come_back_when_it_is_dropped() {
    struct Back(laneway_blocking::Handle);
    impl Wake for Back {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Back {
        fn drop(&mut self) {
            let _ = self.0.try_spawn(|| ());
            drop(self.0.permit());
        }
    }
    let pool = pool(1, 1);
    let held = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    let mut line = [pool.permit(), pool.permit()];
    for round in 0..3 {
        for permit in &mut line {
            let waker = Waker::from(Arc::new(Back(pool.handle().clone())));
            let polled = Pin::new(permit).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending(), "round {round}");
        }
    }
    drop(held);
    drop(line);
    block_on(pool.spawn(|| ())).unwrap();
}
