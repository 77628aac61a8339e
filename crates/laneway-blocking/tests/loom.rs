//! Models of whole pools. Each ends by dropping its pool, which waits for every thread: a lost
//! wake-up is a deadlock, and loom says so.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use laneway_blocking::{AcquirePermit, Closed, Errand, Pool};
use laneway_loom::{
    model,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};
use laneway_waker::{Inbox, Parker, block_on, lane};

fn pool(max_threads: usize) -> Pool {
    Pool::builder()
        .max_threads(max_threads)
        .queue_limit(1)
        .build()
        .unwrap()
}

/// Polls once, for nobody.
fn poll(permit: &mut AcquirePermit) -> Poll<Result<laneway_blocking::Permit, Closed>> {
    Pin::new(permit).poll(&mut Context::from_waker(Waker::noop()))
}

/// One thread, two jobs: whenever the second comes, the thread takes it.
#[test]
fn one_thread_two_jobs() {
    model(2, || {
        let pool = pool(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let theirs = ran.clone();
        drop(pool.spawn(move || theirs.store(1, Relaxed)));
        let first_ran = pool.spawn(move || ran.load(Relaxed));
        assert_eq!(block_on(first_ran).unwrap(), 1);
        drop(pool);
    });
}

/// Two spawners at once, and nobody there at first. Bound 1: with 2, it takes a minute.
#[test]
fn two_spawners_one_thread() {
    model(1, || {
        let pool = pool(1);
        let handle = pool.handle().clone();
        let spawner = thread::spawn(move || drop(handle.spawn(|| ())));
        let job = pool.spawn(|| ());
        spawner.join().unwrap();
        block_on(job).unwrap();
        drop(pool);
    });
}

/// A job that waits for another one gets help. Bound 1: with 2, its four threads take minutes.
#[test]
fn a_thread_that_blocks_is_helped() {
    model(1, || {
        let pool = pool(2);
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = gate.clone();
        let waits = pool.spawn(move || {
            let mut is_open = theirs.0.lock();
            while !*is_open {
                is_open = theirs.1.wait(is_open);
            }
        });
        drop(pool.spawn(move || {
            *gate.0.lock() = true;
            gate.1.notify_one();
        }));
        block_on(waits).unwrap();
        drop(pool);
    });
}

/// Whatever comes first, the handle resolves: the closure ran, or it was cancelled.
#[test]
fn spawn_while_shutting_down() {
    model(3, || {
        let pool = pool(1);
        let handle = pool.handle().clone();
        let spawner = thread::spawn(move || {
            let ran = Arc::new(AtomicUsize::new(0));
            let theirs = ran.clone();
            let job = handle.spawn(move || theirs.store(1, Relaxed));
            match block_on(job) {
                Ok(()) => assert_eq!(ran.load(Relaxed), 1),
                Err(error) => assert!(error.is_cancelled() && ran.load(Relaxed) == 0),
            }
        });
        drop(pool);
        spawner.join().unwrap();
    });
}

/// A thread at rest, or on its way there, hears of the end.
#[test]
fn shutdown_of_a_thread_that_ends_its_job() {
    model(3, || {
        let pool = pool(1);
        let job = pool.spawn(|| ());
        pool.shutdown();
        match block_on(job) {
            Ok(()) => {}
            Err(error) => assert!(error.is_cancelled()),
        }
        drop(pool);
    });
}

/// Who waits for a permit gets the one that is given back.
#[test]
fn permit_given_back_while_waiting() {
    model(3, || {
        let pool = pool(1);
        let (first, second) = (
            block_on(pool.permit()).unwrap(),
            block_on(pool.permit()).unwrap(),
        );
        let giver = thread::spawn(move || drop(first));
        let third = block_on(pool.permit()).unwrap();
        giver.join().unwrap();
        drop((second, third));
        drop(pool);
    });
}

/// A permit that is given to somebody who leaves the line is not lost.
#[test]
fn permit_given_back_while_leaving() {
    model(2, || {
        let pool = pool(1);
        let (first, second) = (
            block_on(pool.permit()).unwrap(),
            block_on(pool.permit()).unwrap(),
        );
        let mut leaves = pool.permit();
        assert!(poll(&mut leaves).is_pending());
        let mut stays = pool.permit();
        let handle = pool.handle().clone();
        let giver = thread::spawn(move || drop(first));
        let leaver = thread::spawn(move || drop(leaves));
        let third = match poll(&mut stays) {
            Poll::Ready(permit) => permit.unwrap(),
            Poll::Pending => block_on(stays).unwrap(),
        };
        giver.join().unwrap();
        leaver.join().unwrap();
        assert!(poll(&mut handle.permit()).is_pending(), "two, and no more");
        drop((second, third));
        drop(pool);
    });
}

/// Who waits for a permit hears of the end.
#[test]
fn shutdown_while_waiting_for_a_permit() {
    model(3, || {
        let pool = pool(1);
        let held = (
            block_on(pool.permit()).unwrap(),
            block_on(pool.permit()).unwrap(),
        );
        let handle = pool.handle().clone();
        let waiter =
            thread::spawn(move || assert_eq!(block_on(handle.permit()).unwrap_err(), Closed));
        pool.shutdown();
        waiter.join().unwrap();
        drop(held);
        drop(pool);
    });
}

/// A job's room is free when its result is there, even if it ended while somebody else had the lock.
#[test]
fn room_is_free_when_the_result_is_there() {
    model(2, || {
        let pool = pool(1);
        let held = block_on(pool.permit()).unwrap();
        let job = pool.try_spawn(|| ()).unwrap();
        let handle = pool.handle().clone();
        let other = thread::spawn(move || drop(poll(&mut handle.permit())));
        block_on(job).unwrap();
        other.join().unwrap();
        assert!(poll(&mut pool.permit()).is_ready());
        drop(held);
        drop(pool);
    });
}

/// Who waits for a permit gets that of a job that ends, whenever it ends.
#[test]
fn a_job_ends_while_waiting_for_a_permit() {
    model(3, || {
        let pool = pool(1);
        let held = block_on(pool.permit()).unwrap();
        drop(pool.try_spawn(|| ()).unwrap());
        let permit = block_on(pool.permit()).unwrap();
        drop((held, permit));
        drop(pool);
    });
}

/// A thread of another lane waits for a permit while room is given back where the pool is at home: it
/// gets it, though it only leaves an errand.
#[test]
fn a_permit_for_another_lane() {
    model(3, || {
        let (parker, errands) = (Parker::new(), Arc::new(Inbox::<Errand>::new()));
        let (unparker, inbox) = (parker.unparker(), errands.clone());
        let carry = move |errand| {
            assert!(inbox.push(errand).is_ok());
            unparker.unpark();
        };
        let builder = Pool::builder().max_threads(1).queue_limit(1);
        let pool = builder.lane(1, carry).build().unwrap();
        let (first, second) = (
            block_on(pool.permit()).unwrap(),
            block_on(pool.permit()).unwrap(),
        );
        let (unparker, inbox) = (parker.unparker(), errands.clone());
        let home = thread::spawn(move || {
            let _home = lane::enter(1);
            drop(first);
            while !inbox.is_closed() {
                parker.park();
                inbox.take().for_each(Errand::run);
            }
        });
        drop(block_on(pool.permit()).unwrap());
        let left = errands.close().count();
        assert_eq!(left, 0, "nobody waits, so nothing is owed");
        unparker.unpark();
        home.join().unwrap();
        drop(second);
        drop(pool);
    });
}

/// Room that another lane gives back while somebody at home begins to wait.
#[test]
fn room_from_another_lane() {
    model(3, || {
        let errands = Arc::new(Inbox::<Errand>::new());
        let theirs = errands.clone();
        let carry = move |errand| drop(theirs.push(errand));
        let builder = Pool::builder().max_threads(1).queue_limit(1);
        let pool = builder.lane(1, carry).build().unwrap();
        let (first, second) = (
            block_on(pool.permit()).unwrap(),
            block_on(pool.permit()).unwrap(),
        );
        let giver = thread::spawn(move || drop(first));
        let home = lane::enter(1);
        let mut waits = pool.permit();
        let is_ready = poll(&mut waits).is_ready();
        giver.join().unwrap();
        errands.take().for_each(Errand::run);
        assert!(is_ready || poll(&mut waits).is_ready());
        drop((second, waits, home));
        drop(pool);
    });
}
