//! Back-pressure.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use std::task::{Context, Poll, Wake, Waker};

use laneway_blocking::{AcquirePermit, Closed, Handle};
use laneway_waker::block_on;

use super::{Stuck, pool};

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Counts wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn counted() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), Waker::from(count))
}

#[test]
fn a_permit_is_room_for_one() {
    let pool = pool(1, 1);
    let permits = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    assert!(pool.try_spawn(|| ()).is_err(), "permits are room taken");
    let mut third = pool.permit();
    assert!(poll(&mut third, Waker::noop()).is_pending());
    let [first, second] = permits;
    assert_eq!(block_on(first.spawn(|| 1)).unwrap(), 1);
    assert!(
        pool.try_spawn(|| ()).is_err(),
        "its room goes to who waited, not to who comes along"
    );
    let third = block_on(third).unwrap();
    drop(second);
    assert_eq!(block_on(pool.try_spawn(|| 2).unwrap()).unwrap(), 2);
    assert_eq!(block_on(third.spawn(|| 3)).unwrap(), 3);
}

#[test]
fn the_line_is_fair() {
    let pool = pool(1, 1);
    let held = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let (count, waker) = counted();
            let mut permit = pool.permit();
            assert!(poll(&mut permit, &waker).is_pending());
            (permit, count, waker)
        })
        .collect();
    let mut held = Vec::from(held);
    let woken = |waiting: &[(AcquirePermit, Arc<Count>, Waker)]| {
        waiting
            .iter()
            .map(|(_, count, _)| count.0.load(Relaxed))
            .collect::<Vec<_>>()
    };
    let mut waiting = waiting;
    while !waiting.is_empty() {
        drop(held.remove(0));
        let (mut first, count, waker) = waiting.remove(0);
        assert_eq!(count.0.load(Relaxed), 1);
        assert!(woken(&waiting).iter().all(|wakes| *wakes == 0));
        match poll(&mut first, &waker) {
            Poll::Ready(permit) => held.push(permit.unwrap()),
            Poll::Pending => panic!("its turn has come"),
        }
    }
}

#[test]
fn leaving_the_line_passes_the_turn_on() {
    let pool = pool(1, 1);
    let held = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    let [(first_count, first), (_, second), (third_count, third)] =
        [counted(), counted(), counted()];
    let mut line = [pool.permit(), pool.permit(), pool.permit()];
    for (permit, waker) in line.iter_mut().zip([&first, &second, &third]) {
        assert!(poll(permit, waker).is_pending());
    }
    let [granted, left, mut last] = line;
    drop(left);
    let [one, _other] = held;
    drop(one);
    assert_eq!(first_count.0.load(Relaxed), 1);
    drop(granted);
    assert_eq!(
        third_count.0.load(Relaxed),
        1,
        "what was given and not noticed goes on"
    );
    assert!(poll(&mut last, &third).is_ready());
}

/// The last waker counts, and wakers that are not needed are not kept.
#[test]
fn the_last_waker_counts() {
    let pool = pool(1, 1);
    let held = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    let ((old_count, old), (new_count, new)) = (counted(), counted());
    let mut permit = pool.permit();
    assert!(poll(&mut permit, &old).is_pending());
    assert!(poll(&mut permit, &old).is_pending());
    assert!(poll(&mut permit, &new).is_pending());
    drop(old);
    assert_eq!(Arc::strong_count(&old_count), 1);
    drop(held);
    assert_eq!(new_count.0.load(Relaxed), 1);
    drop(poll(&mut permit, &new));
    drop(new);
    assert_eq!(Arc::strong_count(&new_count), 1);
    let ((count, waker), mut left) = (counted(), pool.permit());
    let _held = [
        block_on(pool.permit()).unwrap(),
        block_on(pool.permit()).unwrap(),
    ];
    assert!(poll(&mut left, &waker).is_pending());
    drop((left, waker));
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn a_loop_keeps_the_pace() {
    let pool = pool(2, 2);
    let in_pool = Arc::new(AtomicUsize::new(0));
    let handles: Vec<_> = (0..1_000)
        .map(|_| {
            let permit = block_on(pool.permit()).unwrap();
            let in_pool = in_pool.clone();
            assert!(in_pool.fetch_add(1, Relaxed) < 4);
            permit.spawn(move || in_pool.fetch_sub(1, Relaxed))
        })
        .collect();
    for handle in handles {
        block_on(handle).unwrap();
    }
}

#[test]
fn shutdown_ends_the_waiting() {
    let pool = pool(1, 1);
    let handle: Handle = pool.handle().clone();
    let permit = block_on(pool.permit()).unwrap();
    let _other = block_on(pool.permit()).unwrap();
    let mut waiting: Vec<_> = (0..100).map(|_| (pool.permit(), counted())).collect();
    for (permit, (_, waker)) in &mut waiting {
        assert!(poll(permit, waker).is_pending());
    }
    pool.shutdown();
    for (mut permit, (count, waker)) in waiting {
        assert_eq!(count.0.load(Relaxed), 1);
        assert!(matches!(
            poll(&mut permit, &waker),
            Poll::Ready(Err(Closed))
        ));
    }
    assert!(block_on(permit.spawn(|| ())).unwrap_err().is_cancelled());
    drop(pool);
    assert_eq!(block_on(handle.permit()).unwrap_err(), Closed);
}

#[test]
fn permits_outlive_the_pool() {
    let pool = pool(1, 1);
    let permit = block_on(pool.permit()).unwrap();
    let _held = block_on(pool.permit()).unwrap();
    let mut waiting = pool.permit();
    assert!(poll(&mut waiting, Waker::noop()).is_pending());
    drop(pool);
    drop(permit);
    drop(waiting);
}

#[test]
fn waiting_while_jobs_run() {
    let pool = pool(1, 1);
    let stuck = Stuck::start(&pool);
    let queued = pool.spawn(|| ());
    let mut permit = pin!(pool.permit());
    assert!(
        permit
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    stuck.finish();
    let permit = block_on(permit).unwrap();
    assert_eq!(block_on(permit.spawn(|| 7)).unwrap(), 7);
    block_on(queued).unwrap();
}
