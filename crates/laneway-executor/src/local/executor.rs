//! The owner of a single-thread executor.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use laneway_scheduler::Clock;
use laneway_task::{Builder, JoinHandle, ScheduleArc, ScheduleRef};
use laneway_waker::budget;

use super::{
    lane::{LocalLane, LocalQueue},
    root::Root,
};
use crate::{
    clock::Monotonic,
    handle::Handle,
    pace::PAUSE,
    park::{Park, ThreadPark, Wait},
    registered,
};

/// Polls between two turns of the driver, or more if they take less than [`PAUSE`] together. Tokio's
/// number: readiness waits for 61 polls at most, or that long.
const ROUND: usize = 61;

/// Runs tasks on the thread it was made on; they need not be [`Send`].
///
/// Wakes, aborts, and drops of handles may come from any thread: they post the task to its own
/// thread, where alone it is polled and dropped.
///
/// Dropping the executor drops every future it holds.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use laneway_executor::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let count = Rc::new(Cell::new(0));
/// for _ in 0..3 {
///     let count = count.clone();
///     executor.spawn_local(async move { count.set(count.get() + 1) });
/// }
/// executor.block_on(laneway_waker::yield_now());
/// assert_eq!(count.get(), 3);
/// ```
///
/// It stays on its thread:
///
/// ```compile_fail,E0277
/// let executor = laneway_executor::LocalExecutor::new();
/// std::thread::spawn(move || executor.turn());
/// ```
pub struct LocalExecutor {
    lane: ScheduleArc<LocalLane>,
    erased: ScheduleRef,
    own: LocalQueue,
    driver: RefCell<Box<dyn Park>>,
    unparker: Waker,
    not_send: PhantomData<*const ()>,
}

impl LocalExecutor {
    /// An executor whose thread waits for wakes alone.
    pub fn new() -> Self {
        Self::with_driver(ThreadPark::new())
    }

    /// An executor whose thread waits in `driver` when no task is ready.
    pub fn with_driver(driver: impl Park) -> Self {
        let unparker = driver.unparker();
        let lane = ScheduleArc::new(LocalLane::new(unparker.clone()));
        Self {
            erased: lane.erase(),
            lane,
            own: LocalQueue::new(),
            driver: RefCell::new(Box::new(driver)),
            unparker,
            not_send: PhantomData,
        }
    }

    /// Starts `future` as a task of this thread. It is polled during [`block_on`](Self::block_on) or
    /// [`turn`](Self::turn).
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (runnable, handle) = laneway_task::spawn_local(future, &self.erased);
        self.own.push(runnable);
        handle
    }

    /// [`spawn_local`](Self::spawn_local) with the name, priority and attributes of `builder`.
    #[track_caller]
    pub fn spawn_local_with<F>(&self, builder: Builder, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (runnable, handle) = builder.spawn_local(future, &self.erased);
        self.own.push(runnable);
        handle
    }

    /// Spawns [`Send`] futures here from any thread.
    pub fn handle(&self) -> Handle {
        Handle::new(self.erased.clone())
    }

    /// Runs this executor's tasks until `future` is ready.
    ///
    /// Tasks that are not finished then stay, and go on in the next call.
    ///
    /// # Panics
    ///
    /// When called by one of its own tasks; and with the panic of `future`, if that panics.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let root = Root::new(self.unparker.clone());
        let waker = Waker::from(root.clone());
        let mut cx = Context::from_waker(&waker);
        let clock = Monotonic::start();
        self.enter(|driver| {
            // When the driver was turned in passing. The first busy round always does.
            let mut turned = None;
            loop {
                if root.take_woken()
                    && let Poll::Ready(output) =
                        budget::with(budget::UNITS, || future.as_mut().poll(&mut cx))
                {
                    return output;
                }
                // Here, so that a task that ended the park runs without another look at the driver.
                self.lane.take_posted(&self.own);
                self.run_tasks(ROUND);
                if !root.is_woken() && self.own.len() == 0 {
                    driver.park(Wait::Forever);
                    turned = None;
                    continue;
                }
                let now = clock.nanos();
                if turned.is_none_or(|turned| now.saturating_sub(turned) >= PAUSE) {
                    driver.park(Wait::Poll);
                    turned = Some(now);
                }
            }
        })
    }

    /// Polls each task that is ready now once, and turns the driver, without waiting. Returns how
    /// many tasks it polled.
    ///
    /// For programs with a loop of their own (a game, a simulation, another event loop).
    ///
    /// # Panics
    ///
    /// When called by one of its own tasks.
    pub fn turn(&self) -> usize {
        self.enter(|driver| {
            driver.park(Wait::Poll);
            self.lane.take_posted(&self.own);
            self.run_tasks(self.own.len())
        })
    }

    /// Drops every future of this executor, here; what is spawned from now on is cancelled at once.
    ///
    /// Dropping the executor does the same.
    pub fn cancel_all(&self) {
        registered::enter(&self.lane, &self.own, || {
            // The order matters. A foreign thread may hold the permission to poll a local task; it must
            // find the task over when the inbox refuses it. So the waiting tasks go first, then the
            // queued ones, and the inbox closes last: there can only be tasks in it then that are not
            // local, or over.
            self.lane.owned.close_and_cancel_all();
            loop {
                self.lane.take_posted(&self.own);
                while let Some(runnable) = self.own.pop() {
                    drop(runnable);
                }
                if self.lane.is_empty() {
                    break;
                }
            }
            self.own.stopped.set(true);
            self.lane.close().for_each(drop);
        });
    }

    /// Polls up to `limit` tasks.
    fn run_tasks(&self, limit: usize) -> usize {
        for polled in 0..limit {
            match self.own.pop() {
                Some(runnable) => {
                    if let Some(again) = runnable.run_once() {
                        self.own.push(again);
                    }
                }
                None => return polled,
            }
        }
        limit
    }

    #[track_caller]
    fn enter<R>(&self, f: impl FnOnce(&mut dyn Park) -> R) -> R {
        let Ok(mut driver) = self.driver.try_borrow_mut() else {
            panic!("a LocalExecutor cannot be driven by one of its own tasks");
        };
        registered::enter(&self.lane, &self.own, || f(&mut **driver))
    }
}

impl Default for LocalExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalExecutor")
            .field("ready", &self.own.len())
            .field("waiting", &self.lane.owned.len())
            .finish_non_exhaustive()
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        self.cancel_all();
    }
}
