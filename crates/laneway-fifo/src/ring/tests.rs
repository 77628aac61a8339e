//! What happens in a ring on one thread.

use std::sync::Arc;

use super::*;

fn numbers<const N: usize>(owner: &mut Owner<u32, N>) -> Vec<u32> {
    std::iter::from_fn(|| owner.pop()).collect()
}

#[test]
fn items_leave_in_the_order_they_came() {
    let (mut owner, stealer) = ring::<u32, 4>();
    assert!(stealer.is_empty());
    // Many turns of the ring, over the point where cursors wrap.
    for turn in 0..10 {
        for item in 0..3 {
            assert_eq!(owner.push(turn * 3 + item), Ok(()));
        }
        assert_eq!((stealer.ring.len_hint(), owner.room()), (3, 1));
        assert_eq!(numbers(&mut owner), [turn * 3, turn * 3 + 1, turn * 3 + 2]);
        assert_eq!((stealer.ring.len_hint(), owner.room()), (0, 4));
    }
}

#[test]
fn a_full_ring_gives_the_item_back() {
    let (mut owner, _stealer) = ring::<u32, 4>();
    owner.extend(0..10);
    assert_eq!(owner.room(), 0);
    assert_eq!(owner.push(4), Err(4));
    assert_eq!(owner.pop(), Some(0));
    assert_eq!(owner.push(4), Ok(()));
    assert_eq!(numbers(&mut owner), [1, 2, 3, 4]);
}

#[test]
fn a_thief_takes_the_older_half_rounded_up() {
    for (ready, stolen) in [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2)] {
        let (mut owner, stealer) = ring::<u32, 4>();
        let (mut thief, _) = ring::<u32, 4>();
        owner.extend(0..ready);
        assert_eq!(thief.steal_from(&stealer), (stolen > 0).then_some(0));
        assert_eq!(numbers(&mut thief), (1..stolen).collect::<Vec<_>>());
        assert_eq!(numbers(&mut owner), (stolen..ready).collect::<Vec<_>>());
    }
}

#[test]
fn a_thief_takes_no_more_than_it_has_room_for() {
    let (mut owner, stealer) = ring::<u32, 4>();
    let (mut thief, _) = ring::<u32, 4>();
    owner.extend(0..4);
    thief.extend(10..14);
    assert_eq!(
        thief.steal_from(&stealer),
        Some(0),
        "returned, so it needs no room"
    );
    assert_eq!(numbers(&mut owner), [1, 2, 3]);
    assert_eq!(numbers(&mut thief), [10, 11, 12, 13]);
}

#[test]
fn a_ring_can_steal_from_itself() {
    let (mut owner, stealer) = ring::<u32, 4>();
    owner.extend(0..3);
    assert_eq!(owner.steal_from(&stealer), Some(0));
    assert_eq!(numbers(&mut owner), [2, 1]);
}

#[test]
fn what_is_pushed_in_front_leaves_first() {
    let (mut owner, stealer) = ring::<u32, 4>();
    // Forward over the point where cursors wrap, and back again.
    for forward in [0, 1, 2, 3, 0, 1] {
        for _ in 0..forward {
            owner.push(9).unwrap();
            assert_eq!(owner.pop(), Some(9));
        }
        for item in (0..4).rev() {
            assert_eq!(owner.push_front(item), Ok(()));
        }
        assert_eq!((stealer.ring.len_hint(), owner.room()), (4, 0));
        assert_eq!(owner.push_front(4), Err(4));
        assert_eq!(owner.pop(), Some(0));
        assert_eq!(owner.push(4), Ok(()));
        let (mut thief, _) = ring::<u32, 4>();
        assert_eq!(thief.steal_from(&stealer), Some(1));
        assert_eq!(owner.push_front(5), Ok(()));
        assert_eq!(numbers(&mut owner), [5, 3, 4]);
        assert!(owner.is_empty());
    }
}

#[test]
fn a_thief_at_work_keeps_the_front() {
    let (mut owner, stealer) = ring::<u32, 4>();
    owner.extend(0..2);
    let (first, _) = stealer.ring.book(4).unwrap();
    assert_eq!(owner.push_front(2), Err(2));
    // SAFETY: just booked.
    assert_eq!(unsafe { stealer.ring.take(first) }, 0);
    stealer.ring.end_theft();
    assert_eq!(owner.push_front(2), Ok(()));
    assert_eq!(numbers(&mut owner), [2, 1]);
}

#[test]
fn the_newest_split_off() {
    let (mut owner, stealer) = ring::<u32, 4>();
    // On a full ring and on others; over the point where cursors wrap.
    for turn in 0..5 {
        for (ready, count) in [(4, 2), (4, 4), (3, 1), (3, 5), (1, 1), (2, 0)] {
            let first = turn * 10;
            (first..first + ready).for_each(|item| owner.push(item).unwrap());
            let mut newest = Vec::new();
            owner.split_off_newest(count, |item| newest.push(item));
            let left = ready - (count as u32).min(ready);
            assert_eq!(newest, (first + left..first + ready).collect::<Vec<_>>());
            assert_eq!(
                (stealer.ring.len_hint(), owner.room()),
                (left as usize, 4 - left as usize)
            );
            if left > 0 {
                let (mut thief, _) = ring::<u32, 4>();
                assert_eq!(thief.steal_from(&stealer), Some(first));
                assert_eq!(numbers(&mut thief).len(), left.div_ceil(2) as usize - 1);
            }
            assert_eq!(owner.push(first + 4), Ok(()));
            assert_eq!(numbers(&mut owner).last(), Some(&(first + 4)));
        }
    }
}

#[test]
fn what_came_from_elsewhere_does_not_split_off() {
    let (mut owner, _stealer) = ring::<u32, 4>();
    let (mut victim, its) = ring::<u32, 4>();
    for turn in 0..5 {
        owner.push(0).unwrap();
        owner.extend(1..3);
        owner.split_off_newest(4, |_| {
            panic!("1 and 2 came from elsewhere, and 0 is before them")
        });
        assert_eq!((owner.room(), owner.spare()), (1, 1));
        owner.push(3).unwrap();
        assert_eq!((owner.room(), owner.spare()), (0, 1));
        let mut newest = Vec::new();
        owner.split_off_newest(4, |item| newest.push(item));
        assert_eq!(newest, [3]);
        owner.split_off_newest(4, |_| panic!("1 and 2 are kept, wherever they are counted"));
        assert_eq!(numbers(&mut owner), [0, 1, 2]);

        victim.extend(10..14);
        assert_eq!(owner.steal_from(&its), Some(10));
        owner.split_off_newest(4, |_| panic!("11 was stolen"));
        assert_eq!(numbers(&mut owner), [11]);
        owner.push(turn).unwrap();
        owner.split_off_newest(4, |item| assert_eq!(item, turn));
        assert_eq!(numbers(&mut owner), []);
        numbers(&mut victim);
    }
}

#[test]
fn during_a_theft_booked_slots_are_not_free() {
    let (mut owner, stealer) = ring::<u32, 4>();
    (0..4).for_each(|item| owner.push(item).unwrap());
    let (first, count) = stealer.ring.book(usize::MAX >> 32).unwrap();
    assert_eq!((count, owner.room(), stealer.ring.len_hint()), (2, 0, 2));
    assert_eq!(stealer.ring.book(4), None, "one thief at a time");
    owner.split_off_newest(4, |_| panic!("a thief is at work"));
    assert_eq!(owner.push(4), Err(4));
    assert_eq!(
        owner.pop(),
        Some(2),
        "the owner goes on behind what is booked"
    );
    assert_eq!(owner.room(), 0, "and what it pops comes free with the rest");

    // SAFETY: just booked.
    let stolen = unsafe {
        [
            stealer.ring.take(first),
            stealer.ring.take(first.wrapping_add(1)),
        ]
    };
    stealer.ring.end_theft();
    assert_eq!(stolen, [0, 1]);
    assert_eq!(owner.room(), 3);
    assert_eq!(owner.push(4), Ok(()));
    assert_eq!(numbers(&mut owner), [3, 4]);
}

#[test]
fn what_is_left_is_dropped_once_by_the_last_half() {
    let alive = Arc::new(());
    for owner_goes_last in [false, true] {
        let (mut owner, stealer) = ring::<Arc<()>, 4>();
        owner.extend(std::iter::repeat_n(alive.clone(), 3));
        assert!(owner.pop().is_some());
        assert!(owner.push(alive.clone()).is_ok());
        assert_eq!(Arc::strong_count(&alive), 4);
        if owner_goes_last {
            drop(stealer);
            assert_eq!(Arc::strong_count(&alive), 4);
            drop(owner);
        } else {
            drop(owner);
            assert_eq!(Arc::strong_count(&alive), 4);
            drop(stealer);
        }
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}

#[test]
fn halves_travel() {
    fn is_send<X: Send>() {}
    fn is_sync<X: Sync>() {}
    is_send::<Owner<std::cell::Cell<u32>, 4>>();
    is_sync::<Stealer<std::cell::Cell<u32>, 4>>();
}

#[test]
fn heads_fit_in_a_word() {
    for heads in [
        Heads {
            steal: 0,
            real: u32::MAX,
        },
        Heads {
            steal: u32::MAX,
            real: 1,
        },
    ] {
        assert_eq!(Heads::unpack(heads.pack()), heads);
    }
}
