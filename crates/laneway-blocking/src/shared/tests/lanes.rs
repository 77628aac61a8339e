//! Second tickets, and threads that may not wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, channel};
use std::task::{Context, Waker};
use std::thread;

use laneway_scheduler::{Cause, Priority};
use laneway_task::{Builder, Runnable, Schedule, current};
use laneway_waker::{block_on, lane};

use super::SOON;
use crate::{
    Errand, Pool,
    shared::Shared,
    slots::{GivenBack, Take},
};

/// The pool of lane 1, and what is carried there.
fn pool(max_threads: usize) -> (Pool, Receiver<Errand>) {
    let (sender, errands) = channel();
    let builder = Pool::builder().max_threads(max_threads).queue_limit(1);
    let pool = builder
        .lane(1, move |errand| drop(sender.send(errand)))
        .build()
        .unwrap();
    (pool, errands)
}

/// A ticket of this class, as the task of a job gets it when it becomes more urgent.
fn ticket(pool: &Pool, class: Priority) -> (Runnable, laneway_task::JoinHandle<Priority>) {
    let builder = Builder::new().priority(class);
    builder.spawn(
        async { current::priority() },
        &pool.handle().entrance.erase(),
    )
}

/// It goes by its class, takes no room, and what it does is seen like any job.
#[test]
fn a_second_ticket_is_queued_by_its_class() {
    let pool = Pool::builder()
        .max_threads(1)
        .queue_limit(2)
        .build()
        .unwrap();
    let shared: &Shared = &pool.handle().entrance;
    let (go, wait) = channel::<()>();
    let (order, ordered) = channel();
    let report = |name| {
        let order = order.clone();
        move || order.send((name, current::priority())).unwrap()
    };
    let first = pool.spawn(move || wait.recv_timeout(SOON));
    let others = ["normal", "also normal"].map(|name| pool.spawn(report(name)));
    let urgent = report("urgent");
    let builder = Builder::new().priority(Priority::Critical);
    let lane = pool.handle().entrance.erase();
    let (runnable, urgent) = builder.spawn(async move { urgent() }, &lane);
    shared.schedule(runnable, Cause::Boosted);
    assert_eq!(
        (shared.slots.taken(), pool.try_spawn(|| ()).is_err()),
        (3, true),
        "it takes no room"
    );
    go.send(()).unwrap();
    block_on(first).unwrap().unwrap();
    block_on(urgent).unwrap();
    for other in others {
        block_on(other).unwrap();
    }
    let (normal, critical) = (Priority::Normal, Priority::Critical);
    assert_eq!(
        [(); 3].map(|()| ordered.recv_timeout(SOON).unwrap()),
        [
            ("urgent", critical),
            ("normal", normal),
            ("also normal", normal)
        ]
    );
    assert_eq!(shared.slots.taken(), 0, "and gives none back");
}

#[test]
fn a_second_ticket_that_comes_too_late_cancels() {
    let pool = Pool::builder().max_threads(1).build().unwrap();
    let shared: &Shared = &pool.handle().entrance;
    pool.shutdown();
    let (runnable, late) = ticket(&pool, Priority::Critical);
    shared.schedule(runnable, Cause::Boosted);
    assert!(block_on(late).unwrap_err().is_cancelled());
}

/// A thread of the pool's lane is stopped for good with all locks in its hands. The threads of other
/// lanes do everything they may, and none of it waits.
#[test]
fn a_thread_of_another_lane_never_waits() {
    let (pool, errands) = pool(1);
    let handle = pool.handle().clone();
    let shared: &Shared = &pool.handle().entrance;
    let stopped = (shared.state.lock(), shared.slots.lock());
    let (done, is_done) = channel();
    let (early, _) = ticket(&pool, Priority::Batch);
    let main = thread::spawn(move || {
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = |permit: &mut crate::AcquirePermit| Pin::new(permit).poll(&mut cx);
        let permit = block_on(handle.permit()).unwrap();
        let jobs = [permit.spawn(|| 1), handle.spawn(|| 2)];
        assert!(block_on(handle.spawn(|| 3)).unwrap_err().is_rejected());
        assert!(handle.try_spawn(|| 4).is_err());
        let (mut waits, mut leaves) = (handle.permit(), handle.permit());
        assert!(poll(&mut waits).is_pending() && poll(&mut leaves).is_pending());
        assert!(poll(&mut waits).is_pending());
        drop(leaves);
        jobs[0].abort();
        assert!(!jobs[1].is_finished());
        handle.entrance.schedule(early, Cause::Boosted);
        assert!(format!("{handle:?}").contains("accepted: 2"));
        done.send((jobs, waits)).unwrap();
    });
    let (jobs, waits) = is_done.recv_timeout(SOON).expect("nobody waits");
    main.join().unwrap();
    drop(stopped);

    // The lane goes on, and does what was left.
    let home = lane::enter(1);
    let errands: Vec<Errand> = errands.try_iter().collect();
    let classes: Vec<_> = errands.iter().filter_map(Errand::priority).collect();
    assert_eq!(
        classes,
        [Priority::Normal, Priority::Normal, Priority::Batch]
    );
    assert_eq!(errands.len(), 6, "and two that wait, and one that has left");
    errands.into_iter().for_each(Errand::run);
    let [aborted, runs] = jobs;
    assert!(block_on(aborted).unwrap_err().is_cancelled());
    assert_eq!(block_on(runs).unwrap(), 2);
    drop(block_on(waits).unwrap());
    drop(home);
}

/// Nor does it pay what is owed, or look at what is behind a lock.
#[test]
fn a_thread_of_another_lane_does_not_touch_the_locks() {
    let (pool, _errands) = pool(1);
    let shared: &Shared = &pool.handle().entrance;
    let held = [(); 2].map(|()| block_on(pool.permit()).unwrap());
    let home = lane::enter(1);
    let mut waits = pool.permit();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut waits).poll(&mut cx).is_pending());
    assert!(format!("{pool:?}").contains("queued"));
    drop(home);
    assert_eq!(shared.slots.give_back(), GivenBack::Owed);
    assert!(pool.try_spawn(|| ()).is_err());
    assert!(shared.slots.is_owing(), "that is for others");
    assert!(!format!("{pool:?}").contains("queued"));

    let home = lane::enter(1);
    shared.settle();
    assert!(Pin::new(&mut waits).poll(&mut cx).is_ready());
    // One more than were taken was given back.
    assert_eq!(shared.slots.take(), Take::Taken);
    drop((held, home));
}

/// Room that another lane gives back while somebody waits for it.
#[test]
fn room_given_back_from_another_lane() {
    let (pool, errands) = pool(1);
    let held = [(); 2].map(|()| block_on(pool.permit()).unwrap());
    let home = lane::enter(1);
    let mut waits = pool.permit();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut waits).poll(&mut cx).is_pending());
    drop(home);
    drop(held);
    assert!(Pin::new(&mut waits).poll(&mut cx).is_pending());
    let home = lane::enter(1);
    errands.try_iter().for_each(Errand::run);
    let permit = block_on(waits).unwrap();
    let handle = permit.spawn(lane::current);
    assert_eq!(block_on(handle).unwrap(), 1, "its threads are of the lane");
    drop(home);
}

/// A closure that became urgent is run by the threads of another pool; its room is where it was.
#[test]
fn a_closure_is_adopted() {
    let ((pool, errands), main) = (pool(1), Pool::builder().lane(0, drop).build().unwrap());
    let name = || thread::current().name().map(str::to_owned);
    let job = pool.spawn(move || (name(), lane::current()));
    let errand = errands.try_recv().unwrap();
    main.handle().adopt(errand);
    let (name, lane) = block_on(job).unwrap();
    assert_eq!((name.as_deref(), lane), (Some("laneway-blocking-0"), 0));
    let permits = [(); 2].map(|()| block_on(pool.permit()).unwrap());
    assert_eq!(
        errands.try_iter().count(),
        0,
        "there was room without an errand"
    );

    // Who waits for that room hears of it.
    let [first, _second] = permits;
    let job = first.spawn(|| ());
    let mut waits = pool.permit();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut waits).poll(&mut cx).is_pending());
    let mut errands_now = errands.try_iter();
    let (job_errand, wait_errand) = (errands_now.next().unwrap(), errands_now.next().unwrap());
    let home = lane::enter(1);
    wait_errand.run();
    drop(home);
    main.handle().adopt(job_errand);
    block_on(job).unwrap();
    let settle = errands.recv_timeout(SOON).unwrap();
    assert_eq!(settle.priority(), None);
    let _home = lane::enter(1);
    main.handle().adopt(settle);
    drop(block_on(waits).unwrap());
}

/// Nobody carries any more: what was to be done comes to an end all the same.
#[test]
fn errands_that_are_dropped() {
    let (pool, errands) = pool(1);
    let jobs = [pool.spawn(|| ()), pool.spawn(|| ())];
    let mut waits = pool.permit();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut waits).poll(&mut cx).is_pending());
    drop(errands);
    for job in jobs {
        assert!(block_on(job).unwrap_err().is_cancelled());
    }
    assert!(block_on(waits).is_err());
    assert!(block_on(pool.spawn(|| ())).unwrap_err().is_cancelled());
    drop(block_on(pool.permit()).unwrap());
}
