//! A closure that something urgent waits for is as urgent as that.

use std::future::Future;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use laneway_blocking::Pool;
use laneway_scheduler::Priority::{self, Background, Batch, Critical};
use laneway_task::{Builder, JoinHandle, Runnable, ScheduleArc, ScheduleRef};
use laneway_waker::block_on;

use super::{SOON, Stuck, pool};

/// An executor that is turned by hand.
struct Tasks {
    lane: ScheduleRef,
    ready: Receiver<Runnable>,
}

impl Tasks {
    fn new() -> Self {
        let (sender, ready) = channel();
        let lane = ScheduleArc::new(move |runnable| drop(sender.send(runnable))).erase();
        Self { lane, ready }
    }

    /// Starts a task of this class, and polls it once.
    fn start<F>(&self, class: Priority, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let (runnable, handle) = Builder::new().priority(class).spawn(future, &self.lane);
        runnable.run();
        handle
    }

    /// Polls what is ready until this has ended.
    fn finish<T>(&self, handle: JoinHandle<T>) -> T {
        while !handle.is_finished() {
            self.turn();
        }
        block_on(handle).unwrap()
    }

    /// Polls the next that is ready.
    fn turn(&self) {
        self.ready.recv_timeout(SOON).unwrap().run();
    }
}

/// A job that says when it runs.
fn job(pool: &Pool, class: Priority, order: &Sender<u32>, number: u32) -> JoinHandle<()> {
    let order = order.clone();
    pool.spawn_with(Builder::new().priority(class), move || {
        order.send(number).unwrap();
    })
}

#[test]
fn a_closure_in_the_queue_moves_up() {
    let (tasks, pool) = (Tasks::new(), pool(1, 100));
    let (order, ordered) = channel();
    let stuck = Stuck::start(&pool);
    let mut jobs: Vec<_> = (0..10)
        .map(|at| job(&pool, Background, &order, at))
        .collect();
    jobs.extend((10..20).map(|at| job(&pool, Batch, &order, at)));
    let waits = tasks.start(Critical, jobs.remove(7));
    assert!(!waits.is_finished());
    assert!(
        format!("{pool:?}").contains("queued: 21, accepted: 21"),
        "{pool:?}"
    );
    stuck.finish();
    tasks.finish(waits).unwrap();
    for job in jobs {
        block_on(job).unwrap();
    }
    let expected = [7].into_iter().chain(10..20).chain(0..7).chain(8..10);
    assert!(ordered.try_iter().eq(expected));
    assert!(format!("{pool:?}").contains("accepted: 0"), "{pool:?}");
}

/// The way up is not barred by a full pool: the closure has its room already.
#[test]
fn a_full_pool_is_no_hindrance() {
    let (tasks, pool) = (Tasks::new(), pool(1, 2));
    let (order, ordered) = channel();
    let stuck = Stuck::start(&pool);
    let jobs = [0, 1].map(|at| job(&pool, Background, &order, at));
    assert!(pool.try_spawn(|| ()).is_err());
    let [first, second] = jobs;
    let waits = tasks.start(Critical, second);
    stuck.finish();
    tasks.finish(waits).unwrap();
    block_on(first).unwrap();
    assert!(ordered.try_iter().eq([1, 0]));
}

/// Nobody urgent waits any more when its turn comes: it goes back.
#[test]
fn a_wait_that_was_given_up_is_no_reason_to_hurry() {
    let (tasks, pool) = (Tasks::new(), pool(1, 100));
    let (order, ordered) = channel();
    let stuck = Stuck::start(&pool);
    let jobs = [0, 1].map(|at| job(&pool, Background, &order, at));
    let batch = job(&pool, Batch, &order, 2);
    let [first, second] = jobs;
    let waits = tasks.start(Critical, second);
    waits.abort();
    tasks.turn();
    assert!(block_on(waits).unwrap_err().is_cancelled());
    stuck.finish();
    block_on(first).unwrap();
    block_on(batch).unwrap();
    for expected in [2, 0, 1] {
        assert_eq!(ordered.recv_timeout(SOON), Ok(expected));
    }
}

/// It is cancelled once, and what it captured is dropped once, however many tickets there are.
#[test]
fn a_shutdown_cancels_a_closure_with_many_tickets_once() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let (tasks, pool) = (Tasks::new(), pool(1, 100));
    let stuck = Stuck::start(&pool);
    let drops = Arc::new(AtomicUsize::new(0));
    let captured = Counted(drops.clone());
    let builder = Builder::new().priority(Background);
    let mut job = pool.spawn_with(builder, move || drop(captured));
    for class in [Batch, Priority::Normal, Critical] {
        let (sender, back) = channel();
        let waits = tasks.start(class, async move {
            let mut polled = Box::pin(async { (&mut job).await.is_ok() });
            std::future::poll_fn(|cx| {
                assert!(polled.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            drop(polled);
            sender.send(job).unwrap();
        });
        block_on(waits).unwrap();
        job = back.recv_timeout(SOON).unwrap();
    }
    assert!(
        format!("{pool:?}").contains("queued: 4, accepted: 2"),
        "{pool:?}"
    );
    pool.shutdown();
    assert_eq!(drops.load(Relaxed), 1);
    assert!(block_on(job).unwrap_err().is_cancelled());
    stuck.finish();
    assert!(pool.shutdown_timeout(SOON).is_complete());
}

/// Threads are kept for the urgent, and an escalated closure is urgent: it need not wait for its
/// share.
#[test]
fn an_escalated_closure_is_not_bound_by_its_share() {
    let (tasks, pool) = (Tasks::new(), pool(4, 100));
    let (go, wait) = channel::<()>();
    let (started, is_started) = channel();
    let background = || Builder::new().priority(Background);
    let blocks = pool.spawn_with(background(), move || {
        started.send(()).unwrap();
        wait.recv_timeout(SOON)
    });
    is_started.recv_timeout(SOON).unwrap();
    let needed = pool.spawn_with(background(), || 7);
    assert!(!needed.is_finished(), "one background closure at a time");
    let waits = tasks.start(Critical, needed);
    assert_eq!(tasks.finish(waits).unwrap(), 7);
    go.send(()).unwrap();
    block_on(blocks).unwrap().unwrap();
}

/// Boosts that come at any moment of a job's life.
#[test]
fn boosts_while_jobs_run() {
    let (tasks, pool) = (Tasks::new(), pool(3, 10_000));
    let waits: Vec<_> = (0..2_000)
        .map(|number| {
            let class = Priority::ALL[number % 2];
            let job = pool.spawn_with(Builder::new().priority(class), move || number);
            tasks.start(Priority::ALL[2 + number % 2], job)
        })
        .collect();
    for (number, waits) in waits.into_iter().enumerate() {
        assert_eq!(tasks.finish(waits).unwrap(), number);
    }
    // Stale tickets are gone, at the latest, when a job of each class has run behind them.
    for class in Priority::ALL {
        block_on(pool.spawn_with(Builder::new().priority(class), || ())).unwrap();
    }
    assert!(format!("{pool:?}").contains("accepted: 0"), "{pool:?}");
}
