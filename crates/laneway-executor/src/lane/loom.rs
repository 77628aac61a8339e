//! A model of a lane's posts: they reach a worker that falls asleep.

use std::num::NonZeroUsize;

use laneway_loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};
use laneway_scheduler::{Cause, Clock, Notify, Scheduler, Worker};
use laneway_task::Runnable;

use super::Lane;
use crate::park::ThreadPark;

/// A counter for a queue. Relaxed on purpose, as in the models of `idle`.
struct Posts(AtomicUsize);

/// No items, so nothing is asked of it.
struct Nothing;

impl Scheduler<Runnable> for Posts {
    type Worker = Nothing;

    fn workers(&self, _: NonZeroUsize) -> Vec<Nothing> {
        Vec::new()
    }

    fn inject(&self, item: Runnable, _: Cause) -> Result<Notify, Runnable> {
        Err(item)
    }

    fn is_idle(&self) -> bool {
        self.0.load(Relaxed) == 0
    }

    fn close(&self, _: &mut dyn FnMut(Runnable)) {}
}

impl Worker<Runnable> for Nothing {
    fn push(&mut self, _: Runnable, _: Cause) -> Notify {
        Notify::None
    }

    fn pop(&mut self, _: &impl Clock) -> Option<Runnable> {
        None
    }

    fn search(&mut self, _: &impl Clock) -> Option<Runnable> {
        None
    }

    fn drain(&mut self, _: &mut dyn FnMut(Runnable)) {}
}

/// If the worker sleeps for ever, loom says so.
#[test]
fn a_post_reaches_a_worker_that_falls_asleep() {
    model(3, || {
        let posts = Posts(AtomicUsize::new(0));
        let driver = Box::new(ThreadPark::new());
        let (lane, mut parkers) = Lane::new(0, posts, 1, driver, false);
        let (lane, parker) = (Arc::new(lane), parkers.remove(0));
        let worker = thread::spawn({
            let lane = lane.clone();
            move || {
                while lane.scheduler.is_idle() {
                    lane.idle.announce_sleep(0, false);
                    if lane.scheduler.is_idle() {
                        lane.slots[0].sleeper.park(0, &parker, &lane.seat);
                    }
                    lane.idle.end_sleep(0);
                    let _ = lane.idle.stop_search();
                }
            }
        });
        lane.scheduler.0.fetch_add(1, Relaxed);
        lane.wake_one(|| lane.scheduler.is_idle());
        worker.join().unwrap();
    });
}
