//! Where two rules meet: threads that entered other runtimes, clocks that were moved early, workers that
//! are stuck when others want something.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use laneway::{Handle, Runtime, spawn, time};
use laneway_executor::{Executor, LocalExecutor};

use crate::support::{PATIENCE, runtime, within_patience};

#[test]
fn a_manual_clock_may_be_ahead_of_the_system() {
    within_patience("a turn with a clock that was moved before", || {
        let clock = time::ManualClock::new();
        clock.advance(Duration::from_secs(3600));
        let runtime = Runtime::builder().clock(clock).build_local().unwrap();
        assert_eq!(runtime.turn(), 0);
    });
}

#[test]
fn a_spawn_after_shutdown_does_not_wait_for_a_stuck_worker() {
    within_patience("a spawn beside a stuck worker", || {
        let executor = Executor::builder().threads(1).build().unwrap();
        let handle = executor.handle().clone();
        let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (its_begun, its_go_on) = (begun.clone(), go_on.clone());
        handle.spawn(async move {
            its_begun.wait();
            its_go_on.wait();
        });
        begun.wait();
        let report = executor.shutdown_timeout(Duration::ZERO);
        assert_eq!(report.still_running().len(), 1);
        let task = handle.spawn(async {});
        assert!(laneway_waker::block_on(task).unwrap_err().is_cancelled());
        go_on.wait();
    });
}

#[test]
fn a_refused_future_may_enter_the_runtime_while_it_is_dropped() {
    struct Enters(Handle, mpsc::Sender<()>);
    impl Drop for Enters {
        fn drop(&mut self) {
            let _entered = self.0.enter();
            let _ = self.1.send(());
        }
    }

    within_patience("a drop that enters", || {
        let runtime = runtime(1);
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let (send, receive) = mpsc::channel();
        let guard = Enters(handle.clone(), send);
        let task = spawn(async move { drop(guard) });
        assert!(laneway_waker::block_on(task).unwrap_err().is_cancelled());
        receive
            .recv_timeout(PATIENCE)
            .expect("the future was dropped");
    });
}

#[test]
fn a_worker_stays_a_worker_in_another_runtime() {
    within_patience("block_on of a worker that entered elsewhere", || {
        let (home, other) = (runtime(1), runtime(1));
        let (its_home, its_other) = (home.handle().clone(), other.handle().clone());
        let task = home.spawn(async move {
            let _entered = its_other.enter();
            catch_unwind(AssertUnwindSafe(|| its_home.block_on(async {}))).is_err()
        });
        assert!(home.block_on(task).unwrap(), "it was let wait for itself");
    });
}

#[test]
fn futures_are_dropped_inside_their_runtime_however_early_it_ends() {
    struct Looks(mpsc::Sender<bool>);
    impl Drop for Looks {
        fn drop(&mut self) {
            let _ = self.0.send(Handle::try_current().is_some());
        }
    }

    within_patience("runtimes that end at once", || {
        for _ in 0..300 {
            let runtime = runtime(2);
            let (send, receive) = mpsc::channel();
            let guard = Looks(send);
            runtime.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
            runtime.shutdown_background();
            assert!(
                receive.recv_timeout(PATIENCE).expect("it was dropped"),
                "no current runtime"
            );
        }
    });
}

#[test]
fn a_thread_name_with_a_zero_byte_is_an_error() {
    let error = Runtime::builder()
        .threads(1)
        .thread_name("a\0b")
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn an_executor_can_be_dropped_on_its_own_worker_inside_a_local_executor() {
    within_patience("a drop in a nested executor", || {
        let executor = Executor::builder().threads(1).build().unwrap();
        let handle = executor.handle().clone();
        let (send, receive) = mpsc::channel();
        handle.spawn(async move {
            LocalExecutor::new().block_on(async move { drop(executor) });
            send.send(()).unwrap();
        });
        receive
            .recv_timeout(PATIENCE)
            .expect("the drop does not wait for its own thread");
    });
}

#[test]
fn the_limit_of_a_shutdown_does_not_include_what_hooks_do() {
    within_patience("a hook that takes its time", || {
        let go_on = Arc::new(Barrier::new(2));
        let its_go_on = go_on.clone();
        let executor = Executor::builder()
            .threads(1)
            .around_worker(move |work| {
                work();
                its_go_on.wait();
            })
            .build()
            .unwrap();
        // If this waited for the thread itself, it would wait for ever.
        assert!(executor.shutdown_timeout(PATIENCE).is_complete());
        go_on.wait();
    });
}
