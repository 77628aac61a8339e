//! The threads of a pool: how they are started, what they do all day, and what if they do not come.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use laneway_loom::thread;
use laneway_waker::lane;

use super::{Shared, TICK};
use crate::{
    seat::Job,
    state::{Call, Missing, State, Step},
};

impl Shared {
    pub(super) fn act(&self, call: Call) {
        match call {
            Call::Nobody => {}
            Call::Wake(seat) => seat.notify(),
            Call::Start(index) => self.start(index),
        }
    }

    #[cold]
    fn start(&self, index: usize) {
        let shared = self.clone();
        let main = Box::new(move || shared.run_thread(index));
        match (self.config.start_thread)(self.thread_name(index), main) {
            Ok(handle) => {
                let has_ended = self.state.lock().started(index, handle);
                self.tell(has_ended);
            }
            Err(_) => self.go_without(|state| state.refused(index)),
        }
    }

    /// A thread does not come: see to the jobs that waited for it.
    fn go_without(&self, missing: impl FnOnce(&mut State<Job>) -> Missing<Job>) {
        let mut state = self.state.lock();
        let Missing { stranded, call } = missing(&mut state);
        let has_ended = state.has_ended();
        drop(state);
        self.tell(has_ended);
        self.act(call);
        for job in stranded {
            job.runnable.reject();
        }
        self.settle();
    }

    pub(super) fn tell(&self, has_ended: bool) {
        if has_ended {
            self.ended.notify_all();
        }
    }

    /// The life of a thread.
    fn run_thread(&self, index: usize) {
        let lane = self.config.lane.as_ref();
        if let Some((number, _)) = lane {
            // To the very end: also for what the thread's own thread-locals do when they are dropped.
            mem::forget(lane::enter(*number));
        }
        let (mut has_begun, mut has_left) = (false, false);
        // Unwind safety: no closure of the user's unwinds to here. What does is of the code around
        // the work, which is over then, or never was.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            (self.config.around)(&mut || {
                if !mem::replace(&mut has_begun, true) {
                    self.work(index);
                    has_left = true;
                }
            });
        }));
        if !has_left {
            self.go_without(|state| state.lost(index));
        }
        if let Err(payload) = outcome {
            // Its drop may panic too: a payload left in the thread's handle would be dropped under a
            // lock.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(mem::forget);
        }
    }

    fn work(&self, index: usize) {
        let id = thread::current().id();
        let mut state = self.state.lock();
        let seat = state.seat(index);
        let mut step = state.arrived(index, id);
        loop {
            let timed_out;
            match step {
                Step::Run(job, call) => {
                    drop(state);
                    self.act(call);
                    seat.run(job);
                    self.settle();
                    state = self.state.lock();
                    step = state.finished(index);
                    continue;
                }
                Step::Rest => (state, timed_out) = seat.wait(state, self.config.keep_alive),
                Step::Watch => (state, timed_out) = seat.watch(&self.state, state, TICK),
                Step::Leave => break,
            }
            step = state.woken(index, timed_out);
        }
        let has_ended = state.has_ended();
        drop(state);
        self.tell(has_ended);
    }
}
