//! Models of the inbox.

use std::vec::Vec;

use laneway_loom::model;
use laneway_loom::sync::Arc;
use laneway_loom::sync::atomic::AtomicUsize;
use laneway_loom::sync::atomic::Ordering::Relaxed;
use laneway_loom::thread;

use super::Inbox;

/// An item that says what its thread did before it left it.
fn leave(inbox: &Inbox<usize>, done: &AtomicUsize, item: usize) -> bool {
    done.store(item, Relaxed);
    inbox.push(item).is_ok()
}

/// Two leave items while a third takes: each comes out once, and shows what its thread did before.
#[test]
fn what_is_left_in_an_inbox_is_taken_once() {
    model(3, || {
        let inbox = Arc::new(Inbox::new());
        let done = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let pushers = [0, 1].map(|pusher| {
            let (inbox, done) = (inbox.clone(), done.clone());
            thread::spawn(move || assert!(leave(&inbox, &done[pusher], pusher + 1)))
        });
        let mut taken: Vec<_> = inbox.take().collect();
        for item in &taken {
            assert_eq!(done[item - 1].load(Relaxed), *item);
        }
        for pusher in pushers {
            pusher.join().unwrap();
        }
        taken.extend(inbox.take());
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

/// Two take: no item comes out twice, none is lost.
#[test]
fn two_take_from_an_inbox() {
    model(3, || {
        let inbox = Arc::new(Inbox::new());
        let done = Arc::new(AtomicUsize::new(0));
        inbox.push(1).unwrap();
        let taker = thread::spawn({
            let (inbox, done) = (inbox.clone(), done.clone());
            move || {
                let taken: Vec<_> = inbox.take().collect();
                assert!(!taken.contains(&2) || done.load(Relaxed) == 2);
                taken.len()
            }
        });
        let pusher = thread::spawn({
            let (inbox, done) = (inbox.clone(), done.clone());
            move || assert!(leave(&inbox, &done, 2))
        });
        let here = inbox.take().count();
        pusher.join().unwrap();
        let there = taker.join().unwrap();
        assert_eq!(here + there + inbox.take().count(), 2);
    });
}

/// An item either is refused or comes out, also when the inbox closes, and a closed one stays so.
#[test]
fn an_inbox_closes_while_items_come() {
    model(3, || {
        let inbox = Arc::new(Inbox::new());
        let done = Arc::new(AtomicUsize::new(0));
        let pusher = thread::spawn({
            let (inbox, done) = (inbox.clone(), done.clone());
            move || leave(&inbox, &done, 1)
        });
        let taker = thread::spawn({
            let inbox = inbox.clone();
            move || inbox.take().count()
        });
        let mut left = 0;
        for item in inbox.close() {
            assert_eq!(done.load(Relaxed), item);
            left += 1;
        }
        let was_pushed = pusher.join().unwrap();
        assert_eq!(left + taker.join().unwrap(), usize::from(was_pushed));
        assert!(inbox.is_closed());
        assert_eq!(inbox.push(2), Err(2));
    });
}

/// Two leave items while a third fetches: they use the same places again, each one at a time.
#[test]
fn places_are_used_again() {
    model(3, || {
        let inbox = Arc::new(Inbox::new());
        inbox.push(1).unwrap();
        inbox.push(2).unwrap();
        let mut fetched = Vec::new();
        inbox.take_each(|item| fetched.push(item));
        let pusher = thread::spawn({
            let inbox = inbox.clone();
            move || inbox.push(3).unwrap()
        });
        let fetcher = thread::spawn({
            let inbox = inbox.clone();
            move || {
                let mut fetched = Vec::new();
                inbox.take_each(|item| fetched.push(item));
                fetched
            }
        });
        inbox.push(4).unwrap();
        pusher.join().unwrap();
        fetched.extend(fetcher.join().unwrap());
        inbox.take_each(|item| fetched.push(item));
        fetched.sort_unstable();
        assert_eq!(fetched, [1, 2, 3, 4]);
    });
}

/// What a place held before is done with before the next item comes into it.
#[test]
fn one_leaves_while_another_fetches() {
    model(3, || {
        let inbox = Arc::new(Inbox::new());
        inbox.push(1).unwrap();
        let fetcher = thread::spawn({
            let inbox = inbox.clone();
            move || {
                let mut fetched = 0;
                inbox.take_each(|_| fetched += 1);
                fetched
            }
        });
        inbox.push(2).unwrap();
        inbox.push(3).unwrap();
        let fetched = fetcher.join().unwrap();
        assert_eq!(fetched + inbox.take().count(), 3);
    });
}
