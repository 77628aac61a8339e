//! Models of what the public methods do not show: a wake that is left to another, and a refusal.

use std::sync::Arc;
use std::task::{Wake, Waker};

use laneway_loom::sync::Arc as SharedArc;
use laneway_loom::sync::atomic::AtomicBool;
use laneway_loom::sync::atomic::Ordering::Relaxed;
use laneway_loom::thread;

use super::AtomicWaker;
use super::state::{Registering, State, Waking};

/// A waker that looks, when woken, at what the threads that wake have written.
#[derive(Default)]
struct Witness {
    written: AtomicBool,
    seen: AtomicBool,
}

impl Wake for Witness {
    fn wake(self: Arc<Self>) {
        if self.written.load(Relaxed) {
            self.seen.store(true, Relaxed);
        }
    }
}

/// Of two wakes at once one does it for both; then the other, too, happened before it.
#[test]
fn a_wake_left_to_another_happens_before_its_waking() {
    laneway_loom::model(3, || {
        let witness = Arc::new(Witness::default());
        let slot = Arc::new(AtomicWaker::new());
        slot.register(&Waker::from(witness.clone()));
        let other = thread::spawn({
            let slot = slot.clone();
            move || slot.wake()
        });
        witness.written.store(true, Relaxed);
        let is_left = match slot.state.start_waking() {
            Waking::Left => true,
            Waking::Slot => {
                // SAFETY: `start_waking` has just given us the slot.
                drop(unsafe { slot.take_slot() });
                false
            }
        };
        other.join().unwrap();
        assert!(!is_left || witness.seen.load(Relaxed));
    });
}

/// Who is refused because of a wake is after it, and so is the waking in its stead.
#[test]
fn a_refusal_happens_after_the_wake() {
    laneway_loom::model(3, || {
        let shared = SharedArc::new((State::new(), AtomicBool::new(false)));
        let waking = thread::spawn({
            let shared = shared.clone();
            move || {
                let (state, written) = &*shared;
                written.store(true, Relaxed);
                if state.start_waking() == Waking::Slot {
                    state.empty();
                }
            }
        });
        let (state, written) = &*shared;
        match state.start_registering() {
            Registering::Refused => assert!(written.load(Relaxed)),
            Registering::Slot => state.empty(),
        }
        waking.join().unwrap();
    });
}
