//! A task that does as its case says, and reports what becomes of its parts.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use laneway::task::Priority;

/// How the task gets to its end: a future in three ways, or a closure that blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    Ready,
    Yields,
    Waits,
    Blocks,
}

/// Where the future or the closure panics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Panics {
    Nowhere,
    Poll,
    Drop,
    Both,
}

/// When something is done to the handle: right after the spawn, in the task, between its two polls, or
/// when it has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    AtOnce,
    Inside,
    Between,
    AtTheEnd,
}

/// The waker of who waits for the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Joiner {
    Quiet,
    PanicsWoken,
    PanicsDropped,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) priority: Priority,
    pub(super) way: Way,
    pub(super) panics: Panics,
    pub(super) output_panics: bool,
    /// The waker that the handle is polled with at once; none if it is polled at the end only.
    pub(super) joiner: Option<Joiner>,
    pub(super) aborted: Option<When>,
    pub(super) dropped: Option<When>,
}

/// What the parts of a task report.
#[derive(Default)]
pub(super) struct Report {
    pub(super) polls: AtomicUsize,
    pub(super) dropped: AtomicUsize,
    pub(super) outputs: AtomicUsize,
    pub(super) outputs_dropped: AtomicUsize,
    pub(super) slot: Mutex<Option<Waker>>,
}

pub(super) struct Life {
    pub(super) case: Case,
    pub(super) report: Arc<Report>,
    pub(super) inside: Option<Box<dyn Fn(When) + Send>>,
}

pub(super) struct Output(Arc<Report>, bool);

pub(super) struct Alarm(pub(super) Joiner);

impl Life {
    pub(super) fn end(mut self) -> Output {
        self.first();
        let output = self.last();
        // Not at the end of the function: who panics there leaks what is returned (rust-lang/rust#47949).
        drop(self);
        output
    }

    fn first(&mut self) {
        if let Some(act) = self.inside.take() {
            act(When::Inside);
        }
        self.report.polls.fetch_add(1, SeqCst);
    }

    fn last(&self) -> Output {
        if matches!(self.case.panics, Panics::Poll | Panics::Both) {
            boom();
        }
        self.report.outputs.fetch_add(1, SeqCst);
        Output(self.report.clone(), self.case.output_panics)
    }
}

impl Future for Life {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let is_first = self.inside.is_some();
        if is_first {
            self.first();
        }
        match self.case.way {
            Way::Yields if is_first => cx.waker().wake_by_ref(),
            Way::Waits if is_first => *self.report.slot.lock().unwrap() = Some(cx.waker().clone()),
            _ => return Poll::Ready(self.last()),
        }
        Poll::Pending
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.report.dropped.fetch_add(1, SeqCst);
        if matches!(self.case.panics, Panics::Drop | Panics::Both) && !thread::panicking() {
            boom();
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.outputs_dropped.fetch_add(1, SeqCst);
        if self.1 && !thread::panicking() {
            boom();
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        if self.0 == Joiner::PanicsWoken {
            boom();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if self.0 == Joiner::PanicsDropped && !thread::panicking() {
            boom();
        }
    }
}

/// A panic that is not printed.
fn boom() {
    resume_unwind(Box::new("boom"));
}
