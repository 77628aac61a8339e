//! The loop of a worker: pop, run, search, sleep; at the end, cancel what is left.

use crossbeam_utils::Backoff;
use laneway_scheduler::{Cause, Scheduler, Worker as _};
use laneway_task::{Runnable, ScheduleArc};
use laneway_waker::Parker;

use crate::{
    context::Context,
    lane::{Lane, WorkerSlot},
    registered,
};

/// A busy worker turns the driver once in so many polls. Tokio's number, from the same trade: one
/// system call (about 0.3 µs) spread over 61 polls costs each 5 ns, and readiness waits for 61 polls
/// at most.
pub(crate) const TURN_INTERVAL: u32 = 61;

/// Serves `lane` on this thread until it shuts down.
pub(crate) fn run<S: Scheduler<Runnable>>(
    index: usize,
    lane: ScheduleArc<Lane<S>>,
    half: S::Worker,
    parker: &Parker,
) {
    let context = Context::new(lane, half);
    registered::enter(&context.lane, &context, || {
        let lane = &*context.lane;
        let slot = &lane.slots[index];
        let mut worker = Worker {
            index,
            lane,
            slot,
            parker,
            context: &context,
            polls_until_turn: TURN_INTERVAL,
            searching: false,
            fruitless: Backoff::new(),
        };
        worker.run();
    });
}

/// A worker while it is registered as the present thread's.
struct Worker<'a, S: Scheduler<Runnable>> {
    index: usize,
    lane: &'a Lane<S>,
    slot: &'a WorkerSlot,
    parker: &'a Parker,
    context: &'a Context<S>,
    polls_until_turn: u32,
    /// Counted as searching in `lane.idle`.
    searching: bool,
    /// For a queue that is not empty and gives nothing: somebody is stopped in the middle of a theft.
    fruitless: Backoff,
}

impl<S: Scheduler<Runnable>> Worker<'_, S> {
    fn run(&mut self) {
        while !self.lane.shutdown.is_closing() {
            match self.next() {
                Some(runnable) => self.poll(runnable),
                None => self.sleep(),
            }
        }
        self.stop();
    }

    fn next(&mut self) -> Option<Runnable> {
        self.polls_until_turn -= 1;
        if self.polls_until_turn == 0 {
            self.turn();
        }
        let found = self.pop().or_else(|| self.search())?;
        self.fruitless.reset();
        if self.searching {
            self.stop_search();
        }
        Some(found)
    }

    fn poll(&mut self, runnable: Runnable) {
        self.slot.set_running(Some(runnable.id()));
        if let Some(again) = runnable.run_once() {
            self.context.push(again, Cause::Yielded);
        }
        self.context.worker.borrow_mut().ran(&self.lane.clock);
    }

    fn pop(&mut self) -> Option<Runnable> {
        self.context.worker.borrow_mut().pop(&self.lane.clock)
    }

    fn search(&mut self) -> Option<Runnable> {
        if !self.searching {
            if !self.lane.idle.start_search() {
                return None;
            }
            self.searching = true;
        }
        self.context.worker.borrow_mut().search(&self.lane.clock)
    }

    fn stop_search(&mut self) {
        self.searching = false;
        if self.lane.idle.stop_search() && !self.lane.scheduler.is_idle() {
            self.lane.wake_one();
        }
    }

    /// Follows the protocol of `idle.md`. The worker is searching afterwards, whatever ended its
    /// sleep.
    fn sleep(&mut self) {
        self.slot.set_running(None);
        self.lane.idle.announce_sleep(self.index, self.searching);
        if !self.lane.scheduler.is_idle() {
            self.fruitless.snooze();
        } else {
            self.context.driving.set(true);
            self.slot
                .sleeper
                .park(self.index, self.parker, &self.lane.seat);
            self.context.driving.set(false);
            // What was woken while driving is found by the search of this worker.
            self.context.pushed.set(false);
            self.context.worker.borrow_mut().rested();
            self.polls_until_turn = TURN_INTERVAL;
        }
        self.lane.idle.end_sleep(self.index);
        self.searching = true;
    }

    /// Handles what has happened meanwhile, without waiting.
    fn turn(&mut self) {
        self.polls_until_turn = TURN_INTERVAL;
        self.context.driving.set(true);
        self.lane.seat.turn();
        self.context.driving.set(false);
        if self.context.pushed.take() {
            self.lane.wake_one();
        }
        self.context.worker.borrow_mut().rested();
    }

    /// Phase 3 of the shutdown: drops the futures of all tasks it can reach.
    fn stop(&mut self) {
        self.slot.set_running(None);
        // First, while the queues are open: a wake that finds one refuses nothing, and so drops no
        // future under its caller's locks.
        self.lane.owned.close_and_cancel_all();
        while self.cancel_queued() {}
        self.context.stopped.set(true);
        self.lane.worker_stopped(self.index);
    }

    /// Cancels the tasks that are in a queue, also in those of other workers, who may be stuck in a
    /// poll. `false` if there were none.
    fn cancel_queued(&mut self) -> bool {
        // Collected, then dropped: dropping a task runs its user's code, which may come back to us.
        let mut left = Vec::new();
        {
            let mut worker = self.context.worker.borrow_mut();
            while let Some(runnable) = worker.search(&self.lane.clock) {
                left.push(runnable);
            }
            self.lane
                .scheduler
                .close(&mut |runnable| left.push(runnable));
            worker.drain(&mut |runnable| left.push(runnable));
        }
        let any = !left.is_empty();
        for runnable in left {
            self.slot.set_running(Some(runnable.id()));
            drop(runnable);
        }
        self.slot.set_running(None);
        any
    }
}
