//! The slots alone.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Wake, Waker};

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// One who begins to wait.
fn wait(slots: &Slots) -> Arc<Waiter> {
    let waiter = slots.ticket();
    assert!(!slots.wait(&waiter), "there is no room");
    assert_eq!(poll(&waiter), None);
    waiter
}

fn poll(waiter: &Waiter) -> Option<bool> {
    waiter.poll(Waker::noop())
}

/// One slot, and it is taken.
fn full() -> Slots {
    let slots = Slots::new(1);
    assert_eq!((slots.take(), slots.take()), (Take::Taken, Take::Full));
    slots
}

#[test]
fn room_for_so_many() {
    let slots = Slots::new(2);
    assert_eq!(
        [slots.take(), slots.take(), slots.take()],
        [Take::Taken, Take::Taken, Take::Full]
    );
    assert_eq!(slots.give_back(), GivenBack::Free);
    assert_eq!(slots.taken(), 1);
    assert_eq!(slots.take(), Take::Taken);
}

#[test]
fn the_longest_wait_ends_first_and_nobody_overtakes() {
    let slots = full();
    for waiter in [(); 3].map(|()| wait(&slots)) {
        assert_eq!(slots.give_back(), GivenBack::Owed);
        assert!(slots.is_owing());
        assert_eq!(slots.take(), Take::Full, "the slot has an owner already");
        let paid = slots.pay().expect("somebody waits");
        assert!(Arc::ptr_eq(&paid, &waiter));
        assert_eq!(poll(&waiter), Some(true));
        assert!(slots.pay().is_none() && !slots.is_owing());
        assert_eq!(slots.take(), Take::Full);
    }
    assert_eq!(slots.taken(), 1);
}

/// The order is that of asking, also when what was asked arrives in another.
#[test]
fn a_ticket_is_a_place() {
    let slots = full();
    let (first, second) = (slots.ticket(), slots.ticket());
    assert!(!slots.wait(&second) && !slots.wait(&first));
    let _ = slots.give_back();
    assert!(Arc::ptr_eq(&slots.pay().unwrap(), &first));
}

#[test]
fn who_leaves_is_passed_over_and_gives_back_what_was_granted() {
    let slots = full();
    let [first, second, third] = [(); 3].map(|()| wait(&slots));
    assert_eq!(first.leave(), Left::Place);
    slots.forget(&first);
    assert_eq!(second.leave(), Left::Place);
    assert_eq!(slots.give_back(), GivenBack::Owed);
    assert!(Arc::ptr_eq(&slots.pay().unwrap(), &second), "not forgotten");
    assert!(Arc::ptr_eq(&slots.pay().unwrap(), &third));
    assert_eq!(third.leave(), Left::Slot);
    assert_eq!(slots.give_back(), GivenBack::Free, "nobody waits any more");
    assert!(slots.pay().is_none());
    assert_eq!((slots.taken(), slots.take()), (0, Take::Taken));
}

/// What is owed is free as soon as nobody waits any more, all at once.
#[test]
fn what_nobody_waits_for_is_free() {
    let slots = Slots::new(3);
    for _ in 0..3 {
        assert_eq!(slots.take(), Take::Taken);
    }
    let waiter = wait(&slots);
    assert_eq!(
        [(); 2].map(|()| slots.give_back()),
        [const { GivenBack::Owed }; 2]
    );
    assert_eq!(waiter.leave(), Left::Place);
    slots.forget(&waiter);
    assert!(slots.pay().is_none() && !slots.is_owing());
    assert_eq!((slots.taken(), slots.take()), (1, Take::Taken));
    assert_eq!(slots.give_back(), GivenBack::Free);
}

/// A thread that cannot pay, of another lane, finds the room of a job that has ended.
#[test]
fn the_last_of_the_line_leaves_no_debt_behind() {
    let slots = full();
    let waiter = wait(&slots);
    assert_eq!(slots.give_back(), GivenBack::Owed);
    assert!(slots.pay().is_some());
    assert_eq!(poll(&waiter), Some(true));
    assert_eq!(slots.give_back(), GivenBack::Free);
    assert_eq!(slots.take(), Take::Taken);
}

#[test]
fn a_slot_that_became_free_before_the_line_is_taken() {
    let slots = full();
    assert_eq!(slots.give_back(), GivenBack::Free);
    let (gone, waiter) = (slots.ticket(), slots.ticket());
    assert_eq!(gone.leave(), Left::Place);
    assert!(slots.wait(&gone));
    assert_eq!(slots.taken(), 0, "who has left takes none");
    assert!(slots.wait(&waiter));
    assert_eq!((poll(&waiter), slots.taken()), (Some(true), 1));
}

#[test]
fn closing_ends_all_waiting() {
    let slots = full();
    let (granted, waiting) = (wait(&slots), wait(&slots));
    let _ = slots.give_back();
    assert!(slots.pay().is_some());
    let (count, left) = (std::sync::Arc::new(Count::default()), wait(&slots));
    assert_eq!(waiting.poll(&Waker::from(count.clone())), None);
    assert_eq!(left.leave(), Left::Place);
    let told: Vec<Arc<Waiter>> = slots.close().collect();
    assert_eq!(told.len(), 2, "who has left may hear of it");
    told.iter()
        .filter_map(|waiter| waiter.take_waker())
        .for_each(Waker::wake);
    assert_eq!(count.0.load(Relaxed), 1);
    assert_eq!((poll(&granted), poll(&waiting)), (Some(true), Some(false)));
    assert_eq!(
        (waiting.leave(), slots.take()),
        (Left::Nothing, Take::Closed)
    );
    let late = slots.ticket();
    assert!(slots.wait(&late));
    assert_eq!(poll(&late), Some(false));
    assert_eq!((slots.give_back(), slots.taken()), (GivenBack::Free, 0));
}

#[test]
fn room_for_all_there_is() {
    let slots = Slots::new(usize::MAX);
    assert_eq!((slots.take(), slots.taken()), (Take::Taken, 1));
    assert_eq!(slots.give_back(), GivenBack::Free);
}
