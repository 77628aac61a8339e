//! Models of items on their way from the inbox to the queue.

use laneway_loom::{model, sync::Arc, sync::atomic::Ordering::SeqCst, thread};

use super::*;

/// Against who looks whether any is left: two items wait, one is taken.
#[test]
fn an_item_is_never_in_no_place() {
    model(3, || {
        let shared = Arc::new(Shared::new());
        for item in 0..2 {
            shared.inject(item, Deadline::from_nanos(item)).unwrap();
        }
        let looker = thread::spawn({
            let shared = shared.clone();
            move || {
                // Ordering: as a worker's that wants to sleep.
                fence(SeqCst);
                shared.is_empty()
            }
        });
        assert_eq!(shared.pop(), Some((0, Deadline::from_nanos(0))));
        assert!(!looker.join().unwrap(), "an item waits");
    });
}

/// What is on its way when it is closed comes out; what was refused does not.
#[test]
fn a_close_while_items_are_moved() {
    model(3, || {
        let shared = Arc::new(Shared::new());
        shared.inject(0, Deadline::NEVER).unwrap();
        let injector = thread::spawn({
            let shared = shared.clone();
            move || shared.inject(1, Deadline::NEVER).err()
        });
        let worker = thread::spawn({
            let shared = shared.clone();
            move || shared.pop()
        });
        let mut items: Vec<u32> = shared.close().collect();
        items.extend(injector.join().unwrap());
        items.extend(worker.join().unwrap().map(|(item, _)| item));
        items.sort_unstable();
        assert_eq!(items, [0, 1]);
        assert!(shared.is_empty());
    });
}

/// An early item in the inbox is known, or about to be told of.
#[test]
fn a_hint_is_not_lost() {
    model(3, || {
        let shared = Arc::new(Shared::new());
        shared.push(9, Deadline::from_nanos(9));
        let injector = thread::spawn({
            let shared = shared.clone();
            move || shared.inject(5, Deadline::from_nanos(5)).unwrap()
        });
        let first = shared.pop().expect("it has 9 at least").0;
        let earliest = shared.earliest();
        injector.join().unwrap();
        match first {
            5 => assert!(earliest <= Deadline::from_nanos(9)),
            _ => assert_eq!(shared.earliest(), Deadline::from_nanos(5)),
        }
        assert!(shared.pop().is_some());
        assert_eq!(shared.earliest(), Deadline::NEVER, "a hint too many goes");
    });
}
