//! Everything may live in a thread-local, and be dropped when other thread-locals are gone.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::thread;

use laneway_task::current;
use laneway_waker::block_on;

use super::pool;

thread_local! {
    static KEPT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

fn keep(what: impl Any) {
    KEPT.with_borrow_mut(|kept| kept.push(Box::new(what)));
}

fn keep_everything() {
    let pool = pool(1, 1);
    keep(pool.handle().clone());
    keep(pool.spawn(|| ()));
    keep(block_on(pool.permit()).unwrap());
    let mut waiting = pool.permit();
    let _ = Pin::new(&mut waiting).poll(&mut Context::from_waker(Waker::noop()));
    keep(waiting);
    keep(pool);
}

#[test]
fn before_the_house_uses_its_own() {
    let keeper = thread::spawn(|| {
        KEPT.with_borrow(|kept| assert!(kept.is_empty()));
        keep_everything();
        assert_eq!(current::id(), None);
    });
    keeper.join().unwrap();
}

#[test]
fn after_the_house_used_its_own() {
    let keeper = thread::spawn(|| {
        assert_eq!(current::id(), None);
        block_on(async {});
        keep_everything();
    });
    keeper.join().unwrap();
}

/// Spawns and waits while the thread's locals are being dropped.
#[test]
fn use_while_a_thread_ends() {
    struct UseAtEnd(laneway_blocking::Pool);
    impl Drop for UseAtEnd {
        fn drop(&mut self) {
            assert_eq!(block_on(self.0.spawn(|| 7)).unwrap(), 7);
            drop(block_on(self.0.permit()).unwrap());
        }
    }
    let keeper = thread::spawn(|| keep(UseAtEnd(pool(1, 1))));
    keeper.join().unwrap();
}

/// On a thread of the pool's: its locals are dropped when it has left the pool.
#[test]
fn on_its_own_threads() {
    let pool = pool(1, 1);
    let handle = pool.handle().clone();
    block_on(pool.spawn(move || keep(handle))).unwrap();
    let permit = block_on(pool.permit()).unwrap();
    block_on(pool.spawn(move || keep(permit))).unwrap();
    drop(pool);
}
