//! Items come out once, in order, whoever leaves them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use laneway_waker::Inbox;

#[test]
fn each_thread_finds_its_items_in_order() {
    each_thread_finds_its_items(|inbox, f| inbox.take().for_each(f));
}

#[test]
fn each_thread_finds_its_items_in_places_used_again() {
    each_thread_finds_its_items(|inbox, f| inbox.take_each(f));
}

type Item = (u32, u32);

fn each_thread_finds_its_items(fetch: fn(&Inbox<Item>, &mut dyn FnMut(Item))) {
    const ITEMS: u32 = 10_000;
    let inbox = Arc::new(Inbox::new());
    let pushers: Vec<_> = (0..4_u32)
        .map(|pusher| {
            let inbox = inbox.clone();
            thread::spawn(move || (0..ITEMS).for_each(|n| inbox.push((pusher, n)).unwrap()))
        })
        .collect();
    let mut next = [0; 4];
    while next.iter().sum::<u32>() < 4 * ITEMS {
        fetch(&inbox, &mut |(pusher, n)| {
            assert_eq!(n, std::mem::replace(&mut next[pusher as usize], n + 1));
        });
    }
    for pusher in pushers {
        pusher.join().unwrap();
    }
    assert!(inbox.is_empty());
}

#[test]
fn a_closed_inbox_gives_back() {
    let inbox = Inbox::new();
    inbox.push(1).unwrap();
    assert!(!inbox.is_closed());
    assert!(inbox.close().eq([1]));
    assert!(inbox.is_closed() && inbox.is_empty());
    assert_eq!(inbox.push(2), Err(2));
    assert_eq!(inbox.take().count(), 0);
    assert_eq!(inbox.close().count(), 0);
    assert_eq!(inbox.push(3), Err(3));
}

#[test]
fn what_is_left_is_dropped_once() {
    let item = Arc::new(());
    let inbox = Inbox::new();
    for _ in 0..3 {
        inbox.push(item.clone()).unwrap();
    }
    let mut batch = inbox.take();
    inbox.push(item.clone()).unwrap();
    assert!(batch.next().is_some());
    assert_eq!(Arc::strong_count(&item), 4);
    drop(batch);
    assert_eq!(Arc::strong_count(&item), 2);
    drop(inbox);
    assert_eq!(Arc::strong_count(&item), 1);
}

#[test]
fn places_are_kept_without_their_items() {
    let item = Arc::new(());
    let inbox = Inbox::new();
    // More than it keeps, and fewer.
    for count in [200, 3, 70, 1] {
        for _ in 0..count {
            inbox.push(item.clone()).unwrap();
        }
        let mut fetched = 0;
        inbox.take_each(|_| fetched += 1);
        assert_eq!(fetched, count);
        assert_eq!(Arc::strong_count(&item), 1);
    }
    // A place from before, and one that is refused.
    inbox.push(item.clone()).unwrap();
    drop(inbox.close());
    assert!(inbox.push(item.clone()).is_err());
    drop(inbox);
    assert_eq!(Arc::strong_count(&item), 1);
}

#[test]
fn a_panic_while_fetching_loses_no_place() {
    let item = Arc::new(());
    let inbox = Inbox::new();
    for _ in 0..3 {
        inbox.push(item.clone()).unwrap();
    }
    let fetching = || inbox.take_each(|_| panic!("of the caller's"));
    assert!(catch_unwind(AssertUnwindSafe(fetching)).is_err());
    assert_eq!(Arc::strong_count(&item), 1, "the rest was dropped");
    inbox.push(item.clone()).unwrap();
    inbox.take_each(drop);
    assert_eq!(Arc::strong_count(&item), 1);
}
