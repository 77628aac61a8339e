//! The urgent goes first: from the queue, into a running poll, through the lanes and the pools.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use laneway::scheduler::{ByTicket, Priorities, Shares};
use laneway::task::{self, Priority, yield_if_needed, yield_now};
use laneway::{JoinHandle, Runtime};

use crate::support::{PATIENCE, within_patience};

fn spawn<T: Send + 'static>(
    priority: Priority,
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    task::Builder::new().priority(priority).spawn(future)
}

fn one_lane() -> Runtime {
    Runtime::builder().threads(1).one_lane().build().unwrap()
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn the_most_urgent_of_those_that_are_ready() {
    within_patience("tasks of all classes", || {
        // Without shares: on a slow machine the less urgent would have their turns before.
        let none = [Priority::Batch, Priority::Normal, Priority::Background]
            .into_iter()
            .fold(Shares::default(), |shares, class| shares.with(class, 0));
        let builder = Runtime::builder().threads(1).one_lane();
        let strict = move || Priorities::new(ByTicket).shares(none);
        let runtime = builder.scheduler(strict).build().unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let noted = order.clone();
        // No more urgent than the least urgent of them, so that it keeps nobody waiting.
        let builder = task::Builder::new().priority(Priority::Background);
        let parent = runtime.spawn_with(builder, async move {
            let mut set = task::JoinSet::new();
            for priority in Priority::ALL {
                for _ in 0..3 {
                    let order = noted.clone();
                    set.insert(spawn(priority, async move {
                        order.lock().unwrap().push(priority);
                    }));
                }
            }
            // Not joined before they have run: that would lift them.
            while noted.lock().unwrap().len() < 12 {
                yield_now().await;
            }
            set.len()
        });
        assert_eq!(runtime.block_on(parent).unwrap(), 12);
        let order = order.lock().unwrap();
        assert!(order.is_sorted_by(|a, b| a >= b), "{order:?}");
    });
}

/// Takes unit after unit until `stop`; how many it took from the moment that `begin` says so.
async fn go_on(begin: impl FnOnce(), stop: Arc<AtomicBool>) -> u32 {
    yield_now().await; // With a whole budget.
    begin();
    let mut units = 0;
    while !stop.load(SeqCst) {
        yield_if_needed().await;
        units += 1;
    }
    units
}

#[test]
fn a_poll_is_cut_when_it_wakes_something_more_urgent() {
    within_patience("a poll that wakes", || {
        let runtime = one_lane();
        let has_run = Arc::new(AtomicBool::new(false));
        let stop = has_run.clone();
        let units = runtime.block_on(runtime.spawn(go_on(
            move || {
                drop(spawn(Priority::Critical, async move {
                    has_run.store(true, SeqCst)
                }))
            },
            stop,
        )));
        // The first unit after the wake is refused.
        assert_eq!(units.unwrap(), 1);
    });
}

#[test]
fn a_poll_is_cut_when_another_thread_wakes_something_more_urgent() {
    within_patience("a poll beside a thread that wakes", || {
        let runtime = one_lane();
        let handle = runtime.handle().clone();
        let has_run = Arc::new(AtomicBool::new(false));
        let stop = has_run.clone();
        let begin = move || {
            let spawned = thread::spawn(move || {
                let critical = task::Builder::new().priority(Priority::Critical);
                drop(handle.spawn_with(critical, async move { has_run.store(true, SeqCst) }));
            });
            spawned.join().unwrap();
        };
        let units = runtime.block_on(runtime.spawn(go_on(begin, stop)));
        assert_eq!(units.unwrap(), 1);
    });
}

#[test]
fn a_less_urgent_wake_cuts_nothing() {
    within_patience("a poll that wakes the background", || {
        let runtime = one_lane();
        let units = Arc::new(AtomicU32::new(0));
        let counted = units.clone();
        let task = runtime.spawn(async move {
            yield_now().await;
            let stop = Arc::new(AtomicBool::new(false));
            let has_run = stop.clone();
            drop(spawn(Priority::Background, async move {
                has_run.store(true, SeqCst);
            }));
            for _ in 0..100 {
                yield_if_needed().await;
                assert!(!stop.load(SeqCst), "it ran in between");
                counted.fetch_add(1, SeqCst);
            }
        });
        runtime.block_on(task).unwrap();
        assert_eq!(units.load(SeqCst), 100);
    });
}

#[test]
fn children_inherit_and_a_guard_moves_a_task_for_a_while() {
    within_patience("a task that changes its class", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        let task = runtime.spawn(async {
            assert_eq!(thread_name(), "laneway-0");
            let guard = task::set_priority(Priority::Background).expect("within a task");
            assert_eq!(task::priority(), Priority::Background);
            yield_now().await;
            assert_eq!(thread_name(), "laneway-background-0");
            let child = task::spawn(async { (task::priority(), thread_name()) });
            drop(guard);
            assert_eq!(task::priority(), Priority::Normal);
            yield_now().await;
            assert_eq!(thread_name(), "laneway-0");
            Some(child)
        });
        let child = runtime.block_on(task).unwrap().unwrap();
        let (priority, thread) = runtime.block_on(child).unwrap();
        assert_eq!(priority, Priority::Background);
        assert_eq!(thread, "laneway-background-0");
    });
    assert!(task::set_priority(Priority::Critical).is_none(), "no task");
}

#[test]
fn closures_run_in_the_pool_of_their_class() {
    within_patience("closures", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        let names = runtime.block_on(async {
            let below = spawn(Priority::Background, async {
                // Inherited, and said otherwise.
                let own = laneway::spawn_blocking(thread_name).await.unwrap();
                let urgent = task::Builder::new().priority(Priority::Critical);
                (own, urgent.spawn_blocking(thread_name).await.unwrap())
            });
            let builder = task::Builder::new().priority(Priority::Batch);
            let from_above = builder.spawn_blocking(thread_name).await.unwrap();
            (below.await.unwrap(), from_above)
        });
        let ((own, urgent), from_above) = names;
        assert!(own.starts_with("laneway-background-blocking-"), "{own}");
        assert!(urgent.starts_with("laneway-blocking-"), "{urgent}");
        assert!(
            from_above.starts_with("laneway-background-blocking-"),
            "{from_above}"
        );
    });
}

#[test]
fn a_queued_closure_that_is_awaited_changes_pools() {
    within_patience("a closure behind another", || {
        let runtime = Runtime::builder()
            .threads(1)
            .blocking_threads(1)
            .build()
            .unwrap();
        let builder = || task::Builder::new().priority(Priority::Background);
        let (release, wait) = mpsc::channel::<()>();
        let (begins, has_begun) = mpsc::channel();
        let handle = runtime.handle();
        let first = handle.spawn_blocking_with(builder(), move || {
            begins.send(()).unwrap();
            let _ = wait.recv();
        });
        has_begun.recv_timeout(PATIENCE).unwrap();
        let second = handle.spawn_blocking_with(builder(), thread_name);
        let urgent = task::Builder::new().priority(Priority::Critical);
        let urgent = runtime.spawn_with(urgent, async move { second.await.unwrap() });
        let name = runtime.block_on(urgent).unwrap();
        assert!(name.starts_with("laneway-blocking-"), "{name}");
        assert!(!first.is_finished());
        drop(release);
        runtime.block_on(first).unwrap();
    });
}

#[test]
fn every_class_moves_on_in_one_lane() {
    within_patience("all classes at once", || {
        let runtime = one_lane();
        let stop = Arc::new(AtomicBool::new(false));
        let polls = Priority::ALL.map(|priority| {
            let polls = Arc::new(AtomicU32::new(0));
            let (counted, stop) = (polls.clone(), stop.clone());
            let builder = task::Builder::new().priority(priority);
            drop(runtime.spawn_with(builder, async move {
                while !stop.load(SeqCst) {
                    counted.fetch_add(1, SeqCst);
                    yield_now().await;
                }
            }));
            polls
        });
        while !polls.iter().all(|polls| polls.load(SeqCst) >= 100) {
            thread::yield_now();
        }
        stop.store(true, SeqCst);
    });
}
