//! Order, overflow, victims, and ends.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use laneway_fifo::{Fifo, FifoWorker};
use laneway_scheduler::{Cause, Notify, Scheduler, Worker};
use laneway_testkit::{StepClock, property};

fn start(count: usize) -> (Fifo<u32>, Vec<FifoWorker<u32>>) {
    let fifo = Fifo::new();
    let workers = fifo.workers(NonZeroUsize::new(count).unwrap());
    (fifo, workers)
}

fn pops(worker: &mut FifoWorker<u32>) -> Vec<u32> {
    std::iter::from_fn(|| worker.pop(&StepClock::new())).collect()
}

/// Far less than what the kit allows: 61 pops for 31 of those that wait in the shared queue, and the
/// length of a ring.
#[test]
fn nobody_waits_much_longer_than_its_turn() {
    property::nobody_starves(Fifo::new, |ready| 61 * (ready / 31 + 1) + 256);
}

#[test]
fn it_reads_no_clock() {
    let (fifo, mut workers) = start(2);
    let clock = StepClock::new();
    for number in 0..1_000 {
        let _ = fifo.inject(number, Cause::Woken).unwrap();
        let _ = workers[0].push(number, Cause::Yielded);
        let _ = workers[0].pop(&clock);
        workers[0].ran(&clock);
        let _ = workers[1].search(&clock);
    }
    assert_eq!(clock.reads(), 0);
}

#[test]
fn notifications_are_for_others() {
    let (fifo, mut workers) = start(1);
    assert_eq!(fifo.inject(0, Cause::Spawned), Ok(Notify::One));
    assert_eq!(workers[0].push(1, Cause::Spawned), Notify::One);
    assert_eq!(workers[0].push(2, Cause::Woken), Notify::One);
    assert_eq!(workers[0].push(3, Cause::Boosted), Notify::One);
    assert_eq!(workers[0].push(4, Cause::Yielded), Notify::None);
}

#[test]
fn an_overflow_keeps_the_older_half() {
    let (fifo, mut workers) = start(1);
    for number in 0..256 {
        let _ = workers[0].push(number, Cause::Yielded);
    }
    assert_eq!(
        workers[0].push(256, Cause::Yielded),
        Notify::One,
        "whatever the cause"
    );
    let mut shared = Vec::new();
    fifo.close(&mut |item| shared.push(item));
    assert!(
        shared.into_iter().eq(128..=256),
        "the newer half, and the newest"
    );
    assert!(pops(&mut workers[0]).into_iter().eq(0..128));
}

#[test]
fn what_was_injected_before_an_overflow_stays_before_it() {
    let (fifo, mut workers) = start(1);
    let _ = fifo.inject(1_000, Cause::Woken).unwrap();
    for number in 0..=256 {
        let _ = workers[0].push(number, Cause::Woken);
    }
    let mut shared = Vec::new();
    fifo.close(&mut |item| shared.push(item));
    assert_eq!(shared[..2], [1_000, 128]);
}

#[test]
fn a_search_takes_a_share_and_leaves_the_rest() {
    let (fifo, mut workers) = start(4);
    for number in 0..100 {
        let _ = fifo.inject(number, Cause::Woken).unwrap();
    }
    assert_eq!(workers[0].search(&StepClock::new()), Some(0));
    assert_eq!(workers[1].search(&StepClock::new()), Some(26));
}

#[test]
fn victims_differ_and_depend_on_the_seed_alone() {
    let stolen = |seed| {
        let fifo = Fifo::with_seed(seed);
        let mut workers = fifo.workers(NonZeroUsize::new(5).unwrap());
        for (number, victim) in workers.iter_mut().enumerate().skip(1) {
            for _ in 0..20 {
                let _ = victim.push(number, Cause::Spawned);
            }
        }
        let thief = &mut workers[0];
        (0..20)
            .map(|_| thief.search(&StepClock::new()).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(stolen(1), stolen(1));
    assert_ne!(stolen(1), stolen(2));
    assert!(
        (1..5).all(|victim| stolen(1).contains(&victim)),
        "each has its turn"
    );
}

#[test]
fn nobody_steals_from_itself() {
    let (_fifo, mut workers) = start(1);
    let _ = workers[0].push(0, Cause::Spawned);
    assert_eq!(workers[0].search(&StepClock::new()), None);
}

#[test]
fn a_worker_that_is_gone_leaves_its_items() {
    let (fifo, mut workers) = start(2);
    let _ = workers[0].push(7, Cause::Spawned);
    drop(workers.remove(0));
    assert!(!fifo.is_idle());
    assert_eq!(workers[0].search(&StepClock::new()), Some(7));
    assert!(fifo.is_idle());
}

#[test]
fn without_workers_it_is_idle_until_something_is_injected() {
    let fifo = Fifo::new();
    assert!(fifo.is_idle());
    let _ = fifo.inject(0, Cause::Spawned).unwrap();
    assert!(!fifo.is_idle());
}

#[test]
#[should_panic = "asked for twice"]
fn workers_are_made_once() {
    let (fifo, _workers) = start(1);
    let _ = fifo.workers(NonZeroUsize::MIN);
}

#[test]
fn a_drain_leaves_the_shared_queue_to_the_others() {
    let (fifo, mut workers) = start(2);
    let _ = fifo.inject(0, Cause::Spawned).unwrap();
    let _ = workers[0].push(1, Cause::Spawned);
    let mut drained = Vec::new();
    workers[0].drain(&mut |item| drained.push(item));
    assert_eq!(drained, [1]);
    assert_eq!(workers[1].search(&StepClock::new()), Some(0));
}

/// The sink may come back: no lock is held.
#[test]
fn a_sink_may_inject() {
    let (fifo, mut workers) = start(1);
    let _ = fifo.inject(0, Cause::Spawned).unwrap();
    let mut refused = Vec::new();
    fifo.close(&mut |item| refused.extend(fifo.inject(item, Cause::Spawned).err()));
    workers[0].drain(&mut |_| unreachable!());
    assert_eq!(refused, [0]);
}

/// An item whose drop panics: the scheduler can still be used.
#[test]
fn a_sink_may_panic() {
    let (fifo, mut workers) = start(1);
    for number in 0..3 {
        let _ = workers[0].push(number, Cause::Spawned);
    }
    let drain = AssertUnwindSafe(|| workers[0].drain(&mut |item| panic!("{item}")));
    catch_unwind(drain).expect_err("it panics");
    assert_eq!(pops(&mut workers[0]), [1, 2]);
    assert!(fifo.is_idle());
}

#[test]
fn a_drop_drops_each_item_once() {
    let fifo = Fifo::new();
    let mut workers = fifo.workers(NonZeroUsize::new(2).unwrap());
    let alive = Arc::new(());
    for _ in 0..300 {
        let _ = workers[0].push(alive.clone(), Cause::Spawned);
        let _ = fifo.inject(alive.clone(), Cause::Spawned).unwrap();
    }
    drop(workers[1].search(&StepClock::new()));
    assert_eq!(Arc::strong_count(&alive), 600);
    drop(fifo);
    assert_eq!(
        Arc::strong_count(&alive),
        600,
        "the workers still have them"
    );
    drop(workers);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn it_can_be_looked_at() {
    let (fifo, mut workers) = start(2);
    let _ = fifo.inject(0, Cause::Spawned).unwrap();
    let _ = workers[1].push(1, Cause::Spawned);
    assert_eq!(
        format!("{fifo:?}"),
        "Fifo { injector: Injector { is_empty: false, .. }, \
         workers: [Stealer { len: 0, .. }, Stealer { len: 1, .. }], .. }"
    );
    assert_eq!(
        format!("{:?}", workers[1]),
        "FifoWorker { index: 1, ring: Owner { len: 1, .. }, .. }"
    );
}
