//! Places, pages and generations.

use laneway_loom::sync::Arc;
use mio::Token;

use super::{FIRST, INDEX_BITS, PAGES, Refused, Table, parts, start};

/// Every index is in exactly one page, and the last is not a token of the reactor's own.
#[test]
fn pages_are_contiguous() {
    for number in 0..PAGES.min(12) {
        let (first, next) = (start(number), start(number + 1));
        assert_eq!(next - first, FIRST << number);
        for index in [first, next - 1] {
            assert_eq!((index / FIRST + 1).ilog2() as usize, number);
        }
    }
    assert!(start(PAGES) < (1 << INDEX_BITS) - 1);
}

/// Many times in and out, at random, leaves as many slots as were ever used at once.
#[test]
fn places_are_used_again() {
    let table = Table::new();
    let mut random = 1_u64;
    let mut live = Vec::new();
    let mut most = 0;
    for number in 0..200_000_u64 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if live.is_empty() || live.len() < 500 && random.is_multiple_of(2) {
            live.push((table.insert(Arc::new(number)).unwrap(), number));
            most = most.max(live.len());
        } else {
            let (token, value) = live.swap_remove(random as usize / 2 % live.len());
            assert_eq!(table.get(token).as_deref(), Some(&value));
            table.remove(token);
            assert!(table.get(token).is_none());
        }
    }
    for (token, value) in &live {
        assert_eq!(table.get(*token).as_deref(), Some(value));
    }
    let slots: usize = table
        .pages
        .iter()
        .filter_map(|page| page.get())
        .map(|page| page.len())
        .sum();
    assert!(
        slots < 2 * (most + FIRST),
        "{slots} slots for {most} entries"
    );
}

/// One place, many times: no token ever comes twice.
#[test]
fn generations_differ() {
    let table = Table::new();
    let mut last = Token(usize::MAX);
    for _ in 0..1000 {
        let token = table.insert(Arc::new(())).unwrap();
        assert_ne!(token, last);
        assert!(table.get(last).is_none());
        table.remove(token);
        last = token;
    }
    assert_eq!(parts(last), (0, 999));
}

/// Whoever fills or empties a slot may be stopped there: nobody who looks an event up waits for it.
#[test]
fn a_slot_that_is_held() {
    let table = Table::new();
    let [held, free] = [1, 2].map(|entry| table.insert(Arc::new(entry)).unwrap());
    let guard = table.slot(parts(held).0).occupant.lock();
    assert!(table.get(held).is_none());
    assert_eq!(table.get(free).as_deref(), Some(&2));
    // Others find their places meanwhile.
    let third = table.insert(Arc::new(3)).unwrap();
    table.remove(free);
    drop(guard);
    assert_eq!(table.get(held).as_deref(), Some(&1));
    table.remove(third);
}

#[test]
fn unknown_tokens() {
    let table = Table::<()>::new();
    assert!(table.get(Token(0)).is_none());
    assert!(table.get(Token(usize::MAX)).is_none());
}

#[test]
fn closed() {
    let table = Table::new();
    let token = table.insert(Arc::new(1)).unwrap();
    let gone = table.insert(Arc::new(2)).unwrap();
    table.remove(gone);
    let mut told = Vec::new();
    table.close(|entry| told.push(*entry));
    assert_eq!(told, [1]);
    assert_eq!(table.insert(Arc::new(3)), Err(Refused::Closed));
    assert!(table.is_closed());
    // What is there can still be found and removed.
    assert!(table.get(token).is_some());
    table.remove(token);
}
