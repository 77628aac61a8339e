//! Under another executor.

use std::sync::mpsc::channel;

use futures::executor::block_on;
use futures::future::{join_all, select};

use super::{SOON, Stuck, pool};

#[test]
fn awaited_by_another_executor() {
    let pool = pool(2, 100);
    let sum: u32 = block_on(async {
        let handles = (0..50).map(|n| pool.spawn(move || n));
        join_all(handles)
            .await
            .into_iter()
            .map(Result::unwrap)
            .sum()
    });
    assert_eq!(sum, (0..50).sum());
}

#[test]
fn permits_in_a_select() {
    let pool = pool(1, 1);
    let stuck = Stuck::start(&pool);
    let (go, wait) = channel::<()>();
    let queued = pool.spawn(move || wait.recv_timeout(SOON));
    block_on(select(pool.permit(), std::future::ready(())));
    go.send(()).unwrap();
    stuck.finish();
    block_on(queued).unwrap().unwrap();
    block_on(async {
        for n in 0..100 {
            let handle = pool.permit().await.unwrap().spawn(move || n);
            assert_eq!(handle.await.unwrap(), n);
        }
    });
}
