//! The few choices: threads, lanes, scheduler, clock, names, the limits of the blocking pool.

use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use laneway_executor::{Executor, LaneConfig, LocalExecutor, Policy, StallMonitor};
use laneway_priority::{Key, Priorities};
use laneway_reactor::Reactor;
use laneway_scheduler::{Priority, Scheduler};
use laneway_task::Runnable;
use laneway_timer::{Clock, Timers};

use crate::{
    current::{Current, Role},
    driver::Driver,
    handle::{Handle, Parts},
    local::LocalRuntime,
    pools::{HandleCell, PoolConfig, Pools},
    runtime::Runtime,
    timer_park::TimerPark,
};

/// Builds a [`Runtime`] or a [`LocalRuntime`].
///
/// ```
/// use laneway::Runtime;
///
/// let runtime = Runtime::builder().threads(2).thread_name("api").blocking_threads(8).build()?;
/// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Builder<S = Priorities<Runnable, ByTicket>> {
    executor: laneway_executor::Builder<S>,
    /// Beside the main one; `None` for the usual one.
    lanes: Option<Vec<LaneConfig>>,
    monitor: Option<StallMonitor>,
    name: String,
    blocking: PoolConfig,
    timers: Timers,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            executor: Executor::builder().scheduler(|| Priorities::new(ByTicket)),
            lanes: None,
            monitor: None,
            name: "laneway".to_owned(),
            blocking: PoolConfig::default(),
            timers: Timers::new(),
        }
    }
}

impl<S> Builder<S> {
    /// How many threads each lane has, unless the lane says otherwise. Default: as many as the system
    /// says can run at once. A [`LocalRuntime`] has the one it is built on, whatever is said here.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.executor = self.executor.threads(threads);
        self
    }

    /// Threads are called this, a hyphen, and a number; those of the blocking pool have `-blocking`
    /// in between. Default: `laneway`.
    #[must_use]
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a lane, in place of the usual background lane: threads that the operating system treats by a
    /// policy of their own. See [`LaneConfig`]; its driver is the runtime's choice.
    ///
    /// ```
    /// use laneway::{LaneConfig, Policy, Runtime, task::Priority};
    ///
    /// let compaction = LaneConfig::new("compaction")
    ///     .threads(1)
    ///     .classes([Priority::Background])
    ///     .policy(Policy::batch().nice(10));
    /// let runtime = Runtime::builder().lane(compaction).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn lane(mut self, lane: LaneConfig) -> Self {
        self.lanes.get_or_insert_default().push(lane);
        self
    }

    /// No lane but the main one: tasks of all classes share its threads, and a poll that does not end
    /// keeps one of them.
    ///
    /// By default there is a second one, called `background`, for tasks of the classes `Batch` and
    /// `Background`: threads of the batch policy with nice 19, which start with its first task.
    #[must_use]
    pub fn one_lane(mut self) -> Self {
        self.lanes = Some(Vec::new());
        self
    }

    /// What decides which task runs next, called once for each lane. Default: [`Priorities`], the most
    /// urgent class first.
    ///
    /// ```
    /// use laneway::{Runtime, scheduler::Fifo};
    ///
    /// let runtime = Runtime::builder().scheduler(Fifo::new).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn scheduler<T: Scheduler<Runnable>>(
        self,
        scheduler: impl FnMut() -> T + Send + 'static,
    ) -> Builder<T> {
        let Self {
            executor,
            lanes,
            monitor,
            name,
            blocking,
            timers,
        } = self;
        Builder {
            executor: executor.scheduler(scheduler),
            lanes,
            monitor,
            name,
            blocking,
            timers,
        }
    }

    /// What the timers read. Default: the system's monotonic clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.timers = Timers::with_clock(clock);
        self
    }

    /// Starts a thread that notices polls that take too long: see [`StallMonitor`]. Default: none.
    ///
    /// Not for a [`LocalRuntime`].
    #[must_use]
    pub fn stall_monitor(mut self, monitor: StallMonitor) -> Self {
        self.monitor = Some(monitor);
        self
    }

    /// How many threads the blocking pool of each lane may have at most; it starts them when needed.
    #[must_use]
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking.threads = Some(threads);
        self
    }

    /// How many closures may wait for a thread of a blocking pool before more are rejected.
    #[must_use]
    pub fn blocking_queue(mut self, closures: usize) -> Self {
        self.blocking.queue = Some(closures);
        self
    }

    /// How long a thread of a blocking pool waits for a closure before it ends.
    #[must_use]
    pub fn blocking_keep_alive(mut self, keep_alive: Duration) -> Self {
        self.blocking.keep_alive = Some(keep_alive);
        self
    }

    /// Starts a runtime.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for zero threads or a zero limit; otherwise what
    /// the system said when it refused a thread or a file descriptor.
    pub fn build(self) -> io::Result<Runtime>
    where
        S: Scheduler<Runnable>,
    {
        let Self {
            mut executor,
            lanes,
            monitor,
            name,
            blocking,
            timers,
        } = self;
        let cell = HandleCell::default();
        let lanes = lanes.unwrap_or_else(|| vec![background_lane()]);
        let (pools, pool_handles) = Pools::build(&blocking, &name, 0, &lanes, &cell)?;
        if let Some(monitor) = monitor {
            executor = executor.stall_monitor(monitor);
        }
        let mut timers = vec![timers];
        let (driver, reactor) = start_driver(&timers[0])?;
        for lane in lanes {
            let own = timers[0].for_lane(timers.len() as u8);
            executor = executor.lane(lane.driver(TimerPark::new(own.clone())));
            timers.push(own);
        }
        // Strong, unlike the pool's: it goes with the workers' threads, which alone hold the hook.
        let own = Arc::new(OnceLock::<Handle>::new());
        let workers_own = own.clone();
        let executor = executor
            .thread_name(name)
            .driver(driver)
            .around_worker(move |work| {
                let handle = workers_own.get().cloned();
                let _entered = handle.map(|handle| Current::own(handle, Role::Worker).enter());
                work();
            })
            .build_with(|executor| {
                let parts = Parts {
                    executor: executor.clone(),
                    pools: pool_handles,
                    timers: timers.into(),
                    reactor,
                };
                own.get_or_init(|| publish(&cell, parts));
            })?;
        let handle = own
            .get()
            .expect("build_with has called its closure")
            .clone();
        Ok(Runtime::new_with(handle, executor, pools))
    }

    /// Makes a runtime of the calling thread, for tasks that need not be [`Send`]. It has one queue, in
    /// order of arrival: threads and scheduler are for [`build`](Self::build).
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_local(self) -> io::Result<LocalRuntime> {
        let Self {
            executor: _,
            lanes: _,
            monitor: _,
            name,
            blocking,
            timers,
        } = self;
        // This thread may be a worker of another runtime.
        let own = laneway_waker::lane::current();
        let timers = timers.for_lane(own);
        let cell = HandleCell::default();
        let (pools, pool_handles) = Pools::build(&blocking, &name, own, &[], &cell)?;
        let (driver, reactor) = start_driver(&timers)?;
        let executor = LocalExecutor::with_driver(driver);
        let parts = Parts {
            executor: executor.handle(),
            pools: pool_handles,
            timers: [timers].into(),
            reactor,
        };
        let handle = publish(&cell, parts);
        Ok(LocalRuntime::new_with(handle, Rc::new(executor), pools))
    }
}

impl<S: fmt::Debug> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("executor", &self.executor)
            .field("blocking", &self.blocking)
            .finish_non_exhaustive()
    }
}

/// The class of a task is that of its ticket: [`Runnable::priority`], as a type with a name.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByTicket;

impl Key<Runnable> for ByTicket {
    #[inline]
    fn priority(&self, task: &Runnable) -> Priority {
        task.priority()
    }
}

/// For tasks that nobody waits for, or that take long: they get what is left of the cores.
fn background_lane() -> LaneConfig {
    LaneConfig::new("background")
        .classes([Priority::Batch, Priority::Background])
        .policy(Policy::batch().nice(19))
}

fn publish(cell: &HandleCell, parts: Parts) -> Handle {
    let handle = Handle::new(parts);
    cell.get_or_init(|| handle.downgrade());
    handle
}

fn start_driver(timers: &Timers) -> io::Result<(Driver, laneway_reactor::Handle)> {
    let reactor = Reactor::new()?;
    let handle = reactor.handle();
    Ok((Driver::new(reactor, timers.clone()), handle))
}
