//! Every life that one task can have: the product of what its future does, what becomes of its
//! handles, who ends it and where its waker is.

mod case;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use laneway_task::{JoinError, spawn};

use self::case::{Case, First, Joins, Outcome, Panics, Way, When};
use crate::support::{Count, Lane, boom, poll_once};

/// What the pieces report: created and dropped.
#[derive(Debug, Default)]
struct Report {
    polls: AtomicUsize,
    futures_dropped: AtomicUsize,
    outputs_made: AtomicUsize,
    outputs_dropped: AtomicUsize,
    slot: Mutex<Option<Waker>>,
}

struct Life {
    case: Case,
    report: Arc<Report>,
    inside: Option<Box<dyn FnOnce() + Send>>,
    is_over: bool,
}

impl Future for Life {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        assert!(!self.is_over, "polled after the end");
        let polls = self.report.polls.fetch_add(1, SeqCst) + 1;
        if let Some(inside) = self.inside.take() {
            inside();
        }
        match (self.case.way, polls) {
            (Way::Yields, 1) => cx.waker().wake_by_ref(),
            (Way::Waits | Way::Forgotten, 1) => {
                *self.report.slot.lock().unwrap() = Some(cx.waker().clone());
            }
            (Way::Lost, 1) => {}
            _ => {
                self.is_over = true;
                if matches!(self.case.panics, Panics::Poll | Panics::Both) {
                    boom();
                }
                self.report.outputs_made.fetch_add(1, SeqCst);
                return Poll::Ready(Output(self.report.clone(), self.case.output_panics));
            }
        }
        Poll::Pending
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.report.futures_dropped.fetch_add(1, SeqCst);
        if matches!(self.case.panics, Panics::Drop | Panics::Both) {
            boom();
        }
    }
}

struct Output(Arc<Report>, bool);

impl Drop for Output {
    fn drop(&mut self) {
        self.0.outputs_dropped.fetch_add(1, SeqCst);
        if self.1 && !std::thread::panicking() {
            boom();
        }
    }
}

impl Case {
    fn run(self) {
        let (lane, erased) = if self.owned {
            Lane::owning()
        } else {
            Lane::plain()
        };
        let (count, waker) = Count::new();
        let report = Arc::new(Report::default());
        let handle = Arc::new(Mutex::new(None));
        let act = {
            let (lane, handle, waker) = (lane.share(), Arc::downgrade(&handle), waker.clone());
            move |now: When| {
                let Some(handle) = Weak::upgrade(&handle) else {
                    return;
                };
                let mut handle = handle.lock().unwrap();
                if self.aborted == now
                    && let Some(handle) = &*handle
                {
                    laneway_task::JoinHandle::abort(handle);
                }
                if self.owned && self.closed == now {
                    lane.list().close_and_cancel_all();
                }
                match self.joins {
                    Joins::Dropped(when) if when == now => drop(handle.take()),
                    Joins::Abandoned(when) if when == now => {
                        if let Some(mut handle) = handle.take() {
                            let result = poll_once(&mut handle, &waker);
                            let _ = catch_unwind(AssertUnwindSafe(|| drop(result)));
                        }
                    }
                    _ => {}
                }
            }
        };
        let inside = {
            let act = act.clone();
            move || act(When::Inside)
        };
        let life = Life {
            case: self,
            report: report.clone(),
            inside: Some(Box::new(inside)),
            is_over: false,
        };
        let (runnable, mut joining) = spawn(life, &erased);
        let abort_handle = joining.abort_handle();
        if matches!(self.joins, Joins::Early | Joins::Abandoned(_)) {
            assert!(poll_once(&mut joining, &waker).is_pending());
        }
        *handle.lock().unwrap() = Some(joining);

        act(When::BeforeFirstPoll);
        match self.first {
            First::Run => runnable.run(),
            First::Drop => drop(runnable),
            First::Reject => runnable.reject(),
        }
        act(When::AfterFirstPoll);
        let left = report.slot.lock().unwrap().take();
        match (self.way, left) {
            (Way::Waits, Some(waker)) => waker.wake(),
            (_, left) => drop(left),
        }
        lane.run_all();
        if !abort_handle.is_finished() {
            abort_handle.abort();
            lane.run_all();
        }
        act(When::AtTheEnd);
        assert!(abort_handle.is_finished());

        let is_early = matches!(self.joins, Joins::Early);
        assert_eq!(
            count.get(),
            usize::from(is_early || self.is_woken_before_abandoned())
        );
        let joining = handle.lock().unwrap().take();
        if let Some(mut joining) = joining {
            let result = poll_once(&mut joining, &waker);
            let Poll::Ready(result) = result else {
                panic!("not ready")
            };
            let outcome = match &result {
                Ok(_) => Outcome::Value,
                Err(error) if error.is_cancelled() => Outcome::Cancelled,
                Err(error) if error.is_rejected() => Outcome::Rejected,
                Err(error) => {
                    assert!(JoinError::is_panic(error));
                    Outcome::Panicked
                }
            };
            assert_eq!(outcome, self.expected());
            let _ = catch_unwind(AssertUnwindSafe(|| drop(result)));
        }
        abort_handle.abort();
        drop(abort_handle);
        drop((act, erased));
        assert_eq!(
            report.futures_dropped.load(SeqCst),
            1,
            "the future is dropped once"
        );
        assert_eq!(
            report.outputs_made.load(SeqCst),
            report.outputs_dropped.load(SeqCst)
        );
        drop(waker);
        assert_eq!(Arc::strong_count(&count), 1, "a waker is left");
        assert_eq!(
            Arc::strong_count(&report),
            1,
            "something of the task is left"
        );
    }
}

#[test]
fn every_life_ends_well() {
    use When::*;
    let whens = [BeforeFirstPoll, Inside, AfterFirstPoll, AtTheEnd];
    let mut joins = vec![Joins::Late, Joins::Early];
    joins.extend(whens.map(Joins::Dropped));
    joins.extend(whens.map(Joins::Abandoned));
    let mut cases = 0;
    for way in [
        Way::Ready,
        Way::Yields,
        Way::Waits,
        Way::Forgotten,
        Way::Lost,
    ] {
        for panics in [Panics::Nowhere, Panics::Poll, Panics::Drop, Panics::Both] {
            for output_panics in [false, true] {
                for &joins in &joins {
                    for aborted in [Never, BeforeFirstPoll, Inside, AfterFirstPoll, AtTheEnd] {
                        for first in [First::Run, First::Drop, First::Reject] {
                            for (owned, closed) in [
                                (false, Never),
                                (true, Never),
                                (true, BeforeFirstPoll),
                                (true, Inside),
                                (true, AfterFirstPoll),
                            ] {
                                let case = Case {
                                    way,
                                    panics,
                                    output_panics,
                                    joins,
                                    aborted,
                                    first,
                                    owned,
                                    closed,
                                };
                                let run = catch_unwind(|| case.run());
                                assert!(run.is_ok(), "in {case:?}");
                                cases += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{cases} lives");
}
