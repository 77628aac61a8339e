//! Waiting for tasks, with all kinds of wakers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

use laneway_task::{JoinHandle, spawn};
use laneway_waker::{block_on, budget};

use crate::support::{Count, Lane, WakerSlot, boom, poll_once, wait_once};

#[test]
fn the_waker_is_woken_once_and_freed() {
    let (_lane, erased) = Lane::plain();
    let (count, waker) = Count::new();
    let (runnable, mut handle) = spawn(async { 7 }, &erased);
    for _ in 0..3 {
        assert!(poll_once(&mut handle, &waker).is_pending());
    }
    assert_eq!(
        Arc::strong_count(&count),
        3,
        "stored once: this, ours, the slot's"
    );
    runnable.run();
    assert_eq!(count.get(), 1);
    assert_eq!(Arc::strong_count(&count), 2);
    assert_eq!(
        poll_once(&mut handle, &waker).map(Result::unwrap),
        Poll::Ready(7)
    );
}

#[test]
fn the_last_waker_counts() {
    let (_lane, erased) = Lane::plain();
    let ((first, first_waker), (second, second_waker)) = (Count::new(), Count::new());
    let (runnable, mut handle) = spawn(async {}, &erased);
    assert!(poll_once(&mut handle, &first_waker).is_pending());
    assert!(poll_once(&mut handle, &second_waker).is_pending());
    assert_eq!(Arc::strong_count(&first), 2, "given back");
    runnable.run();
    assert_eq!((first.get(), second.get()), (0, 1));
}

#[test]
fn a_dropped_handle_frees_its_waker() {
    let (lane, erased) = Lane::plain();
    let (count, waker) = Count::new();
    let slot = WakerSlot::default();
    let (runnable, mut handle) = spawn(wait_once(slot.clone()), &erased);
    assert!(poll_once(&mut handle, &waker).is_pending());
    runnable.run();
    drop(handle);
    assert_eq!(Arc::strong_count(&count), 2);
    slot.lock().unwrap().take().unwrap().wake();
    assert_eq!(lane.run_all(), 1);
    assert_eq!(count.get(), 0, "nobody waits any more");
}

#[test]
fn a_panic_reaches_the_joiner_who_waits() {
    let (_lane, erased) = Lane::plain();
    let (count, waker) = Count::new();
    let (runnable, mut handle) = spawn(async { boom() }, &erased);
    let _: &JoinHandle<()> = &handle;
    assert!(poll_once(&mut handle, &waker).is_pending());
    runnable.run();
    assert_eq!(count.get(), 1);
    let id = handle.id();
    let error = block_on(handle).unwrap_err();
    assert!(error.is_panic() && error.id() == id);
    assert_eq!(error.to_string(), format!("task {id} panicked: boom"));
    assert_eq!(
        format!("{error:?}"),
        format!("JoinError(panicked: \"boom\", Id({id}))")
    );
    assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "boom");
}

#[test]
fn a_cancelled_task_has_no_panic_to_give() {
    let (_lane, erased) = Lane::plain();
    let (runnable, handle) = spawn(async {}, &erased);
    drop(runnable);
    let error = block_on(handle).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("task {} was cancelled", error.id())
    );
    assert!(error.try_into_panic().unwrap_err().is_cancelled());
}

#[test]
fn a_result_is_given_once() {
    let (_lane, erased) = Lane::plain();
    let (runnable, mut handle) = spawn(async {}, &erased);
    runnable.run();
    assert!(poll_once(&mut handle, Waker::noop()).is_ready());
    assert!(handle.is_finished());
    let again = catch_unwind(AssertUnwindSafe(|| poll_once(&mut handle, Waker::noop())));
    let message = *again.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(message, "a JoinHandle was polled after it gave its result");
}

/// Does something when woken, and when dropped.
struct Reacts {
    handle: Mutex<Option<JoinHandle<u32>>>,
    when_woken: fn(&Mutex<Option<JoinHandle<u32>>>),
    when_dropped: fn(&Mutex<Option<JoinHandle<u32>>>),
}

impl Wake for Reacts {
    fn wake(self: Arc<Self>) {
        (self.when_woken)(&self.handle);
    }
}

impl Drop for Reacts {
    fn drop(&mut self) {
        (self.when_dropped)(&self.handle);
    }
}

/// The joiner's waker aborts, polls or drops the very handle it waits by.
#[test]
fn wakers_may_reenter() {
    let (lane, erased) = Lane::plain();
    let nothing = |_: &Mutex<Option<JoinHandle<u32>>>| {};
    let abort = |handle: &Mutex<Option<JoinHandle<u32>>>| {
        if let Some(handle) = &*handle.lock().unwrap() {
            handle.abort();
        }
    };
    let drop_it = |handle: &Mutex<Option<JoinHandle<u32>>>| drop(handle.lock().unwrap().take());
    let poll = |handle: &Mutex<Option<JoinHandle<u32>>>| {
        if let Some(handle) = &mut *handle.lock().unwrap() {
            let _ = poll_once(handle, Waker::noop());
        }
    };
    let reactions = [nothing, abort, drop_it, poll];
    for (woken, dropped) in (0..16).map(|i| (i / 4, i % 4)) {
        let (when_woken, when_dropped) = (reactions[woken], reactions[dropped]);
        for replaced in [false, true] {
            let reacts = Arc::new(Reacts {
                handle: Mutex::default(),
                when_woken,
                when_dropped,
            });
            let weak = Arc::downgrade(&reacts);
            let (runnable, mut handle) = spawn(async { 7 }, &erased);
            let waker = Waker::from(reacts.clone());
            assert!(poll_once(&mut handle, &waker).is_pending());
            drop(waker);
            if replaced {
                // The slot's is the last reference: its drop runs within this poll.
                drop(reacts);
                assert!(poll_once(&mut handle, Waker::noop()).is_pending());
                assert!(weak.upgrade().is_none());
                runnable.run();
                assert_eq!(block_on(handle).unwrap(), 7);
            } else {
                *reacts.handle.lock().unwrap() = Some(handle);
                drop(reacts);
                runnable.run();
                assert!(weak.upgrade().is_none(), "woken {woken}, dropped {dropped}");
            }
            lane.run_all();
        }
    }
}

/// Which operation of a waker panics; bits of the data pointer.
const CLONE: usize = 1;
const WAKE: usize = 2;
const DROP: usize = 4;
static LIVE: AtomicUsize = AtomicUsize::new(0);

fn panicking_waker(which: usize) -> Waker {
    fn may_panic(data: *const (), which: usize) {
        if data.addr() & which != 0 {
            boom();
        }
    }
    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            may_panic(data, CLONE);
            LIVE.fetch_add(1, SeqCst);
            RawWaker::new(data, &VTABLE)
        },
        |data| {
            LIVE.fetch_sub(1, SeqCst);
            may_panic(data, WAKE);
        },
        |data| may_panic(data, WAKE),
        |data| {
            LIVE.fetch_sub(1, SeqCst);
            may_panic(data, DROP);
        },
    );
    LIVE.fetch_add(1, SeqCst);
    // SAFETY: the data is never followed.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::without_provenance(which), &VTABLE)) }
}

#[test]
fn panicking_wakers_break_nothing() {
    let (lane, erased) = Lane::plain();
    for which in 0..8 {
        for end in ["run", "drop handle", "replace", "abort"] {
            let (runnable, mut handle) = spawn(async { 7 }, &erased);
            let waker = panicking_waker(which);
            let polled = catch_unwind(AssertUnwindSafe(|| {
                handle_poll(&mut handle, &waker).is_pending()
            }));
            assert_eq!(
                polled.is_err(),
                which & CLONE != 0,
                "a clone's panic is the poller's"
            );
            assert!(polled.unwrap_or(true));
            match end {
                "run" => {
                    runnable.run();
                    assert_eq!(block_on(handle).unwrap(), 7);
                }
                "drop handle" => {
                    drop(handle);
                    runnable.run();
                }
                "replace" => {
                    let (count, other) = Count::new();
                    assert!(poll_once(&mut handle, &other).is_pending());
                    runnable.run();
                    assert_eq!(count.get(), 1);
                    assert_eq!(block_on(handle).unwrap(), 7);
                }
                _ => {
                    handle.abort();
                    runnable.run();
                    assert!(block_on(handle).unwrap_err().is_cancelled());
                }
            }
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(waker)));
            assert_eq!(dropped.is_err(), which & DROP != 0);
            assert_eq!(LIVE.load(SeqCst), 0, "a waker leaked: {which} {end}");
            assert_eq!(lane.len(), 0);
        }
    }
}

fn handle_poll<T>(handle: &mut JoinHandle<T>, waker: &Waker) -> Poll<()> {
    std::pin::Pin::new(handle)
        .poll(&mut Context::from_waker(waker))
        .map(drop)
}

#[test]
fn a_handle_spends_budget_when_it_is_ready_only() {
    let (_lane, erased) = Lane::plain();
    let (runnable, mut handle) = spawn(async {}, &erased);
    budget::with(1, || {
        assert!(poll_once(&mut handle, Waker::noop()).is_pending());
        assert_eq!(budget::remaining(), Some(1), "waiting costs nothing");
        runnable.run();
        assert!(poll_once(&mut handle, Waker::noop()).is_ready());
        assert_eq!(budget::remaining(), Some(0));
    });
}

#[test]
fn each_poll_has_a_budget_of_its_own() {
    let (_lane, erased) = Lane::plain();
    let (runnable, handle) = spawn(
        async {
            std::future::poll_fn(|cx| {
                let mut units = 0;
                while let Poll::Ready(unit) = budget::poll_proceed(cx) {
                    unit.spend();
                    units += 1;
                }
                Poll::Ready(units)
            })
            .await
        },
        &erased,
    );
    budget::with(3, || {
        assert!(runnable.run_once().is_none());
        assert_eq!(budget::remaining(), Some(3), "the poll spent its own");
    });
    assert_eq!(block_on(handle).unwrap(), budget::UNITS);
}
