//! Runtimes come and go without leaving anything behind.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use laneway::{LocalRuntime, Runtime, spawn, spawn_blocking, time};

use crate::support::{PATIENCE, runtime, within_patience};

/// How many file descriptors this process has open.
#[cfg(target_os = "linux")]
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd")
        .expect("proc is mounted")
        .count()
}

/// Runs in a process of its own: other tests open files too.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_runtimes_leave_no_file_open() {
    if std::env::var_os("LANEWAY_ALONE").is_none() {
        let this_test = std::env::current_exe().expect("a test has a path");
        let status = std::process::Command::new(this_test)
            .args([
                "--exact",
                "lifecycle::a_thousand_runtimes_leave_no_file_open",
                "--nocapture",
            ])
            .env("LANEWAY_ALONE", "1")
            .status()
            .expect("the test can start itself");
        assert!(status.success());
        return;
    }
    let once = || {
        let runtime = runtime(2);
        runtime.block_on(async {
            spawn(time::sleep(Duration::from_micros(10))).await.unwrap();
            spawn_blocking(|| ()).await.unwrap();
        });
        drop(runtime);
        let runtime = LocalRuntime::new().unwrap();
        runtime.block_on(async { spawn_blocking(|| ()).await.unwrap() });
    };
    once();
    let before = open_files();
    for _ in 0..1_000 {
        once();
    }
    assert_eq!(open_files(), before);
}

#[test]
fn runtimes_nest_and_stand_side_by_side() {
    within_patience("two runtimes", || {
        let (one, other) = (runtime(1), runtime(1));
        let sum = one.block_on(async {
            let here = spawn(async { 1 });
            let there = other.spawn(async { spawn(async { 41 }).await.unwrap() });
            here.await.unwrap() + there.await.unwrap()
        });
        assert_eq!(sum, 42);
        // A blocking thread of the one may wait for the other.
        let waits = one.spawn_blocking(move || other.block_on(async { 7 }));
        assert_eq!(one.block_on(waits).unwrap(), 7);
    });
}

#[test]
fn a_runtime_can_live_in_a_thread_local() {
    thread_local! {
        static RUNTIME: Runtime = runtime(1);
    }
    within_patience("a runtime dropped by a thread-local's destructor", || {
        thread::spawn(|| RUNTIME.with(|runtime| runtime.block_on(async { 1 })))
            .join()
            .unwrap();
    });
}

#[test]
fn timers_and_tasks_outlive_the_runtime_safely() {
    within_patience("values that outlive their runtime", || {
        let runtime = runtime(1);
        let sleep = runtime.handle().timers().sleep(Duration::from_millis(1));
        let task = runtime.spawn(std::future::pending::<()>());
        let abort = task.abort_handle();
        drop(runtime);
        abort.abort();
        assert!(task.is_finished());
        assert!(laneway_waker::block_on(task).unwrap_err().is_cancelled());
        drop(sleep);
    });
}

#[test]
fn block_on_can_be_called_from_many_threads_at_once() {
    within_patience("many block_ons", || {
        let runtime = std::sync::Arc::new(runtime(2));
        let (send, receive) = mpsc::channel();
        for i in 0..8 {
            let (runtime, send) = (runtime.clone(), send.clone());
            thread::spawn(move || {
                let value = runtime.block_on(async move { spawn(async move { i }).await.unwrap() });
                send.send(value).unwrap();
            });
        }
        let mut values: Vec<i32> = (0..8)
            .map(|_| receive.recv_timeout(PATIENCE).unwrap())
            .collect();
        values.sort_unstable();
        assert_eq!(values, [0, 1, 2, 3, 4, 5, 6, 7]);
    });
}
