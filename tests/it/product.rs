//! Every life that a task of a whole runtime can have: the product of where it runs, how it ends,
//! what panics, and what becomes of its handle meanwhile. None is lost, and nothing is left of it.

mod life;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use laneway::task::{Builder, Priority};
use laneway::{Handle, JoinHandle, LaneConfig, LocalRuntime, Runtime};

use self::life::{Alarm, Case, Joiner, Life, Output, Panics, Report, Way, When};
use crate::support::PATIENCE;

const ALL_WAYS: [Way; 4] = [Way::Ready, Way::Yields, Way::Waits, Way::Blocks];
const ALL_PANICS: [Panics; 4] = [Panics::Nowhere, Panics::Poll, Panics::Drop, Panics::Both];
const ALL_TIMES: [When; 4] = [When::AtOnce, When::Inside, When::Between, When::AtTheEnd];
const ALL_WAKERS: [Joiner; 3] = [Joiner::Quiet, Joiner::PanicsWoken, Joiner::PanicsDropped];
const ALL_PRIORITIES: [Priority; 4] = [
    Priority::Background,
    Priority::Batch,
    Priority::Normal,
    Priority::Critical,
];

/// Where tasks run: how they get there, and what lets them run.
struct Place<'a> {
    handle: &'a Handle,
    local: Option<&'a LocalRuntime>,
    spawns_local: bool,
}

impl Place<'_> {
    /// Lets tasks run until `is_so`.
    fn until(&self, case: impl Debug, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < PATIENCE, "{case:?} does not end");
            match self.local {
                Some(runtime) if runtime.turn() > 0 => {}
                _ => thread::yield_now(),
            }
        }
    }

    fn spawn(&self, case: Case, life: Life) -> JoinHandle<Output> {
        let builder = Builder::new().priority(case.priority);
        match self.local {
            _ if case.way == Way::Blocks => {
                self.handle.spawn_blocking_with(builder, move || life.end())
            }
            Some(runtime) if self.spawns_local => runtime.spawn_local_with(builder, life),
            _ => self.handle.spawn_with(builder, life),
        }
    }

    fn live(&self, case: Case) {
        let report = Arc::new(Report::default());
        let handle = Arc::new(Mutex::new(None));
        let act = {
            let handle: Weak<Mutex<Option<JoinHandle<Output>>>> = Arc::downgrade(&handle);
            move |now| {
                let Some(handle) = handle.upgrade() else {
                    return;
                };
                let mut handle = handle.lock().unwrap();
                if let Some(handle) = handle.as_ref().filter(|_| case.aborted == Some(now)) {
                    handle.abort();
                }
                let dropped = handle.take_if(|_| case.dropped == Some(now));
                // Its waker may panic, and so may its output.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(dropped)));
            }
        };
        let inside = Some(Box::new(act.clone()) as Box<dyn Fn(When) + Send>);
        let mut handle_of_life = handle.lock().unwrap(); // In the task it is there from the beginning.
        let life = Life {
            case,
            report: report.clone(),
            inside,
        };
        let mut joining = self.spawn(case, life);
        let abort_handle = joining.abort_handle();
        if let Some(joiner) = case.joiner {
            let waker = Waker::from(Arc::new(Alarm(joiner)));
            let polled = poll(&mut joining, &waker);
            let _ = catch_unwind(AssertUnwindSafe(|| drop(waker)));
            // On another thread it may have ended already.
            if let Poll::Ready(result) = polled {
                self.check(case, true, result);
            } else {
                *handle_of_life = Some(joining);
            }
        } else {
            *handle_of_life = Some(joining);
        }
        drop(handle_of_life);
        act(When::AtOnce);
        let count = |count: &AtomicUsize| count.load(SeqCst);
        let is_over = || abort_handle.is_finished();
        self.until(case, || is_over() || count(&report.polls) > 0);
        act(When::Between);
        if case.way == Way::Waits {
            self.until(case, || is_over() || report.slot.lock().unwrap().is_some());
            if let Some(waker) = report.slot.lock().unwrap().take() {
                waker.wake();
            }
        }
        self.until(case, is_over);
        act(When::AtTheEnd);
        let joining = handle.lock().unwrap().take();
        if let Some(mut joining) = joining {
            match poll(&mut joining, Waker::noop()) {
                Poll::Ready(result) => self.check(case, false, result),
                Poll::Pending => panic!("{case:?} has ended, and its handle waits"),
            }
            let _ = catch_unwind(AssertUnwindSafe(|| drop(joining)));
        }
        drop((abort_handle, act));
        let waker = report.slot.lock().unwrap().take();
        drop(waker);
        // What has held the task on another thread lets go of it in its own time.
        self.until(case, || Arc::strong_count(&report) == 1);
        assert_eq!(count(&report.dropped), 1, "{case:?}");
        assert_eq!(
            count(&report.outputs),
            count(&report.outputs_dropped),
            "{case:?}"
        );
    }

    /// Whether this result may come of this case. The threads race with what is done to the task at
    /// once; all else is certain.
    fn check(&self, case: Case, at_once: bool, result: Result<Output, laneway::JoinError>) {
        let drop_panics = matches!(case.panics, Panics::Drop | Panics::Both);
        let aborted = case
            .aborted
            .filter(|when| !at_once && *when != When::AtTheEnd);
        let ready_first = matches!(case.way, Way::Ready | Way::Blocks);
        let (may_end, may_be_cut) = match aborted {
            None => (true, false),
            Some(When::AtOnce) => (true, true),
            Some(When::Inside) => (ready_first, !ready_first),
            Some(_) => (case.way != Way::Waits, !ready_first),
        };
        let is_allowed = match &result {
            Ok(_) => may_end && case.panics == Panics::Nowhere,
            Err(error) if error.is_cancelled() => may_be_cut && !drop_panics,
            Err(_) => may_end && case.panics != Panics::Nowhere || may_be_cut && drop_panics,
        };
        let what = result.as_ref().map(|_| "an output");
        assert!(is_allowed, "{case:?} came to {what:?}");
        let _ = catch_unwind(AssertUnwindSafe(|| drop(result)));
    }
}

fn poll(
    joining: &mut JoinHandle<Output>,
    waker: &Waker,
) -> Poll<Result<Output, laneway::JoinError>> {
    let mut context = Context::from_waker(waker);
    catch_unwind(AssertUnwindSafe(|| Pin::new(joining).poll(&mut context))).unwrap_or(Poll::Pending)
}

/// Lives all lives in a place; says how many that were.
fn all_lives(place: &Place<'_>) -> usize {
    let mut lives = 0;
    let times = || std::iter::once(None).chain(ALL_TIMES.map(Some));
    let joiners = || std::iter::once(None).chain(ALL_WAKERS.map(Some));
    for (priority, way) in pairs(&ALL_PRIORITIES, &ALL_WAYS) {
        for (panics, output_panics) in pairs(&ALL_PANICS, &[false, true]) {
            for joiner in joiners() {
                for aborted in times() {
                    for dropped in times() {
                        let case = Case {
                            priority,
                            way,
                            panics,
                            output_panics,
                            joiner,
                            aborted,
                            dropped,
                        };
                        place.live(case);
                        lives += 1;
                    }
                }
            }
        }
    }
    lives
}

fn pairs<A: Copy, B: Copy>(left: &[A], right: &[B]) -> impl Iterator<Item = (A, B)> {
    left.iter()
        .flat_map(move |a| right.iter().map(move |b| (*a, *b)))
}

// Each life is waited for by itself: all together they may take long on a slow machine.

fn on_threads(threads: usize) {
    // Two lanes as usual, but of one policy: on a busy machine the usual one waits long for its turns.
    let classes = [Priority::Batch, Priority::Background];
    let lane = LaneConfig::new("background").classes(classes);
    let builder = Runtime::builder().threads(threads).lane(lane);
    let runtime = builder.build().unwrap();
    let place = Place {
        handle: runtime.handle(),
        local: None,
        spawns_local: false,
    };
    println!("{} lives", all_lives(&place));
    assert!(runtime.shutdown_timeout(PATIENCE).is_complete());
}

fn on_this_thread(spawns_local: bool) {
    let runtime = LocalRuntime::new().unwrap();
    let place = Place {
        handle: runtime.handle(),
        local: Some(&runtime),
        spawns_local,
    };
    println!("{} lives", all_lives(&place));
}

#[test]
fn all_lives_on_one_thread() {
    on_threads(1);
}

#[test]
fn all_lives_on_two_threads() {
    on_threads(2);
}

#[test]
fn all_lives_sent_to_a_local_runtime() {
    on_this_thread(false);
}

#[test]
fn all_lives_of_a_local_runtime() {
    on_this_thread(true);
}
