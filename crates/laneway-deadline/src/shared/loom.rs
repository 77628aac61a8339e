//! A model of the hint: an item in the inbox is known to be early, or about to be told of.

use laneway_loom::{model, sync::Arc, thread};

use super::*;

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
