//! Promises about threads: models for loom, small enough to be run in every order of steps.
//!
//! Each takes a function that makes a scheduler, and panics when the promise is broken. Outside
//! `--cfg laneway_loom` it runs once, with real threads.
//!
//! A scheduler whose queues are bounded should make them hold four items under `--cfg laneway_loom`,
//! so that [`an_overflow_is_seen_before_sleep`] and [`a_close_loses_nothing`] overflow them.

use std::num::NonZeroUsize;

use laneway_loom::{model, sync::Arc, thread};
use laneway_scheduler::{Cause, Scheduler, Worker};

use crate::{Item, Mint, StepClock};

mod sleeper;

use sleeper::Sleeper;

/// How often a thread may be preempted: finds what a protocol of a few steps can do wrong.
const PREEMPTIONS: usize = 2;

/// So many pushes fill a queue of four and overflow it.
const OVERFLOW: usize = 5;

/// Of a thread that injects and a worker that falls asleep, one sees the other.
pub fn an_inject_is_seen_before_sleep<S: Scheduler<Item>>(
    make: impl Fn() -> S + Send + Sync + 'static,
) {
    model(PREEMPTIONS, move || {
        let (scheduler, _workers, mut mint) = start(&make, 1);
        let sleeper = Sleeper::spawn(&scheduler);
        let notify = scheduler
            .inject(mint.item(), Cause::Woken)
            .expect("it is open");
        sleeper.follow(notify);
        assert!(
            !sleeper.sleeps_on(),
            "an injected item waits, and everybody sleeps"
        );
    });
}

/// Of a worker that pushes and another that falls asleep, one sees the other.
pub fn a_push_is_seen_before_sleep<S: Scheduler<Item>>(
    make: impl Fn() -> S + Send + Sync + 'static,
) {
    push_against_sleep(make, 1);
}

/// The same, when the pushes are more than a queue of four holds; and the last, which overflows it,
/// is a yield.
pub fn an_overflow_is_seen_before_sleep<S: Scheduler<Item>>(
    make: impl Fn() -> S + Send + Sync + 'static,
) {
    push_against_sleep(make, OVERFLOW);
}

fn push_against_sleep<S: Scheduler<Item>>(
    make: impl Fn() -> S + Send + Sync + 'static,
    count: usize,
) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 2);
        let sleeper = Sleeper::spawn(&scheduler);
        for number in 1..=count {
            let is_yield = number > 1 && number == count;
            let cause = if is_yield {
                Cause::Yielded
            } else {
                Cause::Woken
            };
            let notify = workers[0].push(mint.item(), cause);
            sleeper.follow(notify);
        }
        assert!(
            !sleeper.sleeps_on(),
            "a pushed item waits, and everybody else sleeps"
        );
    });
}

/// While a worker pops some of several items, the others are never out of sight.
///
/// A scheduler whose workers look at the shared queue only now and then should make that every third
/// pop under `--cfg laneway_loom`.
pub fn a_pop_hides_nothing<S: Scheduler<Item>>(make: impl Fn() -> S + Send + Sync + 'static) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 2);
        for _ in 0..2 {
            let _ = workers[0].push(mint.item(), Cause::Woken);
            let _ = scheduler
                .inject(mint.item(), Cause::Woken)
                .expect("it is open");
        }
        let sleeper = Sleeper::spawn(&scheduler);
        // Thrice: a look at the shared queue may be due only now and then.
        let popped = [(); 3].map(|()| workers[0].pop(&StepClock::new()));
        assert!(
            !sleeper.sleeps_on(),
            "one item of four waits, and nobody will tell of it"
        );
        drop(popped);
    });
}

/// A worker whose search brought more than it returns looks again; with that, nobody sleeps through
/// what it brought.
pub fn a_search_is_followed_up<S: Scheduler<Item>>(make: impl Fn() -> S + Send + Sync + 'static) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 2);
        for _ in 0..3 {
            let _ = scheduler
                .inject(mint.item(), Cause::Woken)
                .expect("it is open");
        }
        let sleeper = Sleeper::spawn(&scheduler);
        let found = sleeper.search_and_follow_up(&*scheduler, &mut workers[0]);
        assert!(
            !sleeper.sleeps_on(),
            "two items wait, and everybody else sleeps"
        );
        assert!(
            found.is_some(),
            "three items waited, and a search found none"
        );
    });
}

/// The same, for a search that steals, while the victim takes what the thief leaves.
pub fn a_theft_is_followed_up<S: Scheduler<Item>>(make: impl Fn() -> S + Send + Sync + 'static) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 3);
        for _ in 0..4 {
            let _ = workers[2].push(mint.item(), Cause::Woken);
        }
        let mut victim = workers.remove(2);
        let victim = thread::spawn(move || {
            let popped = [(); 2].map(|()| victim.pop(&StepClock::new()));
            (victim, popped)
        });
        let sleeper = Sleeper::spawn(&scheduler);
        let found = sleeper.search_and_follow_up(&*scheduler, &mut workers[0]);
        assert!(
            !sleeper.sleeps_on(),
            "an item waits, and everybody else sleeps"
        );
        drop((found, victim.join().unwrap()));
    });
}

/// One worker pushes and pops while another searches: each item comes out once.
pub fn a_thief_and_its_victim<S: Scheduler<Item>>(make: impl Fn() -> S + Send + Sync + 'static) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 2);
        let thief = search_elsewhere(workers.remove(1));
        let victim = &mut workers[0];
        let mut out = Vec::new();
        for _ in 0..3 {
            let _ = victim.push(mint.item(), Cause::Woken);
        }
        out.extend(victim.pop(&StepClock::new()));
        let _ = victim.push(mint.item(), Cause::Yielded);
        out.extend(victim.pop(&StepClock::new()));
        let (thief, stolen) = thief.join().unwrap();
        out.extend(stolen);
        workers.push(thief);
        assert_complete(out, &*scheduler, workers, mint);
    });
}

/// Two workers search while a third pops: each item comes out once.
pub fn two_thieves<S: Scheduler<Item>>(make: impl Fn() -> S + Send + Sync + 'static) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 3);
        for _ in 0..3 {
            let _ = workers[0].push(mint.item(), Cause::Woken);
        }
        let one = search_elsewhere(workers.remove(2));
        let two = search_elsewhere(workers.remove(1));
        let mut out: Vec<Item> = workers[0].pop(&StepClock::new()).into_iter().collect();
        for thief in [one, two] {
            let (thief, stolen) = thief.join().unwrap();
            out.extend(stolen);
            workers.push(thief);
        }
        assert_complete(out, &*scheduler, workers, mint);
    });
}

/// Two workers search while one item is there and another comes from elsewhere: each comes out once.
pub fn two_who_search_while_a_third_injects<S: Scheduler<Item>>(
    make: impl Fn() -> S + Send + Sync + 'static,
) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 2);
        let mut inject = || {
            let item = mint.item();
            let _ = scheduler.inject(item, Cause::Spawned).expect("it is open");
        };
        inject();
        let one = search_elsewhere(workers.remove(1));
        let two = search_elsewhere(workers.remove(0));
        inject();
        let mut out = Vec::new();
        for thief in [one, two] {
            let (thief, stolen) = thief.join().unwrap();
            out.extend(stolen);
            workers.push(thief);
        }
        assert_complete(out, &*scheduler, workers, mint);
    });
}

/// While one thread injects and a worker's queue overflows, another thread closes: what went in
/// comes out, what came too late is given back.
pub fn a_close_loses_nothing<S: Scheduler<Item>>(make: impl Fn() -> S + Send + Sync + 'static) {
    model(PREEMPTIONS, move || {
        let (scheduler, mut workers, mut mint) = start(&make, 1);
        let injector = thread::spawn({
            let (scheduler, item) = (scheduler.clone(), mint.item());
            move || scheduler.inject(item, Cause::Woken).err()
        });
        let pusher = thread::spawn({
            let items: Vec<Item> = (0..OVERFLOW).map(|_| mint.item()).collect();
            let mut worker = workers.remove(0);
            move || {
                for item in items {
                    let _ = worker.push(item, Cause::Woken);
                }
                worker
            }
        });
        let mut out = Vec::new();
        scheduler.close(&mut |item| out.push(item));
        out.extend(injector.join().unwrap());
        let is_accounted_for = out.iter().any(|item| item.number() == 0);
        assert!(
            is_accounted_for,
            "an inject was not refused, and its item not handed out"
        );
        workers.push(pusher.join().unwrap());
        let late = mint.item();
        let refused = scheduler
            .inject(late, Cause::Woken)
            .expect_err("it is closed");
        out.push(refused);
        assert_complete(out, &*scheduler, workers, mint);
    });
}

type Started<S> = (Arc<S>, Vec<<S as Scheduler<Item>>::Worker>, Mint);

fn start<S: Scheduler<Item>>(make: &impl Fn() -> S, workers: usize) -> Started<S> {
    let scheduler = make();
    let workers = scheduler.workers(NonZeroUsize::new(workers).expect("some"));
    (Arc::new(scheduler), workers, Mint::new())
}

fn search_elsewhere<W>(mut worker: W) -> thread::JoinHandle<(W, Vec<Item>)>
where
    W: Worker<Item> + Send + 'static,
{
    thread::spawn(move || {
        let clock = StepClock::new();
        let mut found: Vec<Item> = worker.search(&clock).into_iter().collect();
        found.extend(worker.pop(&clock));
        (worker, found)
    })
}

/// Every item that was made is in `out` or still in the scheduler, once.
fn assert_complete<S: Scheduler<Item>>(
    mut out: Vec<Item>,
    scheduler: &S,
    workers: Vec<S::Worker>,
    mint: Mint,
) {
    scheduler.close(&mut |item| out.push(item));
    for mut worker in workers {
        worker.drain(&mut |item| out.push(item));
    }
    let mut numbers: Vec<u32> = out.iter().map(Item::number).collect();
    numbers.sort_unstable();
    assert!(
        numbers.iter().copied().eq(0..mint.made()),
        "{} items went in, these came out: {numbers:?}",
        mint.made()
    );
    assert_eq!(
        mint.living(),
        numbers.len(),
        "an item was dropped that went in"
    );
}
