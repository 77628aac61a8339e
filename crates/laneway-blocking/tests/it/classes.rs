//! Classes: who goes first, and for whom threads are kept.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use laneway_scheduler::Priority;
use laneway_task::{Builder, current};
use laneway_waker::block_on;

use super::{SOON, Stuck, pool};

fn of(class: Priority) -> Builder {
    Builder::new().priority(class)
}

#[test]
fn the_most_urgent_first() {
    let pool = pool(1, 100);
    let order = Arc::new(Mutex::new(Vec::new()));
    let stuck = Stuck::start(&pool);
    let handles: Vec<_> = (0..12)
        .map(|number| {
            let order = order.clone();
            let class = Priority::ALL[number % 4];
            let job = move || order.lock().unwrap().push((current::priority(), number));
            match number % 3 {
                0 => pool.spawn_with(of(class), job),
                1 => pool.try_spawn_with(of(class), job).unwrap(),
                _ => block_on(pool.permit()).unwrap().spawn_with(of(class), job),
            }
        })
        .collect();
    stuck.finish();
    for handle in handles {
        block_on(handle).unwrap();
    }
    let expected = [3, 2, 1, 0].map(|class| [class, class + 4, class + 8]);
    let expected = expected.into_iter().flatten();
    let expected = expected.map(|number| (Priority::ALL[number % 4], number));
    assert!(order.lock().unwrap().iter().copied().eq(expected));
}

/// However many background closures block, and whatever comes with them, an urgent one runs.
#[test]
fn a_flood_leaves_threads_to_the_urgent() {
    for (threads, background) in [(2, 1), (4, 1), (8, 2)] {
        let pool = pool(threads, 1_000);
        let (go, wait) = channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let (started, starts) = channel();
        let flood: Vec<_> = (0..100)
            .map(|_| {
                let (wait, started) = (wait.clone(), started.clone());
                pool.spawn_with(of(Priority::Background), move || {
                    started.send(()).unwrap();
                    let _ = wait.lock().unwrap().recv_timeout(SOON);
                })
            })
            .collect();
        for _ in 0..background {
            starts.recv_timeout(SOON).unwrap();
        }
        // One after another and at once: each finds a thread.
        for _ in 0..10 {
            let urgent = pool.spawn_with(of(Priority::Critical), current::priority);
            assert_eq!(block_on(urgent).unwrap(), Priority::Critical);
        }
        let urgent = [(); 8].map(|()| pool.spawn_with(of(Priority::Normal), || ()));
        for urgent in urgent {
            block_on(urgent).unwrap();
        }
        assert!(starts.try_recv().is_err(), "no more than that run at once");
        drop(go);
        for handle in flood {
            block_on(handle).unwrap();
        }
    }
}

/// A class that waits gets a turn, whatever comes above.
#[test]
fn a_flood_of_urgent_jobs_leaves_a_turn_to_the_others() {
    let pool = pool(1, 1_000);
    let stuck = Stuck::start(&pool);
    let before = Arc::new(Mutex::new(0));
    let urgent: Vec<_> = (0..200)
        .map(|_| {
            let before = before.clone();
            pool.spawn_with(of(Priority::Critical), move || *before.lock().unwrap() += 1)
        })
        .collect();
    let background = pool.spawn_with(of(Priority::Background), move || *before.lock().unwrap());
    stuck.finish();
    assert!((16..=18).contains(&block_on(background).unwrap()));
    for handle in urgent {
        block_on(handle).unwrap();
    }
}
