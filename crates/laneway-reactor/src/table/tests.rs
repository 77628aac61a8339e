//! Entries that come and go, and the numbers they have.

use laneway_loom::sync::{Arc, atomic::Ordering::Relaxed};
use mio::Token;

use super::{END, Entries, PATIENCE, Refused, Table};

/// Many times in and out, at random: each token finds its entry until it is removed, and nothing after.
#[test]
fn in_and_out() {
    let (table, mut entries) = (Table::new(), Entries::new());
    let mut random = 1_u64;
    let mut live = Vec::new();
    let mut gone = Vec::new();
    for number in 0..100_000_u64 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if live.is_empty() || live.len() < 500 && random.is_multiple_of(2) {
            live.push((table.insert(Arc::new(number)).unwrap(), number));
        } else {
            let (token, _) = live.swap_remove(random as usize / 2 % live.len());
            let _ = table.remove(token);
            gone.push(token);
        }
        if random.is_multiple_of(100) {
            entries.update(&table);
            for (token, value) in &live {
                assert_eq!(entries.get(*token), Some(value));
            }
            for token in gone.drain(..) {
                assert_eq!(entries.get(token), None);
            }
        }
    }
    entries.update(&table);
    assert_eq!(entries.0.len(), live.len());
}

/// Nobody is woken for each that goes, but in the end for many.
#[test]
fn what_goes_does_not_pile_up() {
    let table = Table::new();
    let tokens: Vec<_> = (0..10 * PATIENCE)
        .map(|number| table.insert(Arc::new(number)).unwrap())
        .collect();
    let calls = tokens.into_iter().filter(|token| table.remove(*token));
    assert_eq!(calls.count(), 10);
}

/// What the system refuses, as often as it likes, takes one place.
#[test]
fn unused_places_are_used_again() {
    let (table, mut entries) = (Table::new(), Entries::new());
    assert!(table.reuse().is_none());
    let entry = |number: u32| {
        let entry = Arc::new(number);
        (table.insert(entry.clone()).unwrap(), entry)
    };
    let all = [entry(1), entry(2), entry(3)];
    for (token, entry) in all.clone() {
        table.spare(token, entry);
    }
    for _ in 0..100 {
        let (token, entry) = table.reuse().unwrap();
        table.spare(token, entry);
    }
    let reused = std::iter::from_fn(|| table.reuse());
    assert_eq!(reused.count(), 3);
    table.spare(all[0].0, all[0].1.clone());
    assert_eq!(entries.close(&table).count(), 3);
    assert!(table.reuse().is_none(), "it has been told of the end");
}

#[test]
fn unknown_tokens() {
    let (table, mut entries) = (Table::<()>::new(), Entries::new());
    entries.update(&table);
    assert!(entries.get(Token(0)).is_none());
    assert!(entries.get(Token(usize::MAX)).is_none());
}

/// The tokens of the reactor's own are never given out, nor is any other twice.
#[test]
fn the_numbers_end() {
    let table = Table::new();
    table.next.store(END - 1, Relaxed);
    assert_eq!(table.insert(Arc::new(1)), Ok(Token(usize::MAX - 2)));
    assert_eq!(table.insert(Arc::new(2)), Err(Refused::Full));
}

#[test]
fn closed() {
    let (table, mut entries) = (Table::new(), Entries::new());
    let early = table.insert(Arc::new(1)).unwrap();
    entries.update(&table);
    let gone = table.insert(Arc::new(2)).unwrap();
    let _ = table.remove(gone);
    let late = table.insert(Arc::new(3)).unwrap();
    assert!(!table.is_closed());
    let mut told: Vec<_> = entries.close(&table).map(|entry| *entry).collect();
    told.sort_unstable();
    assert_eq!(told, [1, 3]);
    assert_eq!(table.insert(Arc::new(4)), Err(Refused::Closed));
    assert!(table.is_closed());
    for token in [early, late] {
        assert!(entries.get(token).is_none());
        assert!(!table.remove(token));
    }
    assert_eq!(entries.close(&table).count(), 0);
}

/// Dense numbers, as they come, meet neither in the low bits of their hash nor in the high ones.
#[test]
fn numbers_are_spread() {
    use std::collections::HashSet;
    use std::hash::Hasher;
    let hash = |number| {
        let mut spread = super::Spread::default();
        spread.write_usize(number);
        spread.finish()
    };
    for start in [0, 1 << 20, 12_345_678] {
        let hashes: Vec<u64> = (start..start + 128).map(hash).collect();
        let low: HashSet<u64> = hashes.iter().map(|hash| hash % 128).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert_eq!(low.len(), 128);
        assert!(high.len() >= 64, "{}", high.len());
    }
}
