//! Futures that stay on their thread.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use laneway_task::{AbortHandle, Builder, spawn_local};
use laneway_waker::{block_on, yield_now};

use crate::support::{Lane, WakerSlot, elsewhere, wait_once};

/// Keeps what is leaked on purpose within the sight of a leak detector.
static LEAKED: Mutex<Vec<AbortHandle>> = Mutex::new(Vec::new());

const MESSAGE: &str = "laneway: a local task was run or dropped on another thread than its own";

#[test]
fn neither_future_nor_output_need_be_send() {
    let (lane, erased) = Lane::owning();
    let counter = Rc::new(Cell::new(0));
    let (runnable, handle) = spawn_local(
        {
            let counter = counter.clone();
            async move {
                counter.set(1);
                yield_now().await;
                counter.set(2);
                counter
            }
        },
        &erased,
    );
    runnable.run();
    assert_eq!((counter.get(), Rc::strong_count(&counter)), (1, 2));
    lane.run_all();
    assert!(Rc::ptr_eq(&block_on(handle).unwrap(), &counter));
    assert_eq!(Rc::strong_count(&counter), 1);

    let (runnable, handle) = Builder::new()
        .name("local")
        .spawn_local(async move { counter }, &erased);
    assert_eq!(runnable.name(), Some("local"));
    drop(handle);
    runnable.run();
}

/// Remembers where it was dropped.
struct Home(Arc<Mutex<Vec<ThreadId>>>, #[expect(dead_code)] Rc<()>);

impl Drop for Home {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(std::thread::current().id());
    }
}

#[test]
fn a_foreign_wake_abort_or_last_drop_leaves_the_future_at_home() {
    let (lane, erased) = Lane::plain();
    let here = std::thread::current().id();
    for what in ["wake", "abort", "drop"] {
        let (dropped, slot) = (Arc::default(), WakerSlot::default());
        let home = Home(Arc::clone(&dropped), Rc::new(()));
        let (runnable, handle) = spawn_local(
            {
                let slot = slot.clone();
                async move {
                    let _home = home;
                    wait_once(slot).await;
                }
            },
            &erased,
        );
        runnable.run();
        let waker = slot.lock().unwrap().take().unwrap();
        elsewhere(|| match what {
            "wake" => waker.wake(),
            "abort" => handle.abort(),
            _ => drop((waker, handle)),
        });
        assert!(dropped.lock().unwrap().is_empty(), "{what}");
        assert_eq!(lane.run_all(), 1, "{what}");
        assert_eq!(*dropped.lock().unwrap(), [here], "{what}");
    }
}

#[test]
fn a_foreign_thread_may_neither_run_nor_drop_it() {
    for what in ["run", "drop", "reject", "shut down"] {
        let (lane, erased) = Lane::owning();
        let (dropped, slot) = (Arc::default(), WakerSlot::default());
        let home = Home(Arc::clone(&dropped), Rc::new(()));
        let (runnable, handle) = spawn_local(
            {
                let slot = slot.clone();
                async move {
                    let _home = home;
                    wait_once(slot).await;
                }
            },
            &erased,
        );
        LEAKED.lock().unwrap().push(handle.abort_handle());
        let waits = what == "shut down";
        let runnable = if waits {
            runnable.run_once()
        } else {
            Some(runnable)
        };
        let panic = elsewhere(|| {
            catch_unwind(AssertUnwindSafe(|| match (what, runnable) {
                ("run", Some(runnable)) => runnable.run(),
                ("drop", Some(runnable)) => drop(runnable),
                ("reject", Some(runnable)) => runnable.reject(),
                _ => lane.list().close_and_cancel_all(),
            }))
        });
        assert_eq!(
            *panic.unwrap_err().downcast::<&str>().unwrap(),
            MESSAGE,
            "{what}"
        );
        assert!(block_on(handle).unwrap_err().is_cancelled(), "{what}");
        assert!(
            dropped.lock().unwrap().is_empty(),
            "leaked rather than dropped: {what}"
        );
    }
}

/// While a thread unwinds, a second panic would end the process.
#[test]
fn a_foreign_drop_while_unwinding_is_silent() {
    let (_lane, erased) = Lane::plain();
    let (runnable, handle) = spawn_local(async {}, &erased);
    LEAKED.lock().unwrap().push(handle.abort_handle());
    elsewhere(|| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _runnable = runnable;
            crate::support::boom();
        }));
        assert_eq!(*unwound.unwrap_err().downcast::<&str>().unwrap(), "boom");
    });
    assert!(block_on(handle).unwrap_err().is_cancelled());
}

/// The runnable of a task that has ended is nobody's business: it may go anywhere.
#[test]
fn a_stale_runnable_may_be_dropped_anywhere() {
    let (lane, erased) = Lane::owning();
    let slot = WakerSlot::default();
    let (runnable, handle) = spawn_local(wait_once(slot.clone()), &erased);
    runnable.run();
    slot.lock().unwrap().take().unwrap().wake();
    lane.list().close_and_cancel_all();
    let (runnable, _) = lane.pop().unwrap();
    elsewhere(|| drop(runnable));
    assert!(block_on(handle).unwrap_err().is_cancelled());
}
