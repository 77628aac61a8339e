//! A state, and the threads that it has, played by hand.

use laneway_loom::{sync::Arc, thread};
use laneway_scheduler::Priority;
use laneway_task::{Runnable, ScheduleArc};

use super::super::{Call, Missing, Role, State, Step};
use crate::seat::Running;

/// Its class and its number.
pub(super) type Job = (Priority, u32);

/// The walks and scenes know which thread is where; the state must agree.
pub(super) struct Scene {
    pub(super) state: State<Job>,
    /// Threads that were started and did not arrive yet.
    pub(super) starting: Vec<usize>,
    /// Threads that wait in their seats: index, and whether for a tick.
    pub(super) waiting: Vec<(usize, bool)>,
    /// Threads that run a job.
    pub(super) running: Vec<usize>,
    pub(super) ran: Vec<Job>,
    pub(super) pushed: u32,
    /// Refuse to start threads beyond so many.
    pub(super) granted: usize,
    pub(super) rejected: usize,
    pub(super) refusals: usize,
}

impl Scene {
    pub(super) fn new(max_threads: usize) -> Self {
        Self {
            state: State::new(max_threads),
            starting: Vec::new(),
            waiting: Vec::new(),
            running: Vec::new(),
            ran: Vec::new(),
            pushed: 0,
            granted: usize::MAX,
            rejected: 0,
            refusals: 0,
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.starting.len() + self.waiting.len() + self.running.len()
    }

    pub(super) fn push(&mut self) {
        self.push_with(Priority::default());
    }

    pub(super) fn push_with(&mut self, class: Priority) {
        let job = (class, self.pushed);
        let call = self.state.push(job, class).expect("the state is open");
        self.pushed += 1;
        self.act(call);
        self.check();
    }

    pub(super) fn act(&mut self, call: Call) {
        match call {
            Call::Nobody => {}
            Call::Wake(seat) => {
                let called = |&(index, _): &(usize, bool)| {
                    Arc::ptr_eq(&self.state.threads[index].as_ref().unwrap().seat, &seat)
                };
                assert!(self.waiting.iter().any(called), "only who waits is woken");
            }
            Call::Start(index) if self.threads() < self.granted => {
                self.starting.push(index);
            }
            Call::Start(index) => {
                self.refusals += 1;
                let missing = self.state.refused(index);
                self.give_up(missing);
            }
        }
    }

    pub(super) fn give_up(&mut self, missing: Missing<Job>) {
        let stranded = missing.stranded;
        assert!(
            stranded.is_empty() || self.threads() == 0,
            "somebody would have taken them"
        );
        self.rejected += stranded.len();
        self.act(missing.call);
    }

    pub(super) fn step(&mut self, index: usize, step: Step<Job>) {
        match step {
            Step::Run(job, call) => {
                self.state.seat(index).begin(running());
                self.running.push(index);
                self.ran.push(job);
                self.act(call);
            }
            Step::Rest => self.waiting.push((index, false)),
            Step::Watch => self.waiting.push((index, true)),
            Step::Leave => {}
        }
        self.check();
    }

    pub(super) fn arrive(&mut self, at: usize) {
        let index = self.starting.remove(at);
        // Whether the thread or its starter comes first is all the same.
        if self.pushed.is_multiple_of(2) {
            self.started(index);
        }
        let step = self.state.arrived(index, thread::current().id());
        if !self.pushed.is_multiple_of(2) {
            self.started(index);
        }
        self.step(index, step);
    }

    /// The starter comes back with a handle. That of any thread will do.
    pub(super) fn started(&mut self, index: usize) -> bool {
        self.state.started(index, thread::spawn(|| {}))
    }

    pub(super) fn finish(&mut self, at: usize) {
        let index = self.running.remove(at);
        self.state.seat(index).end();
        let step = self.state.finished(index);
        self.step(index, step);
    }

    pub(super) fn wake(&mut self, at: usize, timed_out: bool) {
        let (index, _) = self.waiting.remove(at);
        let step = self.state.woken(index, timed_out);
        self.step(index, step);
    }

    /// The thread fails before its work.
    pub(super) fn fail(&mut self, at: usize) {
        let index = self.starting.remove(at);
        self.started(index);
        let missing = self.state.lost(index);
        self.give_up(missing);
        self.check();
    }

    /// The starter comes back without a thread.
    pub(super) fn refuse(&mut self, at: usize) {
        let index = self.starting.remove(at);
        let missing = self.state.refused(index);
        self.give_up(missing);
        self.check();
    }

    /// Where in `waiting` a thread is that was called.
    pub(super) fn called(&self) -> Option<usize> {
        self.waiting
            .iter()
            .position(|&(index, _)| self.state.role(index) == Role::Coming)
    }

    /// The numbered invariants.
    pub(super) fn check(&self) {
        let state = &self.state;
        let with = |role| {
            let threads = state.threads.iter().enumerate();
            threads
                .filter(|(_, thread)| thread.as_ref().is_some_and(|thread| thread.role == role))
                .map(|(index, _)| index)
                .collect::<Vec<_>>()
        };
        let mut idle = state.idle.clone();
        idle.sort_unstable();
        assert_eq!(idle, with(Role::Resting), "1");
        assert_eq!(state.alive, self.threads(), "1");
        let spare: Vec<usize> = [with(Role::Coming), with(Role::Watching)].concat();
        assert_eq!(spare, Vec::from_iter(state.spare), "2");
        assert_eq!(with(Role::Busy).len(), state.busy());
        for class in Priority::ALL {
            let busy = state.threads.iter().flatten();
            let busy = busy.filter(|thread| thread.running == Some(class)).count();
            assert_eq!(busy, state.queue.running(class));
        }
        if state.is_ready() {
            let all_busy = state.busy() == state.alive && state.alive >= state.limit.now();
            assert!(state.spare.is_some() || all_busy, "3: {state:?}");
            assert!(state.alive > 0, "3: {state:?}");
        }
        assert!(!state.is_closed || state.queue.len() == 0, "4");
        assert!(with(Role::Left).is_empty() || state.is_closed, "5");
    }
}

/// What a thread is seen running.
pub(super) fn running() -> Running {
    let lane = ScheduleArc::new(|nobodys: Runnable| drop(nobodys)).erase();
    let (runnable, handle) = laneway_task::spawn(async {}, &lane);
    Running::new(&runnable, Some(handle.abort_handle()))
}
