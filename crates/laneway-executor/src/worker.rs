//! The loop of a worker: pop, run, search, sleep; at the end, cancel what is left.

use std::thread;

use crossbeam_utils::Backoff;
use laneway_scheduler::{Cause, Notify, Priority, Scheduler, Worker as _};
use laneway_task::{Runnable, ScheduleArc};
use laneway_waker::{Parker, budget};

use crate::{
    apart,
    clock::Monotonic,
    context::Context,
    core::Core,
    lane::Lane,
    os::{self, NOWHERE},
    pace::Pace,
    registered,
    slot::WorkerSlot,
};

/// Serves a lane on this thread until the executor shuts down.
pub(crate) fn run<S: Scheduler<Runnable>>(
    lane: usize,
    index: usize,
    core: ScheduleArc<Core<S>>,
    half: S::Worker,
    parker: &Parker,
) {
    let context = Context::new(core, lane, half);
    registered::enter(&context.core, &context, || {
        let core = &*context.core;
        let lane = &core.lanes[context.lane];
        let slot = &lane.slots[index];
        slot.thread.get_or_init(|| thread::current().id());
        if let Some(watch) = &slot.watch {
            watch.enter();
        }
        let mut worker = Worker {
            index,
            core,
            lane,
            slot,
            parker,
            context: &context,
            clock: lane.clock,
            pace: Pace::start(&lane.clock),
            cores: thread::available_parallelism().map_or(1, Into::into),
            searching: false,
            fruitless: Backoff::new(),
        };
        budget::with_flag(&slot.flag, || worker.run());
    });
}

/// A worker while it is registered as the present thread's.
struct Worker<'a, S: Scheduler<Runnable>> {
    index: usize,
    core: &'a Core<S>,
    lane: &'a Lane<S>,
    slot: &'a WorkerSlot,
    parker: &'a Parker,
    context: &'a Context<S>,
    /// The lane's.
    clock: Monotonic,
    /// When to turn the driver.
    pace: Pace,
    /// How many cores the process may use.
    cores: usize,
    /// Counted as searching in `lane.idle`.
    searching: bool,
    /// For a queue that is not empty and gives nothing: somebody is stopped in the middle of a theft.
    fruitless: Backoff,
}

impl<S: Scheduler<Runnable>> Worker<'_, S> {
    fn run(&mut self) {
        let mut next = None;
        while !self.core.shutdown.is_closing() {
            next = match next {
                Some(runnable) => self.poll(runnable),
                None => self.find_or_sleep(),
            };
        }
        if let Some(next) = next {
            self.slot.set_running(next.id(), next.priority());
            drop(next);
        }
        self.stop();
    }

    /// Polls a task, and gives the next one if that is near.
    fn poll(&mut self, runnable: Runnable) -> Option<Runnable> {
        let class = runnable.priority();
        if self.pace.polls(class) {
            self.lane.note_class(class);
            self.context.class.set(class);
        }
        self.slot.set_running(runnable.id(), class);
        let again = match &self.slot.watch {
            None => runnable.run_once(),
            Some(watch) => watch.run(runnable),
        };
        let mut half = self.context.worker.borrow_mut();
        half.ran(&self.clock);
        if let Some(again) = again {
            // As `Core::schedule` does, without the way round.
            if self.is_of_this_lane(&again, class) {
                if half.push(again, Cause::Yielded) == Notify::One {
                    drop(half);
                    self.lane.wake_one(|| self.is_idle());
                    half = self.context.worker.borrow_mut();
                }
            } else {
                drop(half);
                let lane = self.core.routes.lane_of(again.priority());
                self.core.inject(lane, again, Cause::Yielded);
                half = self.context.worker.borrow_mut();
            }
        }
        if self.pace.is_due(&self.clock) {
            drop(half);
            self.turn();
            return None;
        }
        self.lower_flag();
        half.pop(&self.clock)
    }

    fn find_or_sleep(&mut self) -> Option<Runnable> {
        self.lower_flag();
        if let Some(found) = self.pop().or_else(|| self.search()) {
            self.fruitless.reset();
            if self.searching {
                self.stop_search();
            }
            return Some(found);
        }
        self.sleep();
        if self.pace.is_due(&self.clock) {
            self.turn();
        }
        None
    }

    /// Before a look at the queue: what was pushed before the flag was raised is seen there, or the flag
    /// is up for the next poll.
    fn lower_flag(&self) {
        self.slot.flag.lower();
    }

    /// Whether a task that had `class` when this lane ran it belongs here still.
    #[inline]
    fn is_of_this_lane(&self, again: &Runnable, class: Priority) -> bool {
        let now = again.priority();
        now == class || self.core.routes.lane_of(now) == self.context.lane
    }

    fn pop(&mut self) -> Option<Runnable> {
        self.context.worker.borrow_mut().pop(&self.clock)
    }

    fn search(&mut self) -> Option<Runnable> {
        if !self.searching {
            if !self.lane.idle.start_search() {
                return None;
            }
            self.searching = true;
        }
        self.context.worker.borrow_mut().search(&self.clock)
    }

    fn stop_search(&mut self) {
        self.searching = false;
        // Re-check: who posted meanwhile relied on this searcher.
        if self.lane.idle.stop_search() && !self.is_idle() {
            self.lane.wake_one(|| self.is_idle());
        }
    }

    /// Follows the protocol of `idle.md`. The worker is searching afterwards, whatever ended its
    /// sleep.
    fn sleep(&mut self) {
        self.slot.set_resting();
        self.core.owned.sweep();
        self.lane.idle.announce_sleep(self.index, self.searching);
        // Re-check: who posted before the announcement woke nobody.
        if !self.is_idle() {
            self.fruitless.snooze();
        } else {
            self.context.driving.set(true);
            self.slot
                .sleeper
                .park(self.index, self.parker, &self.lane.seat);
            self.context.driving.set(false);
            if self.has_rivals() {
                self.slot.note_core();
            }
            // What was woken while driving is found by the search of this worker.
            self.context.pushed.set(false);
            self.context.worker.borrow_mut().rested();
            self.pace.turned(&self.clock);
        }
        self.lane.idle.end_sleep(self.index);
        self.searching = true;
        self.serve_requests();
    }

    /// Handles what has happened meanwhile, without waiting.
    fn turn(&mut self) {
        self.share_cores();
        self.context.driving.set(true);
        self.lane.seat.turn();
        self.context.driving.set(false);
        let mut half = self.context.worker.borrow_mut();
        half.rested();
        let notify = half.balance();
        drop(half);
        if self.context.pushed.take() || notify == Notify::One {
            self.lane.wake_one(|| self.is_idle());
        }
        self.serve_requests();
    }

    /// While several lanes are busy: sees to it that the main lane has the cores.
    fn share_cores(&self) {
        if self.context.lane != 0 {
            self.give_way();
        } else if self.has_rivals() {
            self.keep_apart();
        }
    }

    /// Whether this is the main lane, and another is busy.
    fn has_rivals(&self) -> bool {
        self.context.lane == 0 && self.core.is_other_lane_awake()
    }

    /// Leaves the core to a worker of the main lane that waits for it. The kernel sees to that by itself
    /// only at its next tick, up to 4 ms later: once in a while it gives a thread of little weight its due,
    /// and takes a worker off its core in the middle of a poll.
    fn give_way(&self) {
        let here = os::current_core();
        if here != NOWHERE && self.core.lanes[0].cores(None).any(|core| core == here) {
            laneway_loom::thread::yield_now();
        }
    }

    /// Goes to another core if a worker of this lane is on the same one.
    fn keep_apart(&self) {
        let here = self.slot.note_core();
        let others = || self.lane.cores(Some(self.index));
        if self.lane.slots.len() <= self.cores && others().any(|core| core == here) {
            // Refused where the system says no: then it is as it was.
            let _ = apart::move_away(others());
            self.slot.note_core();
        }
    }

    /// Starts other lanes, if this is the main one and somebody asked for it.
    fn serve_requests(&mut self) {
        if self.context.lane != 0 {
            return;
        }
        let requests = self.core.take_requests();
        if requests == 0 {
            return;
        }
        if self.searching {
            // That takes long, and nobody is to rely on this worker meanwhile.
            self.stop_search();
        }
        for lane in (0..self.core.lanes.len()).filter(|lane| requests >> lane & 1 != 0) {
            self.core.start(lane);
        }
    }

    fn is_idle(&self) -> bool {
        self.core.is_idle(self.context.lane)
    }

    /// Phase 3 of the shutdown: drops the futures of all tasks it can reach.
    fn stop(&mut self) {
        self.slot.set_resting();
        if let Some(watch) = &self.slot.watch {
            watch.leave();
        }
        // First, while the queues are open: a wake that finds one refuses nothing, and so drops no
        // future under its caller's locks.
        self.core.owned.close_and_cancel_all();
        while self.cancel_queued() {}
        self.context.stopped.set(true);
        self.core.worker_stopped(self.context.lane, self.index);
    }

    /// The lanes whose shared queues this worker clears in the end: its own; for a worker of the main
    /// lane all, since some may never have been started.
    fn reach(&self) -> impl Iterator<Item = &Lane<S>> {
        let own = self.context.lane;
        let lanes = self.core.lanes.iter().enumerate();
        lanes
            .filter(move |&(lane, _)| lane == own || own == 0)
            .map(|(_, lane)| lane)
    }

    /// Cancels the tasks that are in a queue, also in those of other workers, who may be stuck in a
    /// poll. `false` if there were none.
    fn cancel_queued(&mut self) -> bool {
        // Collected, then dropped: dropping a task runs its user's code, which may come back to us.
        let mut left = Vec::new();
        {
            let mut worker = self.context.worker.borrow_mut();
            while let Some(runnable) = worker.search(&self.clock) {
                left.push(runnable);
            }
            for lane in self.reach() {
                lane.scheduler.close(&mut |runnable| left.push(runnable));
            }
            worker.drain(&mut |runnable| left.push(runnable));
        }
        let any = !left.is_empty();
        for runnable in left {
            self.slot.set_running(runnable.id(), runnable.priority());
            drop(runnable);
        }
        self.slot.set_resting();
        any
    }
}
