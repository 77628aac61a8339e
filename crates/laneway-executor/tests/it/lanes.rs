//! Several lanes: who runs what, when threads start, and how it ends.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use laneway_executor::{Executor, LaneConfig, LaneStatus, Policy};
use laneway_scheduler::Priority;
use laneway_task::Builder;
use laneway_waker::{block_on, lane, yield_now};

use crate::support::{PATIENCE, within_patience};

fn background() -> LaneConfig {
    LaneConfig::new("background")
        .threads(1)
        .classes([Priority::Batch, Priority::Background])
        .policy(Policy::batch().nice(19))
}

fn two_lanes() -> Executor {
    let builder = Executor::builder().threads(1).thread_name("lanes");
    builder.lane(background()).build().unwrap()
}

fn task(priority: Priority) -> Builder {
    Builder::new().priority(priority)
}

/// The name of the thread that polls this.
async fn thread_name() -> String {
    yield_now().await;
    std::thread::current().name().unwrap().to_owned()
}

#[test]
fn a_class_runs_in_its_lane() {
    let executor = two_lanes();
    for (priority, thread) in [
        (Priority::Critical, "lanes-0"),
        (Priority::Normal, "lanes-0"),
        (Priority::Batch, "lanes-background-0"),
        (Priority::Background, "lanes-background-0"),
    ] {
        let task = executor.handle().spawn_with(task(priority), thread_name());
        assert_eq!(block_on(task).unwrap(), thread);
    }
}

#[test]
fn a_lane_starts_with_its_first_task_and_says_what_it_got() {
    let executor = two_lanes();
    let [main, background] = &executor.lanes()[..] else {
        panic!("two lanes");
    };
    assert_eq!((main.name(), main.is_started()), ("main", true));
    assert_eq!(main.classes(), [Priority::Critical, Priority::Normal]);
    assert!(main.effective().is_none());
    assert_eq!((background.name(), background.threads()), ("background", 1));
    assert_eq!(
        background.classes(),
        [Priority::Batch, Priority::Background]
    );
    assert!(!background.is_started() && background.effective().is_none());
    assert_eq!(
        background.to_string(),
        "background: 1 threads, batch, nice 19 when started"
    );

    let number = executor
        .handle()
        .spawn_with(task(Priority::Batch), async { lane::current() });
    assert_eq!(block_on(number).unwrap(), 1);
    let status: LaneStatus = executor.lanes().remove(1);
    assert!(status.is_started() && status.refusal().is_none());
    let effective = status.effective().expect("the thread has run");
    if cfg!(target_os = "linux") {
        let effective = effective.unwrap().to_string();
        assert!(effective.starts_with("batch, nice 19"), "{effective}");
    } else {
        assert_eq!(effective.unwrap_err().kind(), io::ErrorKind::Unsupported);
    }
}

#[test]
fn a_poll_that_does_not_end_keeps_nobody_in_another_lane_waiting() {
    within_patience(|| {
        let executor = two_lanes();
        let (release, wait) = mpsc::channel::<()>();
        let stuck = executor
            .handle()
            .spawn_with(task(Priority::Background), async move { wait.recv() });
        for _ in 0..100 {
            block_on(executor.handle().spawn(yield_now())).unwrap();
        }
        assert!(!stuck.is_finished());
        drop(release);
        block_on(stuck).unwrap().unwrap_err();
    });
}

#[test]
fn a_lane_is_started_from_another_one_too() {
    within_patience(|| {
        let executor = two_lanes_and_a_third();
        let handle = executor.handle().clone();
        let background = executor
            .handle()
            .spawn_with(task(Priority::Background), async move {
                let batch = handle.spawn_with(task(Priority::Batch), thread_name());
                batch.await.unwrap()
            });
        assert_eq!(block_on(background).unwrap(), "lanes-batch-0");
        // It was not started by the background lane's thread, whose policy it would have kept.
        let batch = executor.lanes().remove(2);
        assert!(batch.is_started());
        if cfg!(target_os = "linux") {
            let effective = batch.effective().unwrap().unwrap().to_string();
            assert!(effective.starts_with("normal, nice 0"), "{effective}");
        }
    });
}

fn two_lanes_and_a_third() -> Executor {
    let batch = LaneConfig::new("batch")
        .threads(1)
        .classes([Priority::Batch])
        .policy(Policy::normal());
    let background = background().classes([Priority::Background]);
    let builder = Executor::builder().threads(1).thread_name("lanes");
    builder.lane(background).lane(batch).build().unwrap()
}

#[test]
fn children_go_where_their_class_belongs() {
    let executor = two_lanes();
    let handle = executor.handle().clone();
    let parent = executor
        .handle()
        .spawn_with(task(Priority::Background), async move {
            let inherited = handle.spawn(thread_name());
            let raised = handle.spawn_with(task(Priority::Critical), thread_name());
            (raised.await.unwrap(), inherited)
        });
    let (raised, inherited) = block_on(parent).unwrap();
    assert_eq!(raised, "lanes-0");
    assert_eq!(block_on(inherited).unwrap(), "lanes-background-0");
}

#[test]
fn the_end_reaches_every_lane() {
    within_patience(|| {
        let executor = two_lanes();
        let spawn = |priority| {
            executor
                .handle()
                .spawn_with(task(priority), std::future::pending::<()>())
        };
        let waiting = Priority::ALL.map(spawn);
        drop(executor);
        for task in waiting {
            assert!(block_on(task).unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn a_lane_that_never_started_ends_too() {
    within_patience(|| {
        let executor = two_lanes();
        let handle = executor.handle().clone();
        drop(executor);
        let late = handle.spawn_with(task(Priority::Background), async {});
        assert!(block_on(late).unwrap_err().is_cancelled());
    });
}

#[test]
fn the_report_names_who_is_stuck_in_another_lane() {
    within_patience(|| {
        let executor = two_lanes();
        let (release, wait) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let stuck = executor
            .handle()
            .spawn_with(task(Priority::Background), async move {
                started.send(()).unwrap();
                let _ = wait.recv();
            });
        has_started.recv_timeout(PATIENCE).unwrap();
        let report = executor.shutdown_timeout(Duration::from_millis(50));
        let [worker] = report.still_running() else {
            panic!("one is stuck, not: {report}");
        };
        assert_eq!(worker.thread(), "lanes-background-0");
        assert_eq!(worker.task(), Some(stuck.id()));
        drop(release);
    });
}

#[test]
fn lanes_that_cannot_be_are_errors() {
    let refused = |lane: LaneConfig| {
        let error = Executor::builder().lane(background()).lane(lane).build();
        let error = error.expect_err("it cannot be built");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        error.to_string()
    };
    let twice = LaneConfig::new("two").classes([Priority::Batch]);
    assert_eq!(
        refused(twice),
        "the lanes `background` and `two` both want to run batch tasks"
    );
    assert!(refused(LaneConfig::new("none").threads(0)).contains("1 to 16384 threads, not 0"));
    assert!(refused(LaneConfig::new("zero\0")).contains("zero byte"));
    let policy = |policy| LaneConfig::new("odd").policy(policy);
    assert!(refused(policy(Policy::batch().nice(20))).contains("between -20 and 19"));
    assert!(refused(policy(Policy::batch().slice(Duration::ZERO))).contains("0.1 and 100 ms"));
    let many = (0..8).fold(Executor::builder().threads(1), |builder, n| {
        builder.lane(LaneConfig::new(n.to_string()).threads(1))
    });
    assert!(many.build().is_err());
}

#[test]
fn wakes_cross_lanes() {
    within_patience(|| {
        let executor = two_lanes();
        let (to, from) = (task(Priority::Critical), task(Priority::Background));
        let (ping, pinged) = futures_channel();
        let (pong, ponged) = futures_channel();
        let here = executor.handle().spawn_with(to, async move {
            for n in 0..1_000_u32 {
                ping.send(n);
                assert_eq!(ponged.receive().await, n);
            }
        });
        let there = executor.handle().spawn_with(from, async move {
            for n in 0..1_000 {
                assert_eq!(pinged.receive().await, n);
                pong.send(n);
            }
        });
        block_on(here).unwrap();
        block_on(there).unwrap();
    });
}

/// A place for one number, with a waker.
fn futures_channel() -> (Sender, Receiver) {
    let shared = std::sync::Arc::new(Shared::default());
    (Sender(shared.clone()), Receiver(shared))
}

#[derive(Default)]
struct Shared {
    number: std::sync::Mutex<Option<u32>>,
    waker: laneway_waker::AtomicWaker,
}

struct Sender(std::sync::Arc<Shared>);

struct Receiver(std::sync::Arc<Shared>);

impl Sender {
    fn send(&self, number: u32) {
        *self.0.number.lock().unwrap() = Some(number);
        self.0.waker.wake();
    }
}

impl Receiver {
    async fn receive(&self) -> u32 {
        std::future::poll_fn(|cx| {
            self.0.waker.register(cx.waker());
            match self.0.number.lock().unwrap().take() {
                Some(number) => std::task::Poll::Ready(number),
                None => std::task::Poll::Pending,
            }
        })
        .await
    }
}
