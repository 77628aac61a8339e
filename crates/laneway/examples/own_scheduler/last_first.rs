//! One stack under one lock, shared by all workers.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use laneway::scheduler::{Cause, Clock, Notify, Scheduler, Worker};

#[derive(Debug)]
pub(crate) struct LastFirst<T> {
    shared: Arc<Mutex<Stack<T>>>,
}

#[derive(Debug)]
struct Stack<T> {
    items: Vec<T>,
    closed: bool,
}

impl<T> Default for LastFirst<T> {
    fn default() -> Self {
        Self {
            shared: Arc::new(Mutex::new(Stack {
                items: Vec::new(),
                closed: false,
            })),
        }
    }
}

impl<T: Send + 'static> Scheduler<T> for LastFirst<T> {
    type Worker = Half<T>;

    fn workers(&self, count: NonZeroUsize) -> Vec<Half<T>> {
        (0..count.get())
            .map(|_| Half {
                shared: self.shared.clone(),
            })
            .collect()
    }

    fn inject(&self, item: T, _cause: Cause) -> Result<Notify, T> {
        let mut stack = lock(&self.shared);
        if stack.closed {
            return Err(item);
        }
        stack.items.push(item);
        Ok(Notify::One)
    }

    fn is_idle(&self) -> bool {
        lock(&self.shared).items.is_empty()
    }

    fn close(&self, sink: &mut dyn FnMut(T)) {
        let mut stack = lock(&self.shared);
        stack.closed = true;
        let items = std::mem::take(&mut stack.items);
        drop(stack);
        items.into_iter().for_each(sink);
    }
}

#[derive(Debug)]
pub(crate) struct Half<T> {
    shared: Arc<Mutex<Stack<T>>>,
}

impl<T> Worker<T> for Half<T> {
    fn push(&mut self, item: T, cause: Cause) -> Notify {
        let mut stack = lock(&self.shared);
        match cause {
            // Who yields wants others to run: it goes to the bottom.
            Cause::Yielded => stack.items.insert(0, item),
            _ => stack.items.push(item),
        }
        Notify::One
    }

    fn pop(&mut self, _clock: &impl Clock) -> Option<T> {
        lock(&self.shared).items.pop()
    }

    fn search(&mut self, clock: &impl Clock) -> Option<T> {
        self.pop(clock)
    }

    fn drain(&mut self, _sink: &mut dyn FnMut(T)) {
        // Nothing is this worker's alone; `Scheduler::close` hands out the rest.
    }
}

fn lock<T>(shared: &Mutex<Stack<T>>) -> std::sync::MutexGuard<'_, Stack<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
