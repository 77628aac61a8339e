//! Models of the table: those who come, go, look up and close at the same time.

use laneway_loom::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use laneway_loom::{model, thread};
use mio::Token;

use super::{Entries, Refused, Table};

/// Word is left before the system is told, and the system tells of an event before word is taken in.
#[test]
fn an_event_finds_its_entry() {
    model(3, || {
        let shared = Arc::new((Table::new(), AtomicUsize::new(0)));
        let others = [1, 2].map(|number| {
            let shared = shared.clone();
            thread::spawn(move || {
                let token = shared.0.insert(Arc::new(number)).unwrap();
                // As the system has it: told of the source, it tells of an event.
                shared.1.store(token.0 + 1, Release);
            })
        });
        let mut entries = Entries::new();
        let event = shared.1.load(Acquire);
        entries.update(&shared.0);
        if event > 0 {
            assert!(entries.get(Token(event - 1)).is_some());
        }
        for other in others {
            other.join().unwrap();
        }
        entries.update(&shared.0);
        let (one, two) = (entries.get(Token(0)), entries.get(Token(1)));
        assert_eq!(one.unwrap() + two.unwrap(), 3);
    });
}

/// One goes and another comes, while the reactor looks.
#[test]
fn one_goes_and_another_comes() {
    model(3, || {
        let table = Arc::new(Table::new());
        let mut entries = Entries::new();
        let old = table.insert(Arc::new(1)).unwrap();
        let other = thread::spawn({
            let table = table.clone();
            move || {
                let _ = table.remove(old);
                table.insert(Arc::new(2)).unwrap()
            }
        });
        entries.update(&table);
        assert!(entries.get(old).is_none_or(|number| *number == 1));
        let new = other.join().unwrap();
        entries.update(&table);
        assert_eq!((entries.get(old), entries.get(new)), (None, Some(&2)));
    });
}

/// What is inserted while the table is closed is either refused or given to who closes.
#[test]
fn insert_remove_and_close() {
    model(3, || {
        let table = Arc::new(Table::new());
        let mut entries = Entries::new();
        let old = table.insert(Arc::new(AtomicBool::new(false))).unwrap();
        let inserting = thread::spawn({
            let table = table.clone();
            move || {
                let entry = Arc::new(AtomicBool::new(false));
                (table.insert(entry.clone()).err(), entry)
            }
        });
        let removing = thread::spawn({
            let table = table.clone();
            move || _ = table.remove(old)
        });
        for entry in entries.close(&table) {
            entry.store(true, Relaxed);
        }
        removing.join().unwrap();
        let (refused, entry) = inserting.join().unwrap();
        assert_eq!(entry.load(Relaxed), refused.is_none());
        assert!(refused.is_none_or(|refused| refused == Refused::Closed));
        assert!(table.is_closed());
    });
}
