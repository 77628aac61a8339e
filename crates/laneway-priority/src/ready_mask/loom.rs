//! Models of the mask and a shared queue: see the race in ready_mask.md.

use laneway_fifo::ring;
use laneway_loom::{model, sync::Arc, thread};

use super::*;
use crate::shared::Shared;

const CLASS: Priority = Priority::Critical;

fn push(shared: &Shared<u32>) {
    shared.inject(0, CLASS).expect("it is open");
}

/// Takes everything, as a worker does.
fn take(shared: &Shared<u32>) {
    let (mut owner, _stealer) = ring::ring::<_, 4>();
    let _ = shared.queue(CLASS).refill(&mut owner, |len| len);
    shared.update_mask(CLASS);
}

/// On a thread of its own.
fn spawn(shared: &Arc<Shared<u32>>, f: fn(&Shared<u32>)) -> thread::JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || f(&shared))
}

/// Either nothing is left, or the bit is set.
fn assert_told(shared: &Shared<u32>) {
    assert!(
        shared.queue(CLASS).is_empty() || shared.ready.get().contains(CLASS),
        "an item waits, and the bit is clear"
    );
}

#[test]
fn a_bit_is_not_lost() {
    model(3, || {
        let shared = Arc::new(Shared::new());
        push(&shared);
        let worker = spawn(&shared, take);
        push(&shared);
        worker.join().unwrap();
        assert_told(&shared);
    });
}

#[test]
fn a_bit_is_not_lost_between_two_who_push() {
    model(2, || {
        let shared = Arc::new(Shared::new());
        let pusher = spawn(&shared, push);
        let worker = spawn(&shared, take);
        push(&shared);
        pusher.join().unwrap();
        worker.join().unwrap();
        assert_told(&shared);
    });
}

#[test]
fn a_bit_is_not_lost_between_two_who_take() {
    model(2, || {
        let shared = Arc::new(Shared::new());
        push(&shared);
        let workers = [(); 2].map(|()| spawn(&shared, take));
        push(&shared);
        for worker in workers {
            worker.join().unwrap();
        }
        assert_told(&shared);
    });
}

/// What is set once too often does not last.
#[test]
fn a_bit_too_many_goes_with_the_next_look() {
    model(2, || {
        let shared = Arc::new(Shared::new());
        push(&shared);
        let worker = spawn(&shared, take);
        take(&shared);
        worker.join().unwrap();
        take(&shared);
        assert_eq!(shared.ready.get(), Classes::NONE);
    });
}
