//! Models of the idle protocol: real [`Idle`], real parkers, and a counter for a queue.
//!
//! The counter is Relaxed on purpose. All that orders it against sleep are the fences of the
//! protocol, so a model hangs (which loom reports as a deadlock) as soon as one is missing.

use laneway_loom::{
    model,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{AcqRel, Relaxed, Release},
        },
    },
    thread,
};

use super::Idle;
use laneway_waker::Parker;

use crate::park::{Seat, Sleeper, ThreadPark};
use crate::shutdown::Shutdown;

struct Lane {
    idle: Idle,
    items: AtomicUsize,
    closing: AtomicBool,
    sleepers: Vec<Sleeper>,
    seat: Seat,
}

impl Lane {
    fn new(workers: usize) -> (Arc<Self>, Vec<Parker>) {
        let (sleepers, parkers) = (0..workers).map(|_| Sleeper::new()).unzip();
        let lane = Self {
            idle: Idle::new(workers),
            items: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            sleepers,
            seat: Seat::new(Box::new(ThreadPark::new())),
        };
        (Arc::new(lane), parkers)
    }

    fn post(&self) {
        self.items.fetch_add(1, Relaxed);
        self.wake_one();
    }

    fn wake_one(&self) {
        if let Some(worker) = self
            .idle
            .worker_to_wake(self.seat.holder(), || self.is_idle())
        {
            self.sleepers[worker].unpark(&self.seat);
        }
    }

    /// As a thread of another lane.
    fn post_from_afar(&self) {
        self.items.fetch_add(1, Relaxed);
        if let Some(worker) = self.idle.worker_to_poke(self.seat.holder()) {
            self.sleepers[worker].unpark(&self.seat);
        }
    }

    fn is_idle(&self) -> bool {
        self.items.load(Relaxed) == 0
    }

    fn take(&self) -> bool {
        self.items
            .fetch_update(AcqRel, Relaxed, |items| items.checked_sub(1))
            .is_ok()
    }

    fn close(&self) {
        self.closing.store(true, Relaxed);
        self.sleepers
            .iter()
            .for_each(|sleeper| sleeper.unpark(&self.seat));
    }

    /// A worker's loop, until it has one item (which it then "runs" for ever) or is told to stop.
    fn work(&self, index: usize, parker: &Parker) -> bool {
        let mut searching = false;
        while !self.closing.load(Relaxed) {
            if self.take() || self.search(&mut searching) {
                if searching && self.idle.stop_search() && !self.is_idle() {
                    self.wake_one();
                }
                return true;
            }
            self.idle.announce_sleep(index, searching);
            if self.is_idle() {
                self.sleepers[index].park(index, parker, &self.seat);
            }
            self.idle.end_sleep(index);
            searching = true;
        }
        false
    }

    fn search(&self, searching: &mut bool) -> bool {
        if !*searching {
            *searching = self.idle.start_search();
        }
        *searching && self.take()
    }
}

/// A lane with its workers at work.
fn start(workers: usize) -> (Arc<Lane>, Vec<thread::JoinHandle<bool>>) {
    let (lane, parkers) = Lane::new(workers);
    let threads = parkers.into_iter().enumerate().map(|(index, parker)| {
        let lane = lane.clone();
        thread::spawn(move || lane.work(index, &parker))
    });
    let threads = threads.collect();
    (lane, threads)
}

/// A worker falls asleep while somebody posts: it gets the item.
#[test]
fn a_post_reaches_a_worker_that_falls_asleep() {
    model(3, || {
        let (lane, workers) = start(1);
        lane.post();
        for worker in workers {
            assert!(worker.join().unwrap());
        }
    });
}

/// Two items, two workers that each keep the first one they get: nobody may sleep on the second.
#[test]
fn the_last_searcher_wakes_another() {
    model(2, || {
        let (lane, workers) = start(2);
        lane.post();
        lane.post();
        for worker in workers {
            assert!(worker.join().unwrap());
        }
    });
}

/// The same with two posters, each of whom may skip the wake because of the other's.
#[test]
fn two_posters_wake_two_workers() {
    model(1, || {
        let (lane, workers) = start(2);
        let poster = thread::spawn({
            let lane = lane.clone();
            move || lane.post()
        });
        lane.post();
        poster.join().unwrap();
        for worker in workers {
            assert!(worker.join().unwrap());
        }
    });
}

/// Shutdown ends every sleep, wherever it has got to.
#[test]
fn a_shutdown_reaches_a_worker_that_falls_asleep() {
    model(3, || {
        let (lane, workers) = start(2);
        lane.close();
        for worker in workers {
            assert!(!worker.join().unwrap());
        }
    });
}

/// A worker that comes back for more, and two posters: one may have counted a searcher, for whom the
/// other left its item, and then find nobody to wake.
#[test]
fn a_poster_that_found_nobody_looks_again() {
    model(3, || {
        let (lane, mut parkers) = Lane::new(1);
        let parker = parkers.pop().unwrap();
        let worker = thread::spawn({
            let lane = lane.clone();
            move || lane.work(0, &parker) && lane.work(0, &parker)
        });
        let poster = thread::spawn({
            let lane = lane.clone();
            move || lane.post()
        });
        lane.post();
        poster.join().unwrap();
        assert!(worker.join().unwrap());
    });
}

/// A searcher brings more than it runs, and is not the last; the other falls asleep: one of them sees
/// what was brought.
#[test]
fn what_a_searcher_brought_is_seen_by_who_falls_asleep() {
    model(3, || {
        let idle = Arc::new(Idle::new(4));
        let ring = Arc::new(AtomicUsize::new(0));
        assert!(idle.start_search());
        assert!(idle.start_search());
        let searcher = thread::spawn({
            let (idle, ring) = (idle.clone(), ring.clone());
            move || {
                // As the owner of a ring publishes what it has stolen.
                ring.store(1, Release);
                idle.stop_search() && idle.worker_to_wake(None, || false).is_some()
            }
        });
        idle.announce_sleep(1, true);
        let sleeps = ring.load(Relaxed) == 0;
        let woken = searcher.join().unwrap();
        assert!(!sleeps || woken, "an item waits, and everybody else sleeps");
    });
}

/// The same when the poster is of another lane.
#[test]
fn a_post_from_afar_reaches_a_worker_that_falls_asleep() {
    model(3, || {
        let (lane, workers) = start(1);
        lane.post_from_afar();
        for worker in workers {
            assert!(worker.join().unwrap());
        }
    });
}

/// A thread of another lane is stopped, for good, after it has chosen a sleeper: whoever posts next
/// is served all the same.
#[test]
fn nobody_relies_on_a_poster_from_afar() {
    model(2, || {
        let (lane, workers) = start(1);
        let stopped = thread::spawn({
            let lane = lane.clone();
            move || lane.idle.worker_to_poke(lane.seat.holder())
        });
        lane.post();
        for worker in workers {
            assert!(worker.join().unwrap());
        }
        stopped.join().unwrap();
    });
}

/// The last worker to stop sees what the others did, and so does whoever waits for the end.
#[test]
fn the_end_comes_after_all_that_workers_did() {
    model(2, || {
        let shutdown = Arc::new(Shutdown::new());
        assert!(shutdown.workers_start(2));
        assert!(shutdown.close());
        let done = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let all_done = |done: &[AtomicBool; 2]| done.iter().all(|done| done.load(Relaxed));
        let workers = [0, 1].map(|at| {
            let (shutdown, done) = (shutdown.clone(), done.clone());
            thread::spawn(move || {
                done[at].store(true, Relaxed);
                if shutdown.worker_stops() {
                    assert!(all_done(&done));
                    shutdown.all_stopped();
                }
            })
        });
        assert!(shutdown.wait(None));
        assert!(all_done(&done));
        for worker in workers {
            worker.join().unwrap();
        }
    });
}
