//! Tasks that are run once, and end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;

use super::queue::{self, Task};
use crate::sample::{Sample, Stopwatch};

/// Tasks are put into the queue, then each is polled once; its output goes into a sum.
pub(super) fn spawn_join(tasks: usize, threads: usize) -> Sample {
    queue::divided(tasks, threads, |tasks| {
        let sum = Rc::new(Cell::new(0));
        let mut queue: VecDeque<Task> = VecDeque::new();
        for task in 0..tasks {
            let sum = sum.clone();
            queue.push_back(Box::pin(async move { sum.set(sum.get() + task) }));
        }
        queue::run(&mut queue);
        assert_eq!(sum.get(), tasks * tasks.saturating_sub(1) / 2);
    })
}

/// A thread sends tasks through a channel to another, which polls them.
pub(super) fn spawn_outside(tasks: usize) -> Sample {
    type Sent = Pin<Box<dyn Future<Output = usize> + Send>>;
    let (sender, receiver) = mpsc::channel::<Sent>();
    let spawner = thread::spawn(move || {
        let watch = Stopwatch::start();
        for _ in 0..tasks {
            let task = Box::pin(async { 1 });
            sender.send(task).expect("they are polled");
        }
        watch
    });
    let mut cx = Context::from_waker(Waker::noop());
    let polled = receiver.iter().map(|mut task| task.as_mut().poll(&mut cx));
    let ended = polled.filter(|poll| poll.is_ready()).count();
    assert_eq!(ended, tasks);
    spawner.join().expect("sends do not panic").per_op(tasks)
}

/// Each task puts the next one into the queue.
pub(super) fn chained(tasks: usize) -> Sample {
    let watch = Stopwatch::start();
    let next: Rc<RefCell<Option<Task>>> = Rc::default();
    let ended = Rc::new(Cell::new(false));
    chain(tasks, &next, &ended);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        let Some(mut task) = next.take() else {
            break;
        };
        assert!(task.as_mut().poll(&mut cx).is_ready());
    }
    assert!(ended.get());
    watch.per_op(tasks)
}

fn chain(left: usize, next: &Rc<RefCell<Option<Task>>>, ended: &Rc<Cell<bool>>) {
    let (place, ended) = (next.clone(), ended.clone());
    next.replace(Some(Box::pin(async move {
        match left {
            1 => ended.set(true),
            left => chain(left - 1, &place, &ended),
        }
    })));
}
