//! Spawning, limits, order, names.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    mpsc::channel,
};
use std::thread;

use laneway_blocking::{BuildError, Pool};
use laneway_scheduler::Priority;
use laneway_task::{Builder, current};
use laneway_waker::{block_on, budget};

use super::{SOON, Stuck, pool};

#[test]
fn runs_and_returns() {
    let pool = pool(4, 100);
    let handles: Vec<_> = (0..100).map(|n| pool.spawn(move || n * n)).collect();
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(block_on(handle).unwrap(), n * n);
    }
}

#[test]
fn is_eager() {
    let pool = pool(1, 1);
    let (sender, receiver) = channel();
    drop(pool.spawn(move || sender.send(7)));
    assert_eq!(receiver.recv_timeout(SOON), Ok(7));
}

#[test]
fn past_the_limit_jobs_are_rejected() {
    let pool = pool(2, 3);
    let stuck = [Stuck::start(&pool), Stuck::start(&pool)];
    let queued = [(); 3].map(|()| pool.spawn(|| "queued"));
    for _ in 0..3 {
        assert!(
            block_on(pool.spawn(|| "too much"))
                .unwrap_err()
                .is_rejected()
        );
    }
    let full = pool.try_spawn(|| "given back").unwrap_err();
    assert_eq!(
        full.to_string(),
        "the blocking pool has no room for another job"
    );
    assert_eq!(full.into_inner()(), "given back");
    stuck.into_iter().for_each(Stuck::finish);
    for handle in queued {
        assert_eq!(block_on(handle).unwrap(), "queued");
    }
}

/// The limit is exact: it does not depend on how fast threads are.
#[test]
fn room_is_free_when_the_result_is_there() {
    let pool = pool(1, 1);
    for _ in 0..2_000 {
        let both = [
            pool.try_spawn(|| ()).unwrap(),
            pool.try_spawn(|| ()).unwrap(),
        ];
        for handle in both {
            block_on(handle).unwrap();
        }
    }
}

#[test]
fn rejected_closures_are_dropped() {
    let pool = pool(1, 1);
    let stuck = Stuck::start(&pool);
    let queued = pool.spawn(|| ());
    let captured = Arc::new(());
    let theirs = captured.clone();
    let rejected = pool.spawn(move || drop(theirs));
    assert_eq!(Arc::strong_count(&captured), 1);
    assert!(block_on(rejected).unwrap_err().is_rejected());
    stuck.finish();
    block_on(queued).unwrap();
}

#[test]
fn first_come_first_served() {
    let pool = pool(1, 1_000);
    let order = Arc::new(Mutex::new(Vec::new()));
    let stuck = Stuck::start(&pool);
    let handles: Vec<_> = (0..500)
        .map(|n| {
            let order = order.clone();
            pool.spawn(move || order.lock().unwrap().push(n))
        })
        .collect();
    stuck.finish();
    for handle in handles {
        block_on(handle).unwrap();
    }
    assert!(order.lock().unwrap().iter().copied().eq(0..500));
}

#[test]
fn an_aborted_job_does_not_run_if_it_has_not_begun() {
    let pool = pool(1, 2);
    let stuck = Stuck::start(&pool);
    let has_run = Arc::new(AtomicBool::new(false));
    let theirs = has_run.clone();
    let aborted = pool.spawn(move || theirs.store(true, Relaxed));
    let after = pool.spawn(|| 7);
    aborted.abort();
    stuck.finish();
    assert_eq!(block_on(after).unwrap(), 7);
    assert!(block_on(aborted).unwrap_err().is_cancelled());
    assert!(!has_run.load(Relaxed));
}

#[test]
fn an_aborted_job_that_runs_runs_on() {
    let pool = pool(1, 1);
    let stuck = Stuck::start(&pool);
    stuck.handle.abort();
    stuck.finish();
}

#[test]
fn a_job_is_a_task() {
    let pool = pool(1, 8);
    let seen = pool.spawn_with(Builder::new().priority(Priority::Batch), || {
        (current::id(), current::priority(), budget::remaining())
    });
    let id = seen.id();
    assert_eq!(block_on(seen).unwrap(), (Some(id), Priority::Batch, None));

    let handle = pool.handle().clone();
    let inherited = pool.spawn_with(Builder::new().priority(Priority::Batch), move || {
        block_on(handle.spawn(current::priority)).unwrap()
    });
    // One thread: the inner job would wait for the outer one.
    assert!(!inherited.is_finished());
    inherited.abort();
}

#[test]
fn threads_have_names() {
    let pool = Pool::builder()
        .max_threads(1)
        .thread_name("disk")
        .build()
        .unwrap();
    let name = pool.spawn(|| thread::current().name().map(str::to_owned));
    assert_eq!(block_on(name).unwrap().as_deref(), Some("disk-0"));
    drop(pool);
    let pool = Pool::builder().build().unwrap();
    let name = pool.spawn(|| thread::current().name().map(str::to_owned));
    assert_eq!(
        block_on(name).unwrap().as_deref(),
        Some("laneway-blocking-0")
    );
}

#[test]
fn code_around_threads() {
    thread_local! { static INSIDE: AtomicUsize = const { AtomicUsize::new(0) } }
    let ended = Arc::new(AtomicUsize::new(0));
    let count = ended.clone();
    let pool = Pool::builder()
        .max_threads(1)
        .around_thread(move |work| {
            INSIDE.with(|inside| inside.store(1, Relaxed));
            work();
            count.fetch_add(1, Relaxed);
        })
        .build()
        .unwrap();
    let inside = pool.spawn(|| INSIDE.with(|inside| inside.load(Relaxed)));
    assert_eq!(block_on(inside).unwrap(), 1);
    drop(pool);
    assert_eq!(ended.load(Relaxed), 1);
}

#[test]
fn wrong_limits_are_errors() {
    let build = |threads, queue, name: &str| {
        let builder = Pool::builder()
            .max_threads(threads)
            .queue_limit(queue)
            .thread_name(name);
        builder.build().map(drop)
    };
    assert_eq!(build(0, 1, "a"), Err(BuildError::NoThreads));
    assert_eq!(build(1, 0, "a"), Err(BuildError::NoQueue));
    assert_eq!(build(1, 1, "a\0"), Err(BuildError::ThreadName));
    assert_eq!(build(usize::MAX, usize::MAX, ""), Ok(()));
    assert!(
        BuildError::NoThreads
            .to_string()
            .contains("max_threads is 0")
    );
}

#[test]
fn looking_at_it_does_not_wait() {
    let pool = pool(1, 1);
    assert_eq!(
        format!("{pool:?}"),
        "Pool { threads: 0, resting: 0, queued: 0, accepted: 0, .. }"
    );
    let stuck = Stuck::start(&pool);
    assert_eq!(
        format!("{:?}", pool.handle()),
        "Handle(Pool { threads: 1, resting: 0, queued: 0, accepted: 1, .. })"
    );
    stuck.finish();
}
