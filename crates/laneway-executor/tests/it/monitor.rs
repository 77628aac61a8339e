//! A poll that takes too long is noticed, and only its task is stuck.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use laneway_executor::{Executor, Park, Stall, StallMonitor, ThreadPark, Wait};
use laneway_task::Builder;
use laneway_waker::block_on;

use crate::support::{PATIENCE, within_patience};

const THRESHOLD: Duration = Duration::from_millis(20);

/// A monitor that sends what it notices.
fn monitor() -> (StallMonitor, Receiver<Stall>) {
    let (stalls, seen) = mpsc::channel();
    let monitor = StallMonitor::new(THRESHOLD, move |stall| {
        let _ = stalls.send(stall.clone());
    });
    (monitor, seen)
}

/// Spawns a task that blocks its worker until the sender is dropped.
fn spawn_stuck(executor: &Executor, name: &'static str) -> (Sender<()>, u32) {
    let (release, wait) = mpsc::channel::<()>();
    let builder = Builder::new().name(name);
    let line = line!() + 1;
    drop(executor.handle().spawn_with(builder, async move {
        let _ = wait.recv();
    }));
    (release, line)
}

#[test]
fn a_stall_is_reported_with_all_there_is_to_know() {
    within_patience(|| {
        let (monitor, seen) = monitor();
        let executor = Executor::builder()
            .threads(1)
            .thread_name("watched")
            .stall_monitor(monitor)
            .build()
            .unwrap();
        let (release, line) = spawn_stuck(&executor, "slow");
        let stall = seen.recv_timeout(PATIENCE).unwrap();
        assert_eq!(stall.task().name(), Some("slow"));
        assert_eq!(stall.thread(), "watched-0");
        assert_eq!(stall.task().location().line(), line);
        assert!(stall.task().location().file().ends_with("monitor.rs"));
        assert!(stall.running_for() >= THRESHOLD);
        assert_eq!(stall.unreported(), 0);
        if cfg!(target_os = "linux") {
            assert!(stall.thread_id().is_some());
            // It waits in a lock, and not on a processor.
            assert_eq!(stall.thread_state(), Some('S'));
        }
        drop(release);
        // Once for a poll: the end comes without another report.
        drop(executor);
        assert!(seen.recv().is_err(), "one report for one stall");
    });
}

#[test]
fn reports_keep_their_distance() {
    within_patience(|| {
        let (monitor, seen) = monitor();
        let executor = Executor::builder()
            .threads(3)
            .stall_monitor(monitor.at_most_every(Duration::from_millis(200)))
            .build()
            .unwrap();
        // Two at once, of which one is only counted; then one more, when the pause is over.
        let first = [
            spawn_stuck(&executor, "first"),
            spawn_stuck(&executor, "first"),
        ];
        let stall = seen.recv_timeout(PATIENCE).unwrap();
        assert_eq!(
            (stall.task().name(), stall.unreported()),
            (Some("first"), 0)
        );
        let mut unreported = 0;
        while unreported == 0 {
            let (release, _) = spawn_stuck(&executor, "later");
            if let Ok(stall) = seen.recv_timeout(2 * THRESHOLD) {
                unreported = stall.unreported();
            }
            drop(release);
        }
        drop(first);
    });
}

/// A driver that says when somebody waits in it, and wakes whoever left a waker.
struct Doorbell {
    park: ThreadPark,
    left: Arc<Mutex<Option<Waker>>>,
    entered: Sender<()>,
}

impl Park for Doorbell {
    fn park(&mut self, wait: Wait) {
        if let Some(waker) = self.left.lock().unwrap().take() {
            return waker.wake();
        }
        if wait == Wait::Forever {
            let _ = self.entered.send(());
        }
        self.park.park(wait);
    }

    fn unparker(&self) -> Waker {
        self.park.unparker()
    }
}

#[test]
fn somebody_takes_the_seat_that_a_stuck_worker_has_left() {
    within_patience(|| {
        let (monitor, seen) = monitor();
        let left = Arc::new(Mutex::new(None));
        let (entered, has_entered) = mpsc::channel();
        let park = ThreadPark::new();
        let interrupt = park.unparker();
        let driver = Doorbell {
            park,
            left: left.clone(),
            entered,
        };
        let executor = Executor::builder()
            .threads(2)
            .driver(driver)
            .stall_monitor(monitor)
            .build()
            .unwrap();
        has_entered.recv_timeout(PATIENCE).unwrap();
        // Woken by the driver, on the worker that sits in it; then it blocks that worker.
        let (release, wait) = mpsc::channel::<()>();
        let mut is_first = true;
        let task = executor.handle().spawn(std::future::poll_fn(move |cx| {
            if std::mem::take(&mut is_first) {
                *left.lock().unwrap() = Some(cx.waker().clone());
                interrupt.wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(wait.recv())
        }));
        seen.recv_timeout(PATIENCE).unwrap();
        while has_entered.try_recv().is_ok() {}
        // What happened before the stall does not count: let whoever sits there come out, and in.
        block_on(executor.handle().spawn(async {})).unwrap();
        has_entered
            .recv_timeout(PATIENCE)
            .expect("the other worker sits in the driver");
        assert!(!task.is_finished());
        drop(release);
        block_on(task).unwrap().unwrap_err();
    });
}

#[test]
fn what_a_stuck_task_has_woken_runs_elsewhere() {
    within_patience(|| {
        let (monitor, _seen) = monitor();
        let executor = Executor::builder()
            .threads(2)
            .stall_monitor(monitor)
            .build()
            .unwrap();
        let handle = executor.handle().clone();
        let (done, is_done) = mpsc::channel();
        let stuck = executor.handle().spawn(async move {
            handle.spawn(async move { done.send(()).unwrap() });
            is_done.recv_timeout(PATIENCE)
        });
        block_on(stuck).unwrap().unwrap();
    });
}

#[test]
fn a_report_may_panic_and_a_threshold_may_be_wrong() {
    within_patience(|| {
        let (told, was_told) = mpsc::channel();
        let monitor = StallMonitor::new(THRESHOLD, move |_| {
            told.send(()).unwrap();
            panic!("nobody wants to know");
        });
        let executor = Executor::builder()
            .threads(2)
            .stall_monitor(monitor.at_most_every(Duration::ZERO))
            .build()
            .unwrap();
        for _ in 0..2 {
            let (release, _) = spawn_stuck(&executor, "told");
            was_told.recv_timeout(PATIENCE).unwrap();
            drop(release);
        }
    });
    let hasty = StallMonitor::new(Duration::ZERO, |_| ());
    let error = Executor::builder().stall_monitor(hasty).build();
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidInput);
}
