//! When threads come and go.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{
    Arc, Condvar, Mutex,
    mpsc::{Sender, channel},
};
use std::thread;
use std::time::Duration;

use laneway_blocking::Pool;
use laneway_waker::block_on;

use super::{SOON, Stuck, pool};

/// Jobs that wait for each other: each needs a thread of its own.
fn meet(pool: &Pool, count: usize) {
    let place = Arc::new((Mutex::new(0), Condvar::new()));
    let handles: Vec<_> = (0..count)
        .map(|_| {
            let place = place.clone();
            pool.spawn(move || {
                let (arrived, all_there) = &*place;
                let mut arrived = arrived.lock().unwrap();
                *arrived += 1;
                all_there.notify_all();
                let wait = all_there.wait_timeout_while(arrived, SOON, |arrived| *arrived < count);
                !wait.unwrap().1.timed_out()
            })
        })
        .collect();
    for handle in handles {
        assert!(
            block_on(handle).unwrap(),
            "{count} closures that block run at once"
        );
    }
}

#[test]
fn closures_that_block_each_other_all_run() {
    let pool = pool(16, 100);
    for count in [2, 3, 16, 1, 16] {
        meet(&pool, count);
    }
}

/// A burst of tiny jobs leaves threads watching; a closure that blocks amid tiny ones is noticed.
#[test]
fn a_block_amid_quick_jobs_is_noticed() {
    let pool = pool(4, 100_000);
    for _ in 0..20 {
        let (go, wait) = channel();
        let quick: Vec<_> = (0..2_000).map(|_| pool.spawn(|| ())).collect();
        let blocked = pool.spawn(move || wait.recv_timeout(SOON));
        let more: Vec<_> = (0..100).map(|_| pool.spawn(|| ())).collect();
        let unblock = pool.spawn(move || go.send(()));
        block_on(blocked)
            .unwrap()
            .expect("another thread unblocks it");
        block_on(unblock).unwrap().unwrap();
        for handle in quick.into_iter().chain(more) {
            block_on(handle).unwrap();
        }
    }
}

#[test]
fn tiny_jobs_need_few_threads() {
    let pool = pool(512, 100_000);
    let handles: Vec<_> = (0..20_000)
        .map(|_| pool.spawn(|| thread::current().id()))
        .collect();
    let threads: HashSet<_> = handles
        .into_iter()
        .map(|handle| block_on(handle).unwrap())
        .collect();
    // Two, on a machine that has nothing else to do.
    assert!(threads.len() <= 64, "{} threads", threads.len());
}

#[test]
fn no_job_no_thread() {
    let pool = pool(4, 4);
    assert!(format!("{pool:?}").contains("threads: 0"));
    for _ in 0..100 {
        block_on(pool.spawn(|| ())).unwrap();
    }
    // One; and another for each time that a job came when the last one's thread had ended it, but
    // had not looked for the next one yet.
    assert!((1..10).any(|threads| format!("{pool:?}").contains(&format!("threads: {threads},"))));
}

thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

/// Tells when its thread has ended.
struct AtEnd(Sender<()>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

fn tell_at_end(sender: &Sender<()>) {
    AT_END.with_borrow_mut(|at_end| *at_end = Some(AtEnd(sender.clone())));
}

#[test]
fn threads_at_rest_end_down_to_none() {
    let pool = Pool::builder()
        .max_threads(4)
        .keep_alive(Duration::from_millis(1))
        .build()
        .unwrap();
    for round in 0..3 {
        let (sender, receiver) = channel();
        let stuck: Vec<_> = (0..4).map(|_| Stuck::start(&pool)).collect();
        let handles: Vec<_> = (0..4)
            .map(|_| {
                let sender = sender.clone();
                pool.spawn(move || tell_at_end(&sender))
            })
            .collect();
        stuck.into_iter().for_each(Stuck::finish);
        for handle in handles {
            block_on(handle).unwrap();
        }
        drop(sender);
        let ended = receiver.recv_timeout(SOON);
        assert!(ended.is_ok(), "round {round}");
        while receiver.recv_timeout(SOON).is_ok() {}
        // The channel is closed: no thread is left that holds a sender.
        assert!(receiver.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected));
    }
}

#[test]
fn no_rest_at_all() {
    let pool = Pool::builder()
        .max_threads(2)
        .keep_alive(Duration::ZERO)
        .build()
        .unwrap();
    for n in 0..200 {
        assert_eq!(block_on(pool.spawn(move || n)).unwrap(), n);
    }
}

#[test]
fn endless_rest() {
    let pool = Pool::builder()
        .max_threads(2)
        .keep_alive(Duration::MAX)
        .build()
        .unwrap();
    for n in 0..200 {
        assert_eq!(block_on(pool.spawn(move || n)).unwrap(), n);
    }
    meet(&pool, 2);
}

/// Jobs that come just when the thread's rest is over.
#[test]
fn jobs_at_the_end_of_a_rest() {
    let pool = Pool::builder()
        .max_threads(2)
        .keep_alive(Duration::from_micros(60))
        .build()
        .unwrap();
    for n in 0..5_000 {
        assert_eq!(block_on(pool.spawn(move || n)).unwrap(), n);
    }
}

#[test]
fn dropped_pools_leave_no_threads() {
    let (sender, receiver) = channel();
    for _ in 0..1_000 {
        let pool = pool(2, 10);
        let sender = sender.clone();
        block_on(pool.spawn(move || tell_at_end(&sender))).unwrap();
        drop(pool);
        assert_eq!(
            receiver.try_recv(),
            Ok(()),
            "joined: its thread-locals are gone"
        );
    }
}
