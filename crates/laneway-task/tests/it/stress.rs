//! Everything at once, on real threads: for what models are too small to show.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;

use laneway_scheduler::{Cause, Priority};
use laneway_task::{
    Builder, JoinHandle, JoinSet, OwnedTasks, Runnable, Schedule, ScheduleArc, ScheduleRef,
    current, spawn,
};
use laneway_waker::{block_on, lane, yield_now};

const TASKS: usize = 2_000;
const THREADS: usize = 4;
/// No step of these tests takes a thousandth of it.
const LIMIT: Duration = Duration::from_secs(30);

/// A queue that threads wait at; `None` when it is closed.
struct Queue {
    ready: Mutex<Option<VecDeque<Runnable>>>,
    is_ready: Condvar,
    owned: OwnedTasks,
}

impl Queue {
    fn new() -> ScheduleArc<Self> {
        ScheduleArc::new(Self {
            ready: Mutex::new(Some(VecDeque::new())),
            is_ready: Condvar::new(),
            owned: OwnedTasks::new(2, THREADS),
        })
    }

    /// Runs what comes until the queue is closed.
    fn run(&self) {
        loop {
            let ready = self.ready.lock().unwrap();
            let is_empty =
                |ready: &mut Option<VecDeque<_>>| ready.as_ref().is_some_and(|r| r.is_empty());
            let (mut ready, timeout) = self
                .is_ready
                .wait_timeout_while(ready, LIMIT, is_empty)
                .unwrap();
            assert!(!timeout.timed_out(), "nothing to run, and not closed");
            let Some(runnable) = ready.as_mut().and_then(VecDeque::pop_front) else {
                return;
            };
            drop(ready);
            runnable.run();
        }
    }

    /// The end, as an executor would do it.
    fn close(&self) {
        let left = self.ready.lock().unwrap().take();
        self.is_ready.notify_all();
        self.owned.close_and_cancel_all();
        drop(left);
    }
}

impl Schedule for Queue {
    fn schedule(&self, runnable: Runnable, _: Cause) {
        match &mut *self.ready.lock().unwrap() {
            Some(ready) => ready.push_back(runnable),
            None => return,
        }
        self.is_ready.notify_one();
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }
}

/// Counts itself.
struct Live(Arc<AtomicUsize>);

impl Live {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Spawns and schedules.
fn start<F>(future: F, lane: &ScheduleRef) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let (runnable, handle) = spawn(future, lane);
    lane.schedule(runnable, Cause::Spawned);
    handle
}

/// Yields a few times, then waits for the one before.
async fn link(before: Option<JoinHandle<usize>>, live: Live, yields: usize) -> usize {
    for _ in 0..yields {
        yield_now().await;
    }
    let depth = match before {
        Some(before) => before.await.unwrap_or(0),
        None => 0,
    };
    drop(live);
    depth + 1
}

#[test]
fn chains_of_joins_come_to_their_end() {
    let queue = Queue::new();
    let lane = queue.erase();
    let live = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(|| queue.run())));
        let mut last = None;
        for i in 0..TASKS {
            last = Some(start(link(last, Live::new(&live), i % 4), &lane));
        }
        let last = last.expect("there is more than one");
        assert_eq!(block_on(last).unwrap(), TASKS);
        queue.close();
    });
    assert_eq!(live.load(SeqCst), 0);
    assert!(queue.owned.is_empty());
}

/// Joins one before it, first in vain, and is of another class for a while.
async fn urgent_link(i: usize, before: Option<JoinHandle<usize>>, live: Live) -> usize {
    let guard = i
        .is_multiple_of(5)
        .then(|| current::set_priority(Priority::ALL[i / 5 % 4]));
    for _ in 0..i % 3 {
        yield_now().await;
    }
    drop(guard);
    let depth = match before {
        Some(mut before) => {
            let mut join = before.join();
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut join).poll(cx))).await;
            drop(join);
            match polled {
                Poll::Ready(depth) => depth.unwrap(),
                Poll::Pending => before.await.unwrap(),
            }
        }
        None => 0,
    };
    drop(live);
    depth + 1
}

/// Chains of tasks of all classes, run by threads of two lanes: all end, and nothing is left.
#[test]
fn boosts_run_through_chains_and_lose_nobody() {
    const CHAINS: usize = 8;
    let queue = Queue::new();
    let lane = queue.erase();
    let live = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for i in 0..THREADS {
            let queue = &queue;
            scope.spawn(move || {
                let _lane = lane::enter(i as u8 % 2);
                queue.run();
            });
        }
        let mut set = JoinSet::new();
        for _ in 0..CHAINS {
            let mut last = None;
            for i in 0..TASKS / CHAINS {
                let link = urgent_link(i, last, Live::new(&live));
                let builder = Builder::new().priority(Priority::ALL[i * 7 % 4]);
                let (runnable, handle) = builder.spawn(link, &lane);
                lane.schedule(runnable, Cause::Spawned);
                last = Some(handle);
            }
            set.insert(last.expect("there is more than one"));
        }
        block_on(async {
            while let Some((_, depth)) = set.join_next().await {
                assert_eq!(depth.unwrap(), TASKS / CHAINS);
            }
        });
        queue.close();
    });
    assert_eq!(live.load(SeqCst), 0);
    assert!(queue.owned.is_empty());
}

/// Tasks end by themselves, are aborted, detached, and shut down, all at the same time.
#[test]
fn nothing_is_left_after_a_shutdown_amid_everything() {
    let live = Arc::new(AtomicUsize::new(0));
    for _ in 0..10 {
        let queue = Queue::new();
        let lane = queue.erase();
        std::thread::scope(|scope| {
            (0..THREADS - 1).for_each(|_| drop(scope.spawn(|| queue.run())));
            scope.spawn(|| {
                let mut handles = Vec::new();
                for i in 0..TASKS / 10 {
                    let before = if i % 3 == 0 { handles.pop() } else { None };
                    let live = Live::new(&live);
                    let handle = if i % 7 == 0 {
                        start(
                            async move {
                                std::future::pending::<()>().await;
                                drop(live);
                                0
                            },
                            &lane,
                        )
                    } else {
                        start(link(before, live, i % 5), &lane)
                    };
                    match i % 11 {
                        0 => handle.abort(),
                        1 => drop(handle.abort_on_drop()),
                        2 => drop(handle),
                        _ => handles.push(handle),
                    }
                    if i == TASKS / 20 {
                        queue.close();
                    }
                }
                // All end: by themselves, or by the shutdown.
                for handle in handles {
                    let _ = block_on(handle);
                }
            });
        });
        assert!(queue.owned.is_empty());
    }
    assert_eq!(live.load(SeqCst), 0);
}
