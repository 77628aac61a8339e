//! However a runtime ends, every future is dropped exactly once and nothing hangs.

use std::mem::forget;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use laneway::{Handle, spawn, spawn_blocking, time};

use crate::support::{Drops, PATIENCE, forever, runtime, within_patience};

const TASKS: usize = 10_000;

/// Spawns [`TASKS`] tasks that wait for ever, hands each one's waker to `keep`, drops the runtime.
fn drop_with_pending_tasks(keep: impl Fn(usize, Waker) + Send + Sync + 'static) {
    within_patience("dropping a runtime with pending tasks", move || {
        let drops = Drops::default();
        let keep = Arc::new(keep);
        let runtime = runtime(2);
        let (polled, all_polled) = mpsc::channel();
        for i in 0..TASKS {
            let (guard, keep, polled) = (drops.guard(), keep.clone(), polled.clone());
            runtime.spawn(async move {
                let _guard = guard;
                forever(move |waker: &Waker| {
                    keep(i, waker.clone());
                    let _ = polled.send(());
                })
                .await;
            });
        }
        for _ in 0..TASKS {
            all_polled
                .recv_timeout(PATIENCE)
                .expect("every task is polled");
        }
        assert_eq!(drops.count(), 0);
        drop(runtime);
        assert_eq!(drops.count(), TASKS);
    });
}

#[test]
fn pending_tasks_are_dropped_though_their_wakers_leak() {
    drop_with_pending_tasks(|_, waker| forget(waker));
}

#[test]
fn pending_tasks_are_dropped_though_a_foreign_thread_holds_their_wakers() {
    let (send, receive) = mpsc::channel();
    drop_with_pending_tasks(move |_, waker| {
        let _ = send.send(waker);
    });
    thread::spawn(move || receive.into_iter().for_each(Waker::wake))
        .join()
        .unwrap();
}

#[test]
fn pending_tasks_are_dropped_though_they_hold_each_others_wakers() {
    // A future that owns a place where its own waker lies: a cycle only the runtime can break.
    within_patience("dropping a runtime with cyclic tasks", || {
        let drops = Drops::default();
        let runtime = runtime(2);
        let (polled, all_polled) = mpsc::channel();
        let places: Arc<Vec<Mutex<Option<Waker>>>> =
            Arc::new((0..TASKS).map(|_| Mutex::new(None)).collect());
        for i in 0..TASKS {
            let (guard, places, polled) = (drops.guard(), places.clone(), polled.clone());
            runtime.spawn(async move {
                let _guard = guard;
                let next = places.clone();
                forever(move |waker: &Waker| {
                    *next[(i + 1) % TASKS].lock().unwrap() = Some(waker.clone());
                    let _ = polled.send(());
                })
                .await;
                drop(places);
            });
        }
        drop(places);
        for _ in 0..TASKS {
            all_polled
                .recv_timeout(PATIENCE)
                .expect("every task is polled");
        }
        drop(runtime);
        assert_eq!(drops.count(), TASKS);
    });
}

#[test]
fn tasks_that_were_never_polled_are_dropped() {
    within_patience("dropping a runtime with queued tasks", || {
        let drops = Drops::default();
        let runtime = runtime(1);
        let (started, start) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (its_started, its_start) = (started.clone(), start.clone());
        runtime.spawn(async move {
            its_started.wait();
            its_start.wait();
        });
        started.wait();
        for _ in 0..1_000 {
            let guard = drops.guard();
            runtime.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
        }
        // The only worker is busy, so none of them has been polled when the shutdown begins.
        let dropping = thread::spawn(move || drop(runtime));
        start.wait();
        dropping.join().unwrap();
        assert_eq!(drops.count(), 1_000);
    });
}

#[test]
fn a_runtime_can_be_dropped_by_its_own_task() {
    within_patience("dropping a runtime in its own task", || {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        let (done, is_done) = mpsc::channel();
        handle.spawn(async move {
            drop(runtime);
            done.send(()).unwrap();
        });
        is_done
            .recv_timeout(PATIENCE)
            .expect("the drop does not wait for its own thread");
    });
}

#[test]
fn a_runtime_can_be_dropped_by_its_own_blocking_closure() {
    within_patience("dropping a runtime in its own closure", || {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        let (done, is_done) = mpsc::channel();
        handle.spawn_blocking(move || {
            drop(runtime);
            done.send(()).unwrap();
        });
        is_done
            .recv_timeout(PATIENCE)
            .expect("the drop does not wait for its own thread");
    });
}

#[test]
fn a_spawn_after_shutdown_yields_a_cancelled_handle() {
    within_patience("spawning after shutdown", || {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        drop(runtime);
        let drops = Drops::default();
        let guard = drops.guard();
        let task = handle.spawn(async move { drop(guard) });
        assert!(laneway_waker::block_on(task).unwrap_err().is_cancelled());
        assert_eq!(drops.count(), 1);
        let closure = handle.spawn_blocking(|| ());
        assert!(laneway_waker::block_on(closure).unwrap_err().is_cancelled());
    });
}

#[test]
fn shutdown_timeout_does_not_wait_longer_and_names_what_runs() {
    within_patience("a shutdown with a limit", || {
        let runtime = runtime(1);
        let (begun, has_begun) = (Arc::new(Barrier::new(3)), Arc::new(Barrier::new(3)));
        let (in_task, in_closure) = (begun.clone(), begun.clone());
        let (end_task, end_closure) = (has_begun.clone(), has_begun.clone());
        let task = runtime.spawn(async move {
            in_task.wait();
            end_task.wait();
        });
        runtime.spawn_blocking(move || {
            in_closure.wait();
            end_closure.wait();
        });
        begun.wait();
        let report = runtime.shutdown_timeout(Duration::from_millis(1));
        assert!(!report.is_complete());
        assert_eq!(report.tasks.still_running().len(), 1);
        assert_eq!(report.tasks.still_running()[0].task(), Some(task.id()));
        assert!(
            report.to_string().contains(&task.id().to_string()),
            "{report}"
        );
        has_begun.wait();
    });
}

#[test]
fn a_dropped_future_may_use_the_runtime() {
    /// Spawns, sleeps and looks the runtime up while the runtime is going down.
    struct UsesRuntime(mpsc::Sender<bool>);

    impl Drop for UsesRuntime {
        fn drop(&mut self) {
            let has_runtime = Handle::try_current().is_some();
            drop(time::sleep(Duration::from_secs(1)));
            spawn(async {}).abort();
            drop(spawn_blocking(|| ()));
            let _ = self.0.send(has_runtime);
        }
    }

    within_patience("a drop that uses the runtime", || {
        let runtime = runtime(2);
        let (send, receive) = mpsc::channel();
        let (polled, is_polled) = mpsc::channel();
        runtime.spawn(async move {
            let _guard = UsesRuntime(send);
            forever(move |_: &Waker| polled.send(()).unwrap()).await;
        });
        is_polled.recv_timeout(PATIENCE).unwrap();
        drop(runtime);
        assert!(
            receive.recv_timeout(PATIENCE).expect("it was dropped"),
            "no current runtime"
        );
    });
}

#[test]
fn wakes_and_aborts_race_a_shutdown() {
    within_patience("wakes racing shutdowns", || {
        for _ in 0..200 {
            let drops = Drops::default();
            let runtime = runtime(2);
            let (send, wakers) = mpsc::channel();
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let (guard, send) = (drops.guard(), send.clone());
                    runtime.spawn(async move {
                        let _guard = guard;
                        forever(move |waker: &Waker| drop(send.send(waker.clone()))).await;
                    })
                })
                .collect();
            drop(send);
            let foreign = thread::spawn(move || {
                for waker in wakers {
                    waker.wake_by_ref();
                    waker.wake();
                }
                tasks.iter().for_each(|task| task.abort());
            });
            drop(runtime);
            foreign.join().unwrap();
            assert_eq!(drops.count(), 50);
        }
    });
}
