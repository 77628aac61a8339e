//! Models of a ring: its owner against thieves, over the point where its cursors wrap.
//!
//! Items are numbers in the order they were pushed. Each model ends by counting them: every one came
//! out once, whoever had it. That nobody reads a slot that another writes is loom's own business.

use laneway_loom::{model, thread};

use super::*;

/// Small, so that models fill it: thieves take two at most.
const N: usize = 4;

type Pair = (Owner<u32, N>, Stealer<u32, N>);

/// Steals once: what it got, in order.
fn steal(victim: &Stealer<u32, N>) -> Vec<u32> {
    let (mut thief, own): Pair = ring();
    let oldest = victim_order(thief.steal_from(victim), &mut thief);
    assert!(own.is_empty());
    oldest
}

fn victim_order(first: Option<u32>, thief: &mut Owner<u32, N>) -> Vec<u32> {
    let all: Vec<u32> = first
        .into_iter()
        .chain(std::iter::from_fn(|| thief.pop()))
        .collect();
    assert!(all.is_sorted(), "a thief keeps the order: {all:?}");
    all
}

fn another<const M: usize>(stealer: &Stealer<u32, M>) -> Stealer<u32, M> {
    Stealer {
        ring: stealer.ring.clone(),
    }
}

/// Every number below `count`, once.
fn assert_complete(mut items: Vec<u32>, count: u32) {
    items.sort_unstable();
    assert_eq!(items, (0..count).collect::<Vec<_>>());
}

#[test]
fn a_thief_sees_what_was_pushed() {
    model(3, || {
        let (mut owner, stealer): Pair = ring();
        let thief = thread::spawn(move || steal(&stealer));
        owner.push(0).unwrap();
        owner.push(1).unwrap();
        let mut items: Vec<u32> = std::iter::from_fn(|| owner.pop()).collect();
        items.extend(thief.join().unwrap());
        assert_complete(items, 2);
    });
}

/// The last item goes to one of them.
#[test]
fn owner_and_thief_take_the_last_item() {
    model(3, || {
        let (mut owner, stealer): Pair = ring();
        owner.push(0).unwrap();
        let thief = thread::spawn(move || steal(&stealer));
        let mut items: Vec<u32> = owner.pop().into_iter().collect();
        items.extend(thief.join().unwrap());
        assert_complete(items, 1);
    });
}

/// A slot is written again only after the thief has read it: the ring is full, and stays so until
/// the theft has ended.
#[test]
fn the_owner_pushes_during_a_theft() {
    model(3, || {
        let (mut owner, stealer): Pair = ring();
        owner.extend(0..4);
        let thief = thread::spawn(move || steal(&stealer));
        let mut items = Vec::new();
        for item in 4..8 {
            if let Err(item) = owner.push(item) {
                items.push(item);
                items.extend(owner.pop());
            }
        }
        items.extend(std::iter::from_fn(|| owner.pop()));
        items.extend(thief.join().unwrap());
        assert_complete(items, 8);
    });
}

/// The same, with a theft that begins again and again.
#[test]
fn a_thief_comes_twice() {
    model(3, || {
        let (mut owner, stealer): Pair = ring();
        owner.extend(0..2);
        let thief = thread::spawn(move || {
            let mut items = steal(&stealer);
            items.extend(steal(&stealer));
            items
        });
        let mut items: Vec<u32> = owner.pop().into_iter().collect();
        for item in 2..5 {
            if let Err(item) = owner.push(item) {
                items.push(item);
            }
        }
        items.extend(std::iter::from_fn(|| owner.pop()));
        items.extend(thief.join().unwrap());
        assert_complete(items, 5);
    });
}

/// The owner goes on with what it has begun: a thief gets it or the owner does.
#[test]
fn the_owner_puts_back_what_it_popped() {
    model(3, || {
        let (mut owner, stealer): Pair = ring();
        owner.extend(1..3);
        let thief = thread::spawn(move || steal(&stealer));
        let mut items = vec![owner.pop().expect("a thief takes one of two")];
        // Another item, so that it matters which of the two a thief reads.
        items.extend(owner.push_front(0).err());
        items.extend(std::iter::from_fn(|| owner.pop()));
        items.extend(thief.join().unwrap());
        assert_complete(items, 3);
    });
}

/// Into a slot that a thief has just read, or is about to find.
#[test]
fn the_owner_puts_back_between_two_thieves() {
    model(2, || {
        let (mut owner, stealer): Pair = ring();
        owner.extend(1..4);
        let also = another(&stealer);
        let one = thread::spawn(move || steal(&stealer));
        let two = thread::spawn(move || steal(&also));
        let mut items: Vec<u32> = owner.push_front(0).err().into_iter().collect();
        items.extend(owner.pop());
        items.extend(one.join().unwrap());
        items.extend(two.join().unwrap());
        items.extend(std::iter::from_fn(|| owner.pop()));
        assert_complete(items, 4);
    });
}

#[test]
fn two_thieves() {
    model(2, || {
        let (mut owner, stealer): Pair = ring();
        owner.extend(0..3);
        let also = another(&stealer);
        let one = thread::spawn(move || steal(&stealer));
        let two = thread::spawn(move || steal(&also));
        let mut items: Vec<u32> = owner.pop().into_iter().collect();
        if let Err(item) = owner.push(3) {
            items.push(item);
        }
        items.extend(std::iter::from_fn(|| owner.pop()));
        items.extend(one.join().unwrap());
        items.extend(two.join().unwrap());
        assert_complete(items, 4);
    });
}

/// The second thief waits for the first: otherwise the end of one theft would free the slots that
/// the other still reads. Then it sees what the first has done, and nothing older.
#[test]
fn two_thieves_while_the_owner_pushes() {
    model(2, || {
        let (mut owner, stealer): Pair = ring();
        let also = another(&stealer);
        let one = thread::spawn(move || steal(&stealer));
        let two = thread::spawn(move || steal(&also));
        owner.push(0).unwrap();
        owner.push(1).unwrap();
        let mut items = one.join().unwrap();
        items.extend(two.join().unwrap());
        items.extend(std::iter::from_fn(|| owner.pop()));
        assert_complete(items, 2);
    });
}

/// A thief steals from one who steals from a third.
#[test]
fn a_chain_of_thieves() {
    model(2, || {
        let (mut owner, stealer): Pair = ring();
        owner.extend(0..4);
        let (mut middle, its): Pair = ring();
        let last = thread::spawn(move || steal(&its));
        let mut items: Vec<u32> = middle.steal_from(&stealer).into_iter().collect();
        items.extend(std::iter::from_fn(|| middle.pop()));
        items.extend(std::iter::from_fn(|| owner.pop()));
        items.extend(last.join().unwrap());
        assert_complete(items, 4);
    });
}

/// The owner books its own full ring: a thief finds the older half, before or after.
#[test]
fn splitting_off_a_full_ring_against_a_thief() {
    split_off_against_thieves(4, 2, 1);
}

/// A ring that is not full is counted a turn later too, so its tail jumps.
#[test]
fn splitting_off_against_a_thief() {
    split_off_against_thieves(3, 1, 1);
}

#[test]
fn splitting_off_against_two_thieves() {
    split_off_against_thieves(3, 1, 2);
}

fn split_off_against_thieves(ready: u32, count: usize, thieves: usize) {
    model(4 - thieves, move || {
        let (mut owner, stealer): Pair = ring();
        (0..ready).for_each(|item| owner.push(item).unwrap());
        let thieves: Vec<_> = (0..thieves)
            .map(|_| {
                let stealer = another(&stealer);
                thread::spawn(move || steal(&stealer))
            })
            .collect();
        let mut items = Vec::new();
        owner.split_off_newest(count, |item| items.push(item));
        for item in ready..ready + 2 {
            if let Err(item) = owner.push(item) {
                items.push(item);
            }
        }
        items.extend(std::iter::from_fn(|| owner.pop()));
        for thief in thieves {
            items.extend(thief.join().unwrap());
        }
        assert_complete(items, ready + 2);
    });
}

/// Who drops the last half on another thread finds the items as they were left.
#[test]
fn the_last_half_drops_what_is_left() {
    model(3, || {
        let alive = std::sync::Arc::new(());
        let (mut owner, stealer) = ring::<_, N>();
        owner.extend(std::iter::repeat_n(alive.clone(), 3));
        let thief = thread::spawn(move || {
            let (mut thief, _own) = ring::<_, N>();
            drop(thief.steal_from(&stealer));
        });
        drop(owner.pop());
        drop(owner);
        thief.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&alive), 1);
    });
}
