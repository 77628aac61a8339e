//! The slots alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn waker() -> Waker {
    Waker::from(Arc::new(Count::default()))
}

fn wait(slots: &mut Slots, waker: &Waker) -> Option<Ticket> {
    let mut ticket = None;
    assert!(matches!(
        slots.wait(&mut ticket, waker.clone()),
        Wait::Waiting(None)
    ));
    ticket
}

#[test]
fn room_for_so_many() {
    let mut slots = Slots::new(2);
    assert_eq!(
        [slots.take(), slots.take(), slots.take()],
        [Take::Taken, Take::Taken, Take::Full]
    );
    assert!(slots.give_back().is_none());
    assert_eq!(slots.taken(), 1);
    assert_eq!(slots.take(), Take::Taken);
}

#[test]
fn the_longest_wait_ends_first_and_nobody_overtakes() {
    let mut slots = Slots::new(1);
    assert_eq!(slots.take(), Take::Taken);
    let wakers = [waker(), waker(), waker()];
    let mut tickets = wakers.each_ref().map(|waker| wait(&mut slots, waker));
    for (waker, ticket) in wakers.iter().zip(&mut tickets) {
        let woken = slots.give_back().expect("somebody waits");
        assert!(woken.will_wake(waker));
        assert_eq!(slots.take(), Take::Full, "the slot has an owner already");
        assert!(matches!(
            slots.wait(ticket, waker.clone()),
            Wait::Taken(Some(_))
        ));
        assert!(matches!(
            slots.wait_on(ticket.unwrap(), waker),
            Some(Wait::Taken(None))
        ));
    }
    assert_eq!(slots.taken(), 1);
}

#[test]
fn a_changed_waker_keeps_its_place() {
    let mut slots = Slots::new(1);
    assert_eq!(slots.take(), Take::Taken);
    let (first, second, other) = (waker(), waker(), waker());
    let mut ticket = wait(&mut slots, &first);
    wait(&mut slots, &other);
    assert!(matches!(
        slots.wait_on(ticket.unwrap(), &first),
        Some(Wait::Waiting(None))
    ));
    assert!(slots.wait_on(ticket.unwrap(), &second).is_none());
    match slots.wait(&mut ticket, second.clone()) {
        Wait::Waiting(Some(displaced)) => assert!(displaced.will_wake(&first)),
        wait => panic!("{wait:?}"),
    }
    assert!(slots.give_back().unwrap().will_wake(&second));
}

#[test]
fn who_stops_waiting_gives_back_what_was_granted() {
    let mut slots = Slots::new(1);
    assert_eq!(slots.take(), Take::Taken);
    let waker = waker();
    let (first, second) = (
        wait(&mut slots, &waker).unwrap(),
        wait(&mut slots, &waker).unwrap(),
    );
    assert!(
        slots.stop_waiting(first).unwrap().is_some(),
        "not granted yet"
    );
    assert!(slots.give_back().is_some());
    assert_eq!(slots.stop_waiting(second).unwrap_err(), Granted);
    assert!(slots.give_back().is_none());
    assert_eq!(slots.taken(), 0);
}

#[test]
fn a_slot_that_became_free_before_the_second_look_is_taken() {
    let mut slots = Slots::new(1);
    assert_eq!((slots.take(), slots.take()), (Take::Taken, Take::Full));
    assert!(slots.give_back().is_none());
    let mut ticket = None;
    assert!(matches!(
        slots.wait(&mut ticket, waker()),
        Wait::Taken(Some(_))
    ));
    assert!(ticket.is_none());
}

#[test]
fn closing_ends_all_waiting() {
    let mut slots = Slots::new(1);
    assert_eq!(slots.take(), Take::Taken);
    let waker = waker();
    let mut granted = wait(&mut slots, &waker);
    let mut waiting = wait(&mut slots, &waker);
    assert!(slots.give_back().is_some());
    assert_eq!(slots.close().count(), 1);
    assert_eq!(slots.take(), Take::Closed);
    for ticket in [&mut granted, &mut waiting] {
        assert!(matches!(
            slots.wait_on(ticket.unwrap(), &waker),
            Some(Wait::Closed(None))
        ));
        assert!(matches!(
            slots.wait(ticket, waker.clone()),
            Wait::Closed(Some(_))
        ));
        assert!(slots.stop_waiting(ticket.unwrap()).unwrap().is_none());
    }
}
