//! Models of a worker's sleep against its unparking.

use laneway_loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use laneway_waker::Parker;

use super::{Seat, Sleeper, ThreadPark};

struct Shared {
    sleeper: Sleeper,
    seat: Seat,
    flag: AtomicBool,
}

fn shared() -> (Arc<Shared>, Parker) {
    let (sleeper, parker) = Sleeper::new();
    let seat = Seat::new(Box::new(ThreadPark::new()));
    (
        Arc::new(Shared {
            sleeper,
            seat,
            flag: AtomicBool::new(false),
        }),
        parker,
    )
}

fn set_and_unpark(shared: &Arc<Shared>) -> thread::JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || {
        shared.flag.store(true, Relaxed);
        shared.sleeper.unpark(&shared.seat);
    })
}

/// However early the token comes, the park ends; and what was done before it is seen.
#[test]
fn a_token_ends_the_sleep_in_the_driver() {
    model(3, || {
        let (shared, parker) = shared();
        let waker = set_and_unpark(&shared);
        while !shared.flag.load(Relaxed) {
            shared.sleeper.park(0, &parker, &shared.seat);
        }
        waker.join().unwrap();
    });
}

/// The same for a worker that finds the seat taken, now and then, by another.
#[test]
fn a_token_ends_the_sleep_in_the_parker() {
    model(2, || {
        let (shared, parker) = shared();
        let other = thread::spawn({
            let shared = shared.clone();
            move || {
                let (other, parker) = Sleeper::new();
                other.unpark(&shared.seat);
                other.park(1, &parker, &shared.seat);
            }
        });
        let waker = set_and_unpark(&shared);
        while !shared.flag.load(Relaxed) {
            shared.sleeper.park(0, &parker, &shared.seat);
        }
        other.join().unwrap();
        waker.join().unwrap();
    });
}

/// A token whose giver was stopped before it could wake: the next who unparks does it.
#[test]
fn a_token_without_a_wake_up_is_made_good() {
    model(3, || {
        let (shared, parker) = shared();
        let stopped = thread::spawn({
            let shared = shared.clone();
            move || shared.sleeper.leave_token()
        });
        let waker = set_and_unpark(&shared);
        while !shared.flag.load(Relaxed) {
            shared.sleeper.park(0, &parker, &shared.seat);
        }
        waker.join().unwrap();
        stopped.join().unwrap();
    });
}
