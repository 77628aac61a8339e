//! Models of the table: filling, emptying, looking up and closing at the same time.

use laneway_loom::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use laneway_loom::{model, thread};

use super::{Refused, Table, parts};

/// Whatever is inserted at the same time gets different places, also when the page is full.
#[test]
fn places_are_not_shared() {
    model(2, || {
        let table = Arc::new(Table::new());
        let others = [1_u32, 2].map(|number| {
            let table = table.clone();
            thread::spawn(move || table.insert(Arc::new(number)).unwrap())
        });
        let mine = table.insert(Arc::new(3)).unwrap();
        let [one, two] = others.map(|other| other.join().unwrap());
        for (token, number) in [(one, 1), (two, 2), (mine, 3)] {
            assert_eq!(table.get(token).as_deref(), Some(&number));
        }
    });
}

/// The stack of free places: one is taken while others are taken and put back.
#[test]
fn a_place_that_was_put_back() {
    model(3, || {
        let table = Arc::new(Table::new());
        let [a, b] = [0_u32, 1].map(|number| table.insert(Arc::new(number)).unwrap());
        table.remove(b);
        table.remove(a);
        // The stack is a, b now.
        let other = thread::spawn({
            let table = table.clone();
            move || {
                let first = table.insert(Arc::new(10)).unwrap();
                let second = table.insert(Arc::new(11)).unwrap();
                table.remove(first);
                second
            }
        });
        let mine = table.insert(Arc::new(12)).unwrap();
        let theirs = other.join().unwrap();
        let last = table.insert(Arc::new(13)).unwrap();
        for (token, number) in [(mine, 12), (theirs, 11), (last, 13)] {
            assert_eq!(table.get(token).as_deref(), Some(&number));
        }
    });
}

/// An old token never finds the new entry of the same place.
#[test]
fn stale_tokens_find_nothing() {
    model(3, || {
        let table = Arc::new(Table::new());
        let old = table.insert(Arc::new(1_u32)).unwrap();
        let other = thread::spawn({
            let table = table.clone();
            move || {
                table.remove(old);
                table.insert(Arc::new(2)).unwrap()
            }
        });
        let found = table.get(old).map(|entry| *entry);
        assert!(found.is_none_or(|number| number == 1));
        let new = other.join().unwrap();
        assert_eq!(parts(old).0, parts(new).0, "the place is used again");
        assert!(table.get(old).is_none());
        assert_eq!(table.get(new).as_deref(), Some(&2));
    });
}

/// What is inserted while the table is closed is either refused or shown to who closes.
#[test]
fn insert_and_close() {
    model(3, || {
        let table = Arc::new(Table::new());
        let other = thread::spawn({
            let table = table.clone();
            move || {
                let entry = Arc::new(AtomicBool::new(false));
                (table.insert(entry.clone()).err(), entry)
            }
        });
        table.close(|told| told.store(true, Relaxed));
        let (refused, entry) = other.join().unwrap();
        assert!(entry.load(Relaxed) || refused == Some(Refused::Closed));
        assert!(table.insert(Arc::new(AtomicBool::new(false))).is_err());
    });
}

/// The same in a page that is there already, and is just being left by another.
#[test]
fn insert_remove_and_close() {
    model(2, || {
        let table = Arc::new(Table::new());
        let old = table.insert(Arc::new(AtomicBool::new(false))).unwrap();
        let others = (
            thread::spawn({
                let table = table.clone();
                move || table.remove(old)
            }),
            thread::spawn({
                let table = table.clone();
                move || {
                    let entry = Arc::new(AtomicBool::new(false));
                    (table.insert(entry.clone()).err(), entry)
                }
            }),
        );
        table.close(|told| told.store(true, Relaxed));
        others.0.join().unwrap();
        let (refused, entry) = others.1.join().unwrap();
        assert!(entry.load(Relaxed) || refused == Some(Refused::Closed));
    });
}
