//! The end of a pool.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicUsize, Ordering::Relaxed},
    mpsc::channel,
};
use std::thread;
use std::time::{Duration, Instant};

use laneway_blocking::Report;
use laneway_task::Builder;
use laneway_waker::block_on;

use super::{SOON, Stuck, pool};

#[test]
fn queued_jobs_are_cancelled_and_running_ones_end() {
    let pool = pool(1, 10);
    let stuck = Stuck::start(&pool);
    let queued: Vec<_> = (0..10).map(|_| pool.spawn(|| ())).collect();
    pool.shutdown();
    for handle in queued {
        assert!(block_on(handle).unwrap_err().is_cancelled());
    }
    assert!(!stuck.handle.is_finished());
    stuck.finish();
}

#[test]
fn a_spawn_after_the_end_is_cancelled() {
    let pool = pool(1, 1);
    let handle = pool.handle().clone();
    pool.shutdown();
    assert!(block_on(pool.spawn(|| ())).unwrap_err().is_cancelled());
    drop(pool);
    assert!(block_on(handle.spawn(|| ())).unwrap_err().is_cancelled());
    assert!(
        block_on(handle.try_spawn(|| ()).unwrap())
            .unwrap_err()
            .is_cancelled()
    );
}

/// Every job that was spawned while the pool ended either ran or says that it was cancelled.
#[test]
fn spawns_during_the_end_resolve() {
    for _ in 0..200 {
        let pool = pool(2, 1_000);
        let ran = Arc::new(AtomicUsize::new(0));
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            let spawners = [pool.handle().clone(), pool.handle().clone()].map(|handle| {
                let (ran, barrier) = (&ran, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let job = || {
                        let ran = ran.clone();
                        handle.spawn(move || ran.fetch_add(1, Relaxed))
                    };
                    let handles: Vec<_> = (0..50).map(|_| job()).collect();
                    let ended = handles.into_iter().map(block_on);
                    ended
                        .filter(|ended| match ended {
                            Ok(_) => true,
                            Err(error) => !error.is_cancelled(),
                        })
                        .count()
                })
            });
            barrier.wait();
            drop(pool);
            let sum: usize = spawners
                .into_iter()
                .map(|spawner| spawner.join().unwrap())
                .sum();
            assert_eq!(sum, ran.load(Relaxed));
        });
    }
}

#[test]
fn the_drop_waits_for_closures() {
    let pool = pool(1, 1);
    let (start, started) = channel();
    let has_ended = Arc::new(AtomicUsize::new(0));
    let theirs = has_ended.clone();
    let (go, wait) = channel::<()>();
    drop(pool.spawn(move || {
        start.send(()).unwrap();
        wait.recv_timeout(SOON).unwrap();
        theirs.store(1, Relaxed);
    }));
    started.recv_timeout(SOON).unwrap();
    let dropper = thread::spawn(move || drop(pool));
    go.send(()).unwrap();
    dropper.join().unwrap();
    assert_eq!(has_ended.load(Relaxed), 1);
}

#[test]
fn the_report_names_what_runs_on() {
    let pool = pool(2, 10);
    let (start, started) = channel();
    let (go, wait) = channel::<()>();
    let line = line!() + 1;
    let stuck = pool.spawn_with(Builder::new().name("backup"), move || {
        start.send(()).unwrap();
        wait.recv_timeout(SOON)
    });
    started.recv_timeout(SOON).unwrap();
    let other = Stuck::start(&pool);

    let report = pool.shutdown_timeout(Duration::from_millis(1));
    assert!(!report.is_complete());
    let mut running: Vec<_> = report.still_running().to_vec();
    running.sort_by_key(|running| running.thread().to_owned());
    let [backup, unnamed] = &running[..] else {
        panic!("{report}")
    };
    assert_eq!(
        (backup.thread(), backup.name()),
        ("laneway-blocking-0", Some("backup"))
    );
    assert_eq!(
        (backup.task(), backup.location().line()),
        (stuck.id(), line)
    );
    assert!(backup.location().file().ends_with("shutdown.rs"));
    assert_eq!((unnamed.name(), unnamed.task()), (None, other.handle.id()));
    assert!(unnamed.location().file().ends_with("main.rs"));
    let text = format!(
        "laneway-blocking-0 is still running task {} (backup) from {}",
        stuck.id(),
        backup.location()
    );
    assert!(report.to_string().contains(&text), "{report}");

    go.send(()).unwrap();
    block_on(stuck).unwrap().unwrap();
    other.finish();
}

#[test]
fn a_limited_end_is_limited() {
    let pool = pool(1, 10);
    let stuck = Stuck::start(&pool);
    let limit = Duration::from_millis(50);
    let start = Instant::now();
    let report = pool.shutdown_timeout(limit);
    assert!((limit..SOON / 2).contains(&start.elapsed()));
    assert_eq!(report.still_running().len(), 1);
    stuck.finish();
}

/// What has been awaited is not reported as running, however fast one looks.
#[test]
fn what_has_ended_is_not_reported() {
    for _ in 0..500 {
        let pool = pool(1, 10);
        block_on(pool.spawn(|| ())).unwrap();
        assert_eq!(pool.shutdown_timeout(Duration::ZERO), Report::default());
    }
}

#[test]
fn a_limited_end_returns_as_soon_as_all_ended() {
    let pool = pool(4, 10);
    let stuck = Stuck::start(&pool);
    let start = Instant::now();
    stuck.go.send(()).unwrap();
    let report = pool.shutdown_timeout(Duration::MAX);
    assert!(report.is_complete() && start.elapsed() < SOON);
    assert_eq!(report.to_string(), "every closure ended");
}

#[test]
fn a_pool_may_be_dropped_by_its_own_closure() {
    let pool = pool(2, 10);
    let (send, receive) = channel();
    let (hand_over, own) = channel::<laneway_blocking::Pool>();
    let queued_by = pool.handle().clone();
    drop(pool.spawn(move || {
        drop(own.recv_timeout(SOON).unwrap());
        let after = queued_by.spawn(|| ());
        send.send(block_on(after).unwrap_err().is_cancelled())
            .unwrap();
    }));
    hand_over.send(pool).unwrap();
    assert_eq!(receive.recv_timeout(SOON), Ok(true));
}

#[test]
fn a_closure_that_ends_its_pool_is_in_the_report() {
    let pool = pool(2, 10);
    let (send, receive) = channel();
    let (hand_over, own) = channel::<laneway_blocking::Pool>();
    let closure = pool.spawn(move || {
        let report = own.recv_timeout(SOON).unwrap().shutdown_timeout(SOON);
        send.send(report).unwrap();
    });
    hand_over.send(pool).unwrap();
    let report = receive.recv_timeout(SOON).unwrap();
    assert_eq!(report.still_running()[0].task(), closure.id());
    block_on(closure).unwrap();
}

/// Drops of cancelled closures run without a lock: they may come back, and they may end other pools.
#[test]
fn drops_at_the_end_may_come_back() {
    struct Back(laneway_blocking::Handle, std::sync::mpsc::Sender<bool>);
    impl Drop for Back {
        fn drop(&mut self) {
            let error = block_on(self.0.spawn(|| ())).unwrap_err();
            let _ = self.1.send(error.is_cancelled());
        }
    }
    let pool = pool(1, 10);
    let stuck = Stuck::start(&pool);
    let (sender, receiver) = channel();
    for _ in 0..5 {
        let back = Back(pool.handle().clone(), sender.clone());
        drop(pool.spawn(move || drop(back)));
    }
    pool.shutdown();
    for _ in 0..5 {
        assert_eq!(receiver.try_recv(), Ok(true));
    }
    stuck.finish();
}

#[test]
fn ending_twice_is_fine() {
    let pool = pool(1, 1);
    block_on(pool.spawn(|| ())).unwrap();
    pool.shutdown();
    pool.shutdown();
    assert!(pool.shutdown_timeout(SOON).is_complete());
}
