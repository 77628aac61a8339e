//! Models of the word: events against those who clear.

use laneway_loom::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use laneway_loom::{model, thread};

use super::{Readiness, Says};

const READY: Says = Says {
    ready: true,
    closed: false,
    error: false,
};
const END: Says = Says {
    ready: true,
    closed: true,
    error: false,
};

/// Who clears what it saw never clears an event that came since.
#[test]
fn a_stale_clear_clears_nothing() {
    model(3, || {
        let word = Arc::new(Readiness::new(false));
        let _ = word.set(READY);
        let seen = word.look();
        let event = thread::spawn({
            let word = word.clone();
            move || word.set(READY)
        });
        word.clear(seen);
        event.join().unwrap();
        assert!(word.look().is_ready());
    });
}

/// Two who clear, one of them after a short transfer, and an event that says the end has come.
#[test]
fn the_end_outlives_short_transfers() {
    model(3, || {
        let word = Arc::new(Readiness::new(true));
        let seen = word.look();
        let others = [END, READY].map(|says| {
            let word = word.clone();
            thread::spawn(move || word.set(says))
        });
        word.clear_ready(seen);
        for other in others {
            other.join().unwrap();
        }
        let now = word.look();
        assert!(now.is_ready() && now.is_closed());
        word.clear_ready(now);
        assert!(word.look().is_ready(), "the end is still there");
    });
}

/// Who sees an event sees what came before it. (The system's own data need no such thing; a source that
/// is made ready by another thread may.)
#[test]
fn an_event_publishes() {
    model(3, || {
        let shared = Arc::new((Readiness::new(false), AtomicU32::new(0)));
        let looking = thread::spawn({
            let shared = shared.clone();
            move || {
                if shared.0.look().is_ready() {
                    assert_eq!(shared.1.load(Relaxed), 1);
                }
            }
        });
        // It is the other thread that looks: loom does not try all orders of a load there and a load
        // with an exchange here.
        shared.1.store(1, Relaxed);
        let _ = shared.0.set(READY);
        looking.join().unwrap();
    });
}

/// `SHUTDOWN` is not cleared, whatever else happens.
#[test]
fn shutdown_stays() {
    model(3, || {
        let word = Arc::new(Readiness::new(true));
        let seen = word.look();
        let close = thread::spawn({
            let word = word.clone();
            move || word.shut_down()
        });
        word.clear(seen);
        let _ = word.set(READY);
        close.join().unwrap();
        word.clear(word.look());
        assert!(word.look().is_shut_down());
    });
}
