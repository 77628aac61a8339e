//! The word, table by table.

use super::{ANY, PLACES, Places, Readiness, SHUTDOWN, Says, Seen, TICK};

const READY: Says = Says {
    ready: true,
    closed: false,
    error: false,
};
const CLOSED: Says = Says {
    ready: false,
    closed: true,
    error: false,
};
const ERROR: Says = Says {
    ready: false,
    closed: false,
    error: true,
};

/// Every set of bits, and what each transition makes of it.
#[test]
fn transitions() {
    for bits in 0..TICK {
        let at = |word: u64| {
            let readiness = Readiness::new(false);
            readiness
                .0
                .store(word, std::sync::atomic::Ordering::Relaxed);
            readiness
        };
        let before = (5 * TICK) | bits;
        let word = at(before);
        word.clear(word.look());
        assert_eq!(word.look(), Seen(before & !ANY));
        let word = at(before);
        word.clear_ready(word.look());
        assert_eq!(word.look(), Seen(before & !1));
        let word = at(before);
        word.clear(Seen((4 * TICK) | bits));
        assert_eq!(word.look(), Seen(before), "stale");
        for (says, bit) in [(READY, 1), (CLOSED, 2), (ERROR, 4)] {
            let word = at(before);
            assert_eq!(word.set(says), Places(bits & PLACES));
            assert_eq!(word.look(), Seen((before & !PLACES | bit) + TICK));
            assert!(word.look().is_ready());
        }
        for places in [Places::POLLED, Places::SOLO, Places::CROWD] {
            let word = at(before);
            assert_eq!(word.wait(places), Seen(before));
            assert_eq!(word.look(), Seen(before | places.0));
        }
        let word = at(before);
        word.shut_down();
        assert_eq!(word.look(), Seen(before | SHUTDOWN));
    }
}

/// However many events come between, a stale clear is stale: the tick has no small modulus.
#[test]
fn ticks_do_not_repeat() {
    for events in [1_u64, 15, 16, 255, 256, 32_768, 65_536, 1 << 20] {
        let word = Readiness::new(false);
        assert_eq!(word.set(READY), Places::NONE);
        let seen = word.look();
        for _ in 0..events {
            assert_eq!(word.set(READY), Places::NONE);
        }
        word.clear(seen);
        assert!(word.look().is_ready(), "after {events} events");
        word.clear(word.look());
        assert!(!word.look().is_ready());
    }
}

/// The tick's end is no accident for the other bits.
#[test]
fn the_last_tick() {
    let word = Readiness::new(true);
    word.0.store(
        u64::MAX - (TICK - 1) + 1,
        std::sync::atomic::Ordering::Relaxed,
    );
    assert_eq!(word.set(CLOSED), Places::NONE);
    assert_eq!(word.look(), Seen(1 | 2));
    assert!(format!("{:?}", word.look()).contains("closed: true"));
}
