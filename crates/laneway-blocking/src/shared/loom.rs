//! Models that need to reach inside: what the passing of time and a refusing system do.

use laneway_loom::{
    model,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};
use laneway_scheduler::Priority;
use laneway_task::{Builder, Runnable, ScheduleArc};
use laneway_waker::block_on;

use super::{Config, Entrance, Shared};
use crate::slots::Take;

fn shared(max_threads: usize, grants: usize) -> Entrance {
    let left = AtomicUsize::new(grants);
    let shared = Shared::new(Config {
        max_threads,
        queue_limit: 2,
        keep_alive: std::time::Duration::from_secs(10),
        thread_name: String::new(),
        lane: None,
        around: Box::new(|work| work()),
        start_thread: Box::new(move |name, main| {
            match left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
                Ok(_) => thread::Builder::new().name(name).spawn(main),
                Err(_) => Err(std::io::ErrorKind::WouldBlock.into()),
            }
        }),
    });
    Entrance::new(shared)
}

fn spawn(shared: &Entrance) -> laneway_task::JoinHandle<u32> {
    assert_eq!(shared.take_slot(), Take::Taken);
    Shared::submit(shared, laneway_task::Builder::new(), || 7)
}

fn end(shared: &Shared) {
    assert!(shared.shut_down(None));
    shared.join();
}

/// The time of whoever rests in the first seat is over.
fn expire(shared: &Shared) {
    let mut state = shared.state.lock();
    if state.threads() == (1, 1) {
        state.seat(0).notify();
    }
}

/// A job that comes just when a thread's rest is over is taken: by it, or by a new one.
#[test]
fn the_end_of_a_rest_while_a_job_comes() {
    model(2, || {
        let shared = shared(1, usize::MAX);
        drop(spawn(&shared));
        let theirs = shared.clone();
        let time = thread::spawn(move || expire(&theirs));
        assert_eq!(block_on(spawn(&shared)).unwrap(), 7);
        time.join().unwrap();
        end(&shared);
    });
}

/// A job becomes urgent while a thread takes it, or another: it runs once, and has one slot.
#[test]
fn a_job_becomes_urgent_while_it_is_taken() {
    model(2, || {
        let shared = shared(1, usize::MAX);
        let job = spawn(&shared);
        let at_once = |runnable: Runnable| {
            let mut next = Some(runnable);
            while let Some(runnable) = next {
                next = runnable.run_once();
            }
        };
        let lane = ScheduleArc::new(at_once).erase();
        let urgent = Builder::new().priority(Priority::Critical);
        let (runnable, waits) = urgent.spawn(job, &lane);
        runnable.run();
        assert_eq!(block_on(waits).unwrap().unwrap(), 7);
        end(&shared);
        assert_eq!(shared.slots.taken(), 0);
    });
}

/// The end of a rest and the end of the pool.
#[test]
fn the_end_of_a_rest_while_shutting_down() {
    model(3, || {
        let shared = shared(1, usize::MAX);
        drop(spawn(&shared));
        let theirs = shared.clone();
        let time = thread::spawn(move || expire(&theirs));
        end(&shared);
        time.join().unwrap();
    });
}

/// Of two jobs whose only thread is refused, none waits for ever.
#[test]
fn a_refused_thread_with_two_spawners() {
    model(3, || {
        let shared = shared(1, 0);
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            assert!(block_on(spawn(&theirs)).unwrap_err().is_rejected());
        });
        assert!(block_on(spawn(&shared)).unwrap_err().is_rejected());
        other.join().unwrap();
        end(&shared);
    });
}

/// The second thread is refused: the first one takes all jobs, also if it rests by then. Bound 1: with
/// 2, its four threads take minutes.
#[test]
fn a_refused_helper() {
    model(1, || {
        let shared = shared(2, 1);
        drop(spawn(&shared));
        let theirs = shared.clone();
        let spawner = thread::spawn(move || drop(spawn(&theirs)));
        let job = spawn(&shared);
        spawner.join().unwrap();
        assert_eq!(block_on(job).unwrap(), 7);
        end(&shared);
    });
}

/// The only thread is refused while the pool ends: who waits for the end hears of it.
#[test]
fn a_refused_thread_while_shutting_down() {
    model(3, || {
        let shared = shared(1, 0);
        let theirs = shared.clone();
        let spawner = thread::spawn(move || {
            let take = theirs.take_slot();
            if take == Take::Taken {
                let job = Shared::submit(&theirs, laneway_task::Builder::new(), || 7);
                let error = block_on(job).unwrap_err();
                assert!(error.is_rejected() || error.is_cancelled());
            }
        });
        end(&shared);
        spawner.join().unwrap();
    });
}
