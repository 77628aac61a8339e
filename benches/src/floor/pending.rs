//! Operations beside many others that wait.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::queue::Task;
use super::timers::Lists;
use crate::sample::{Sample, Stopwatch};
use crate::workload::pending::{OPERATIONS, STRIDE, Source};
use crate::workload::timers::{FAR, Random};

/// Requests come in batches; an event loop that knows for whom they are calls these one by one.
pub(super) fn requests(tasks: usize, requests: usize) -> Sample {
    let source = Source::new(tasks);
    let mut cx = Context::from_waker(Waker::noop());
    let mut all: Vec<Task> = Vec::with_capacity(tasks);
    for task in 0..tasks {
        let mut task: Task = Box::pin(source.clone().serve(task));
        assert!(task.as_mut().poll(&mut cx).is_pending());
        all.push(task);
    }
    let watch = Stopwatch::start();
    let mut asked = 0;
    while asked < requests {
        let first = asked;
        asked += source.ask(first);
        for number in first..asked {
            let task = &mut all[number.wrapping_mul(STRIDE) % tasks];
            assert!(task.as_mut().poll(&mut cx).is_pending());
        }
        assert_eq!(pin!(source.check(first)).poll(&mut cx), Poll::Ready(()));
    }
    watch.per_op(asked)
}

/// So many deadlines are kept; another is kept and dropped, then the next; for each.
pub(super) fn timers(sleeps: usize) -> Sample {
    let mut random = Random(3);
    let mut lists = Lists::new();
    let base = lists.base + FAR;
    for _ in 0..sleeps {
        lists.keep(base + random.up_to(FAR));
    }
    let watch = Stopwatch::start();
    for _ in 0..OPERATIONS {
        let list = lists.keep(base + random.up_to(FAR));
        assert!(lists.lists[list].pop().is_some());
    }
    watch.per_op(OPERATIONS)
}
