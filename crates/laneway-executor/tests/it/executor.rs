//! Worker threads, by transcript and barrier.

use std::io::ErrorKind;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use laneway_executor::Executor;
use laneway_task::Builder as TaskBuilder;
use laneway_waker::{block_on, yield_now};

use crate::support::{PATIENCE, Recorder, Transcript, within_patience};

#[test]
fn a_number_of_threads_that_cannot_be_is_an_error() {
    for threads in [0, usize::MAX] {
        let error = Executor::builder().threads(threads).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(&threads.to_string()));
    }
}

#[test]
fn all_threads_run_tasks_at_once() {
    within_patience(|| {
        const THREADS: usize = 4;
        let executor = Executor::builder()
            .threads(THREADS)
            .thread_name("crew")
            .build()
            .unwrap();
        let barrier = Arc::new(Barrier::new(THREADS));
        let tasks: Vec<_> = (0..THREADS)
            .map(|_| {
                let barrier = barrier.clone();
                // Each waits, blocking, for all the others: only as many threads let them pass.
                executor.handle().spawn(async move {
                    barrier.wait();
                    thread::current().name().unwrap().to_owned()
                })
            })
            .collect();
        let mut names: Vec<_> = tasks
            .into_iter()
            .map(|task| block_on(task).unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["crew-0", "crew-1", "crew-2", "crew-3"]);
    });
}

#[test]
fn a_task_spawned_by_a_task_finds_an_idle_worker() {
    within_patience(|| {
        let executor = Executor::builder().threads(2).build().unwrap();
        let handle = executor.handle().clone();
        let meeting = Arc::new(Barrier::new(2));
        let theirs = meeting.clone();
        let task = executor.handle().spawn(async move {
            drop(handle.spawn(async move {
                theirs.wait();
            }));
            // Blocks its worker until the other task runs, which must be elsewhere.
            meeting.wait();
        });
        block_on(task).unwrap();
    });
}

#[test]
fn the_driver_is_turned_while_tasks_are_busy_and_dropped_at_the_end() {
    within_patience(|| {
        let transcript = Transcript::default();
        let driver = Recorder::new(&transcript);
        let executor = Executor::builder()
            .threads(1)
            .driver(driver)
            .build()
            .unwrap();
        block_on(executor.handle().spawn(async {
            for _ in 0..610 {
                yield_now().await;
            }
        }))
        .unwrap();
        let polls = transcript
            .take()
            .iter()
            .filter(|word| *word == "park Poll")
            .count();
        assert!(
            (9..=12).contains(&polls),
            "610 polls turned the driver {polls} times"
        );
        drop(executor);
        assert_eq!(transcript.take().last().unwrap(), "drop driver");
    });
}

#[test]
fn the_hook_is_around_each_worker() {
    within_patience(|| {
        let transcript = Transcript::default();
        let inside = transcript.clone();
        let executor = Executor::builder()
            .threads(1)
            .around_worker(move |work| {
                inside.say("begin");
                work();
                inside.say("end");
            })
            .build()
            .unwrap();
        let task = transcript.clone();
        block_on(executor.handle().spawn(async move { task.say("task") })).unwrap();
        drop(executor);
        assert_eq!(transcript.take(), ["begin", "task", "end"]);
    });
}

#[test]
fn the_handle_is_there_before_the_threads() {
    within_patience(|| {
        let early = Arc::new(Mutex::new(None));
        let place = early.clone();
        let executor = Executor::builder()
            .threads(1)
            .build_with(|handle| {
                *place.lock().unwrap() = Some(handle.spawn(async { 42 }));
            })
            .unwrap();
        let task = early.lock().unwrap().take().unwrap();
        assert_eq!(block_on(task).unwrap(), 42);
        drop(executor);
    });
}

#[test]
fn shutdown_reports_the_task_that_does_not_return() {
    within_patience(|| {
        let executor = Executor::builder()
            .threads(2)
            .thread_name("crew")
            .build()
            .unwrap();
        let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (its_begun, its_go_on) = (begun.clone(), go_on.clone());
        let builder = TaskBuilder::new().name("stubborn");
        let task = executor.handle().spawn_with(builder, async move {
            its_begun.wait();
            its_go_on.wait();
        });
        begun.wait();
        let report = executor.shutdown_timeout(Duration::ZERO);
        let stuck: Vec<_> = report
            .still_running()
            .iter()
            .filter(|worker| worker.task() == Some(task.id()))
            .collect();
        assert_eq!(stuck.len(), 1, "{report}");
        assert!(stuck[0].thread().starts_with("crew-"));
        go_on.wait();
        // It was past its last chance to be cancelled: it ends as it would have.
        block_on(task).unwrap();
    });
}

#[test]
fn is_current_tells_workers_from_others() {
    within_patience(|| {
        let executor = Arc::new(Mutex::new(Executor::builder().threads(1).build().unwrap()));
        assert!(!executor.lock().unwrap().is_current());
        let inside = executor.clone();
        let handle = executor.lock().unwrap().handle().clone();
        assert!(
            block_on(handle.spawn(async move { inside.lock().unwrap().is_current() })).unwrap()
        );
    });
}

#[test]
fn spawns_race_a_shutdown() {
    within_patience(|| {
        for _ in 0..100 {
            let executor = Executor::builder().threads(2).build().unwrap();
            let handle = executor.handle().clone();
            let (send, handles) = mpsc::channel();
            let spawner = thread::spawn(move || {
                for _ in 0..200 {
                    send.send(handle.spawn(async {})).unwrap();
                }
            });
            drop(executor);
            spawner.join().unwrap();
            // Run or cancelled, but resolved, every one of them.
            for task in handles {
                let (done, is_done) = mpsc::channel();
                thread::spawn(move || done.send(block_on(task)));
                let _ = is_done
                    .recv_timeout(PATIENCE)
                    .expect("a handle never resolved");
            }
        }
    });
}
