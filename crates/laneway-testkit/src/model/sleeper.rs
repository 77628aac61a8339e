//! A worker that falls asleep while another adds, moves or searches: the protocol of every executor.

use laneway_loom::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, Release, SeqCst},
            fence,
        },
    },
    thread,
};
use laneway_scheduler::{Notify, Scheduler, Worker};

use crate::{Item, StepClock};

/// A worker that falls asleep on a thread of its own, and the others' view of it.
///
/// It is the spawned thread, and who adds items the first one. Loom runs the first thread until it
/// waits, and goes back from there to try other orders; of what others did to an atomic before, it
/// forgets what came before the last access. So a writer that reads what it then writes should come
/// first.
pub(super) struct Sleeper {
    state: Arc<State>,
    thread: thread::JoinHandle<bool>,
}

struct State {
    announced: AtomicBool,
    /// Those of the two, it and the other, who search.
    searching: AtomicUsize,
    woken: AtomicBool,
}

impl Sleeper {
    pub(super) fn spawn<S: Scheduler<Item>>(scheduler: &Arc<S>) -> Self {
        let state = Arc::new(State {
            announced: AtomicBool::new(false),
            searching: AtomicUsize::new(2),
            woken: AtomicBool::new(false),
        });
        let thread = thread::spawn({
            let (state, scheduler) = (state.clone(), scheduler.clone());
            move || state.sleep(&*scheduler)
        });
        Self { state, thread }
    }

    /// Does what an executor does with a `Notify`.
    pub(super) fn follow(&self, notify: Notify) {
        if notify == Notify::One {
            // Ordering: this fence pairs with the one in `sleep`. Relaxed otherwise: the fences decide.
            fence(SeqCst);
            if self.state.announced.load(Relaxed) {
                self.state.woken.store(true, Relaxed);
            }
        }
    }

    /// Does what an executor does with one of the last two who search; the other is this sleeper.
    pub(super) fn search_and_follow_up<S: Scheduler<Item>>(
        &self,
        scheduler: &S,
        worker: &mut S::Worker,
    ) -> Option<Item> {
        let found = worker.search(&StepClock::new());
        // Ordering: Release pairs with the sleeper's count and fence. If the sleeper is the last, it
        // sees what the search has brought; otherwise nobody would look again.
        let was_last = self.state.searching.fetch_sub(1, Release) == 1;
        if was_last {
            // Ordering: pairs with the fence of who added items while this one searched, and woke
            // nobody for that.
            fence(SeqCst);
            if !scheduler.is_idle() {
                self.follow(Notify::One);
            }
        }
        found
    }

    /// In the end: it saw no reason to stay awake, and nobody woke it.
    pub(super) fn sleeps_on(self) -> bool {
        let fell_asleep = self.thread.join().unwrap();
        // Ordering: Relaxed. This thread stored it.
        fell_asleep && !self.state.woken.load(Relaxed)
    }
}

impl State {
    fn sleep<S: Scheduler<Item>>(&self, scheduler: &S) -> bool {
        // Ordering: the fence pairs with the one in `follow`; it also makes the count an Acquire,
        // which pairs with the Release in `search_and_follow_up`.
        self.announced.store(true, Relaxed);
        self.searching.fetch_sub(1, Relaxed);
        fence(SeqCst);
        scheduler.is_idle()
    }
}
