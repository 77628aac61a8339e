//! Models of a shared queue: its items on their way, against who looks whether any is left.

use laneway_loom::{
    model,
    sync::{
        Arc,
        atomic::{Ordering::SeqCst, fence},
    },
    thread,
};

use super::*;
use crate::ring::{Stealer, ring};

const N: usize = 4;

/// What `Scheduler::is_idle` looks at, in its order.
fn is_idle(injector: &Injector<u32>, stealers: &[&Stealer<u32, N>]) -> bool {
    fence(SeqCst);
    injector.is_empty() && stealers.iter().all(|stealer| stealer.is_empty())
}

/// From the inbox over the queue to a ring: two items wait, one is taken.
#[test]
fn an_item_is_never_in_no_place() {
    model(3, || {
        let injector = Arc::new(Injector::new());
        injector.push(0).unwrap();
        injector.push(1).unwrap();
        let (mut owner, stealer) = ring::<u32, N>();
        let looker = thread::spawn({
            let injector = injector.clone();
            move || is_idle(&injector, &[&stealer])
        });
        assert_eq!(injector.refill(&mut owner, |_| 1), Refill::Moved);
        assert_eq!(owner.pop(), Some(0));
        assert_eq!(injector.try_refill(&mut owner, |_| 1), Refill::Moved);
        assert!(!looker.join().unwrap(), "an item waits");
        assert_eq!(owner.pop(), Some(1));
    });
}

/// A push between two who move.
#[test]
fn a_push_while_two_refill() {
    model(2, || {
        let injector = Arc::new(Injector::new());
        injector.push(0).unwrap();
        let refiller = |injector: Arc<Injector<u32>>| {
            thread::spawn(move || {
                let (mut owner, _stealer) = ring::<u32, N>();
                let refill = injector.try_refill(&mut owner, |len| len);
                assert!(!matches!(refill, Refill::Item(_)), "there is room");
                std::iter::from_fn(|| owner.pop()).collect::<Vec<_>>()
            })
        };
        let one = refiller(injector.clone());
        let two = refiller(injector.clone());
        injector.push(1).unwrap();
        let mut items = one.join().unwrap();
        items.extend(two.join().unwrap());
        items.extend(injector.close());
        items.sort_unstable();
        assert_eq!(items, [0, 1]);
        assert!(is_idle(&injector, &[]));
    });
}

/// What is on its way when the queue is closed comes out; what was refused does not.
#[test]
fn a_close_while_items_are_moved() {
    model(3, || {
        let injector = Arc::new(Injector::new());
        injector.push(0).unwrap();
        let pusher = thread::spawn({
            let injector = injector.clone();
            move || injector.push(1).err()
        });
        let refiller = thread::spawn({
            let injector = injector.clone();
            move || {
                let (mut owner, _stealer) = ring::<u32, N>();
                let _ = injector.refill(&mut owner, |_| 1);
                owner.pop()
            }
        });
        let mut items: Vec<u32> = injector.close().collect();
        items.extend(pusher.join().unwrap());
        items.extend(refiller.join().unwrap());
        items.sort_unstable();
        assert_eq!(items, [0, 1]);
        assert!(injector.is_empty());
    });
}
