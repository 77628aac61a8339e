//! Models of the mask and a shared queue: see the race in ready_mask.md.

use laneway_fifo::{Injector, ring};
use laneway_loom::{model, sync::Arc, thread};

use super::*;

const CLASS: Priority = Priority::Critical;

struct Shared {
    queue: Injector<u32>,
    mask: ReadyMask,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: Injector::new(),
            mask: ReadyMask::new(),
        })
    }

    fn push(&self, item: u32) {
        self.queue.push(item).unwrap();
        self.mask.raise(CLASS);
    }

    /// Takes everything, as a worker does.
    fn take(&self) {
        let (mut owner, _stealer) = ring::ring::<_, 4>();
        let _ = self.queue.refill(&mut owner, |len| len);
        if self.queue.is_empty() {
            self.mask.lower(CLASS, || self.queue.is_empty());
        }
    }

    /// Either nothing is left, or the bit is set.
    fn assert_told(&self) {
        assert!(
            self.queue.is_empty() || self.mask.get().contains(CLASS),
            "an item waits, and the bit is clear"
        );
    }
}

#[test]
fn a_bit_is_not_lost() {
    model(3, || {
        let shared = Shared::new();
        shared.push(0);
        let worker = thread::spawn({
            let shared = shared.clone();
            move || shared.take()
        });
        shared.push(1);
        worker.join().unwrap();
        shared.assert_told();
    });
}

#[test]
fn a_bit_is_not_lost_between_two_who_push() {
    model(2, || {
        let shared = Shared::new();
        let pusher = thread::spawn({
            let shared = shared.clone();
            move || shared.push(0)
        });
        let worker = thread::spawn({
            let shared = shared.clone();
            move || shared.take()
        });
        shared.push(1);
        pusher.join().unwrap();
        worker.join().unwrap();
        shared.assert_told();
    });
}

#[test]
fn a_bit_is_not_lost_between_two_who_take() {
    model(2, || {
        let shared = Shared::new();
        shared.push(0);
        let workers = [(); 2].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || shared.take())
        });
        shared.push(1);
        for worker in workers {
            worker.join().unwrap();
        }
        shared.assert_told();
    });
}

/// What is cleared once too often, or set once too often, does not last.
#[test]
fn a_bit_too_many_goes_with_the_next_look() {
    model(2, || {
        let shared = Shared::new();
        shared.push(0);
        let worker = thread::spawn({
            let shared = shared.clone();
            move || shared.take()
        });
        shared.take();
        worker.join().unwrap();
        shared.take();
        assert_eq!(shared.mask.get(), Classes::NONE);
    });
}
