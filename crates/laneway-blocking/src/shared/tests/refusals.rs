//! What happens when the system refuses threads, or the code around their work fails.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;

use laneway_loom::{sync::Arc, thread};
use laneway_task::JoinHandle;
use laneway_waker::block_on;

use super::SOON;
use crate::{Pool, builder::Builder};

/// A pool whose system grants so many threads, now.
fn pool(granted: &Arc<AtomicUsize>) -> Builder {
    let granted = granted.clone();
    Pool::builder()
        .max_threads(8)
        .start_thread(Box::new(move |name, main| {
            if granted
                .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
                .is_err()
            {
                return Err(std::io::ErrorKind::WouldBlock.into());
            }
            thread::Builder::new().name(name).spawn(main)
        }))
}

fn grant(threads: usize) -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(threads))
}

#[test]
fn without_any_thread_jobs_are_rejected() {
    let granted = grant(0);
    let pool = pool(&granted).build().unwrap();
    for _ in 0..3 {
        assert!(block_on(pool.spawn(|| ())).unwrap_err().is_rejected());
        assert!(
            block_on(pool.try_spawn(|| ()).unwrap())
                .unwrap_err()
                .is_rejected()
        );
    }
    granted.store(1, Relaxed);
    assert_eq!(block_on(pool.spawn(|| 7)).unwrap(), 7);
}

#[test]
fn rejected_jobs_leave_their_room() {
    let granted = grant(0);
    let pool = pool(&granted)
        .max_threads(1)
        .queue_limit(1)
        .build()
        .unwrap();
    for _ in 0..5 {
        assert!(block_on(pool.spawn(|| ())).unwrap_err().is_rejected());
    }
    let permits = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    drop(permits);
    granted.store(1, Relaxed);
    assert_eq!(block_on(pool.spawn(|| 7)).unwrap(), 7);
}

#[test]
fn with_one_thread_jobs_wait_for_it() {
    let granted = grant(1);
    let pool = pool(&granted).build().unwrap();
    let (go, wait) = channel::<()>();
    let first = pool.spawn(move || wait.recv_timeout(SOON));
    let others: Vec<JoinHandle<usize>> = (0..300).map(|job| pool.spawn(move || job)).collect();
    assert!(others.iter().all(|other| !other.is_finished()));
    go.send(()).unwrap();
    block_on(first).unwrap().unwrap();
    for (job, other) in others.into_iter().enumerate() {
        assert_eq!(block_on(other).unwrap(), job);
    }
}

/// The jobs that block each other need a second thread, which is refused at first.
#[test]
fn asks_again_after_a_while() {
    let granted = grant(1);
    let pool = pool(&granted).build().unwrap();
    let (go, wait) = channel::<()>();
    let first = pool.spawn(move || wait.recv_timeout(SOON));
    let mut others = vec![pool.spawn(|| ())];
    granted.store(7, Relaxed);
    for _ in 0..1_000 {
        others.push(pool.spawn(|| ()));
    }
    others.push(pool.spawn(move || go.send(()).unwrap()));
    block_on(first).unwrap().unwrap();
    for other in others {
        block_on(other).unwrap();
    }
}

#[test]
fn a_pool_that_was_refused_threads_ends() {
    let granted = grant(0);
    let refused = pool(&granted).build().unwrap();
    let handle = refused.spawn(|| ());
    drop(refused);
    assert!(block_on(handle).unwrap_err().is_rejected());

    let refused = pool(&granted).build().unwrap();
    drop(refused.spawn(|| ()));
    assert!(refused.shutdown_timeout(SOON).is_complete());
}

/// A closure that is rejected on the spawning thread drops its captures there, which may come back.
#[test]
fn rejecting_holds_no_lock() {
    struct Respawn(crate::Handle, std::sync::mpsc::Sender<JoinHandle<()>>);
    impl Drop for Respawn {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.spawn(|| ()));
        }
    }
    let granted = grant(0);
    let pool = pool(&granted).build().unwrap();
    let (sender, receiver) = channel();
    let captured = Respawn(pool.handle().clone(), sender);
    let handle = pool.spawn(move || drop(captured));
    assert!(block_on(handle).unwrap_err().is_rejected());
    assert!(
        block_on(receiver.recv_timeout(SOON).unwrap())
            .unwrap_err()
            .is_rejected()
    );
}

#[test]
fn code_around_the_work_that_panics_is_a_refusal() {
    let granted = grant(usize::MAX);
    let begun = Arc::new(AtomicUsize::new(0));
    let count = begun.clone();
    let pool = pool(&granted)
        .around_thread(move |work| {
            assert!(count.fetch_add(1, Relaxed) > 0, "the first thread fails");
            work();
            work();
        })
        .build()
        .unwrap();
    assert!(block_on(pool.spawn(|| ())).unwrap_err().is_rejected());
    assert_eq!(block_on(pool.spawn(|| 7)).unwrap(), 7);
    drop(pool);
    assert_eq!(begun.load(Relaxed), 2);
}

#[test]
fn code_around_the_work_that_does_not_work_is_a_refusal() {
    let granted = grant(usize::MAX);
    let pool = pool(&granted).around_thread(|_work| {}).build().unwrap();
    assert!(block_on(pool.spawn(|| ())).unwrap_err().is_rejected());
    drop(pool);
}

#[test]
fn code_around_the_work_may_panic_when_it_is_over() {
    let granted = grant(usize::MAX);
    let pool = pool(&granted)
        .around_thread(|work| {
            work();
            panic!("after the work");
        })
        .build()
        .unwrap();
    assert_eq!(block_on(pool.spawn(|| 7)).unwrap(), 7);
    drop(pool);
}
