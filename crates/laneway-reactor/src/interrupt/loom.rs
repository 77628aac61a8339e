//! Models of the seat: `notify` against a turn that goes to wait.

use laneway_loom::sync::{
    Arc, Condvar, Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use laneway_loom::{model, thread};

use super::Seat;
use laneway_waker::lane;

/// The seat, with an event as the system has it: kept until a wait takes it.
struct Rig {
    seat: Seat,
    event: Mutex<bool>,
    written: Condvar,
    /// What the notifying threads have done, for the turning one to see.
    work: [AtomicU32; 2],
    writes: AtomicU32,
}

impl Rig {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            seat: Seat::new(),
            event: Mutex::new(false),
            written: Condvar::new(),
            work: [AtomicU32::new(0), AtomicU32::new(0)],
            writes: AtomicU32::new(0),
        })
    }

    fn notify(&self, who: usize) {
        self.work[who].store(1, Relaxed);
        if self.seat.notify() {
            self.writes.fetch_add(1, Relaxed);
            *self.event.lock() = true;
            self.written.notify_one();
        }
    }

    /// One turn without a deadline; `true` if it was interrupted.
    fn turn(&self, sits: &mut u32) -> bool {
        if self.seat.sit() {
            *sits += 1;
            let mut event = self.event.lock();
            while !*event {
                event = self.written.wait(event);
            }
            *event = false;
        }
        self.seat.rise()
    }
}

/// The turn returns, and sees what was done before the interrupt.
#[test]
fn an_interrupt_is_not_lost() {
    model(3, || {
        let rig = Rig::new();
        let other = thread::spawn({
            let rig = rig.clone();
            move || rig.notify(0)
        });
        let mut sits = 0;
        assert!(
            rig.turn(&mut sits),
            "nothing but the interrupt ends the turn"
        );
        assert_eq!(rig.work[0].load(Relaxed), 1);
        other.join().unwrap();
        assert!(
            rig.writes.load(Relaxed) <= sits,
            "the event is written only for one who sits"
        );
    });
}

/// Two interrupts may be one; but then that turn sees the work of both, or the next one returns too.
#[test]
fn interrupts_that_coincide_publish_both() {
    model(3, || {
        let rig = Rig::new();
        let others = [0, 1].map(|who| {
            let rig = rig.clone();
            thread::spawn(move || rig.notify(who))
        });
        let mut sits = 0;
        while rig.work.iter().any(|work| work.load(Relaxed) == 0) {
            // It may return without an interrupt: an event written for the last turn came late.
            let _ = rig.turn(&mut sits);
        }
        for other in others {
            other.join().unwrap();
        }
        assert!(rig.writes.load(Relaxed) <= sits);
    });
}

/// An interrupt that comes between turns keeps the next one from waiting, and costs no event.
#[test]
fn between_turns() {
    model(1, || {
        let rig = Rig::new();
        rig.notify(0);
        rig.notify(1);
        let mut sits = 0;
        assert!(rig.turn(&mut sits));
        assert_eq!((sits, rig.writes.load(Relaxed)), (0, 0));
    });
}

/// A thread of a background lane is stopped before it has written its event: who comes after it, from the
/// main lane, writes one.
#[test]
fn an_event_that_is_not_written_is_made_good() {
    model(1, || {
        let seat = Seat::new();
        assert!(seat.sit());
        let background = lane::enter(1);
        assert!(seat.notify(), "but it is stopped");
        assert!(!seat.notify(), "as are others of its kind");
        drop(background);
        assert!(seat.notify());
        assert!(!seat.notify(), "written");
        assert!(seat.rise());
        assert!(!seat.rise());
    });
}
