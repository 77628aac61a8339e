//! The few choices: how many threads, which scheduler, what they wait in.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use laneway_fifo::Fifo;
use laneway_scheduler::Scheduler;
use laneway_task::{Runnable, ScheduleArc};

use crate::{
    core::{Core, MAX_LANES, Routes},
    executor::Executor,
    handle::Handle,
    lane::Lane,
    lane_config::LaneConfig,
    monitor::StallMonitor,
    park::Park,
    start::{Around, Parts},
    status::LaneStatus,
};

/// More workers than this are refused: no machine has as many cores, and each costs a stack.
const MAX_THREADS: usize = 1 << 14;

/// Builds an [`Executor`].
///
/// ```
/// use laneway_executor::Executor;
///
/// let executor = Executor::builder().threads(2).thread_name("compute").build()?;
/// let answer = executor.handle().spawn(async { 6 * 7 });
/// assert_eq!(laneway_waker::block_on(answer).unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Builder<S = Fifo<Runnable>> {
    /// The main lane is the first.
    lanes: Vec<LaneConfig>,
    thread_name: String,
    scheduler: Box<dyn FnMut() -> S + Send>,
    around: Arc<Around>,
    monitor: Option<StallMonitor>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            lanes: vec![LaneConfig::new("main")],
            thread_name: "laneway".to_owned(),
            scheduler: Box::new(Fifo::new),
            around: Arc::new(|work| work()),
            monitor: None,
        }
    }
}

impl<S> Builder<S> {
    /// How many worker threads the main lane has. Default: as many as the system says can run at once.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.lanes[0].threads = Some(threads);
        self
    }

    /// Adds a lane. Threads and driver said elsewhere are those of the main one.
    #[must_use]
    pub fn lane(mut self, lane: LaneConfig) -> Self {
        self.lanes.push(lane);
        self
    }

    /// Worker threads are called this, a hyphen, and a number from 0. Default: `laneway`.
    #[must_use]
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        self
    }

    /// What decides which task runs next: called once for each lane. Default: [`Fifo::new`].
    #[must_use]
    pub fn scheduler<T: Scheduler<Runnable>>(
        self,
        scheduler: impl FnMut() -> T + Send + 'static,
    ) -> Builder<T> {
        let Self {
            lanes,
            thread_name,
            scheduler: _,
            around,
            monitor,
        } = self;
        Builder {
            lanes,
            thread_name,
            scheduler: Box::new(scheduler),
            around,
            monitor,
        }
    }

    /// What workers of the main lane wait in when there is no task. Default:
    /// [`ThreadPark`](crate::ThreadPark).
    #[must_use]
    pub fn driver(mut self, driver: impl Park) -> Self {
        self.lanes[0] = std::mem::replace(&mut self.lanes[0], LaneConfig::new("")).driver(driver);
        self
    }

    /// Called on each worker thread with the work of that thread's whole life; must call it, once.
    ///
    /// For thread-locals that tasks rely on: set them, call `work()`, unset them. A panic in here
    /// ends the process, as one in a scheduler does.
    #[must_use]
    pub fn around_worker(
        mut self,
        around: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static,
    ) -> Self {
        self.around = Arc::new(around);
        self
    }

    /// Starts a thread that notices polls that take too long. Default: none.
    #[must_use]
    pub fn stall_monitor(mut self, monitor: StallMonitor) -> Self {
        self.monitor = Some(monitor);
        self
    }

    /// Starts the threads of the main lane.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a lane with no thread at all or more than
    /// 16,384, for more than eight lanes or two that want the same class, for a policy that no system
    /// has, for a monitor with a threshold under a millisecond, and for a name with a zero byte; otherwise what the system said when it refused the main
    /// lane a thread. Threads that had started are stopped again.
    pub fn build(self) -> io::Result<Executor>
    where
        S: Scheduler<Runnable>,
    {
        self.build_with(|_handle| ())
    }

    /// As [`build`](Self::build), and calls `prepare` with the executor's handle before any thread
    /// starts, for what the hook of [`around_worker`](Self::around_worker) needs.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    ///
    /// # Panics
    ///
    /// With the panic of `prepare`; and if the scheduler gives another number of
    /// [workers](Scheduler::workers) than it was asked for.
    pub fn build_with(self, prepare: impl FnOnce(&Handle)) -> io::Result<Executor>
    where
        S: Scheduler<Runnable>,
    {
        let mut factory = self.scheduler;
        let routes = valid_routes(&self.lanes)?;
        let thread_names = valid_thread_names(&self.lanes, &self.thread_name)?;
        if let Some(monitor) = &self.monitor {
            monitor.validate()?;
        }
        let main_threads = self.lanes[0].threads;
        let (mut lanes, mut statuses, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for (index, config) in self.lanes.into_iter().enumerate() {
            config.policy.validate()?;
            let threads = valid_thread_count(config.threads.or(main_threads))?;
            let scheduler = factory();
            let halves = scheduler.workers(threads);
            assert_eq!(
                halves.len(),
                threads.get(),
                "Scheduler::workers gave a wrong number of halves"
            );
            let (lane, parkers) = Lane::new(
                index as u8,
                scheduler,
                threads.get(),
                config.driver,
                self.monitor.is_some(),
            );
            statuses.push(LaneStatus {
                name: config.name,
                classes: routes.classes_of(index).collect(),
                threads: threads.get(),
                is_started: false,
                requested: config.policy,
                outcome: lane.start.outcome().clone(),
            });
            lanes.push(lane);
            parts.push(halves.into_iter().zip(parkers).collect());
        }
        let core = ScheduleArc::new(Core::new(lanes.into(), routes));
        for (index, workers) in parts.into_iter().enumerate() {
            let lane = &core.lanes[index];
            lane.start.prepare(Parts {
                core: core.clone(),
                thread_name: thread_names[index].clone(),
                policy: statuses[index].requested,
                around: self.around.clone(),
                workers,
                outcome: lane.start.outcome().clone(),
            });
        }
        // From here on its drop ends what has begun, and cancels what `prepare` spawned.
        let mut executor = Executor::new(core.clone(), statuses);
        prepare(executor.handle());
        core.start(0);
        core.await_tasks();
        if let Some(monitor) = self.monitor {
            let name = format!("{}-monitor", self.thread_name);
            executor.set_monitor(monitor.start(name, core.clone())?);
        }
        match core.lanes[0].start.outcome().refusal.get() {
            None => Ok(executor),
            Some(error) => Err(copy_of(error)),
        }
    }
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("lanes", &self.lanes)
            .field("thread_name", &self.thread_name)
            .finish_non_exhaustive()
    }
}

/// The lane of each class.
fn valid_routes(lanes: &[LaneConfig]) -> io::Result<Routes> {
    if lanes.len() > MAX_LANES {
        return invalid(format!("an executor has at most {MAX_LANES} lanes"));
    }
    let mut routes = Routes::default();
    for (index, lane) in lanes.iter().enumerate() {
        for &class in &lane.classes {
            let other = routes.lane_of(class);
            if other != 0 && other != index {
                let (name, other) = (&lane.name, &lanes[other].name);
                return invalid(format!(
                    "the lanes `{other}` and `{name}` both want to run {class} tasks"
                ));
            }
            routes.set(class, index);
        }
    }
    Ok(routes)
}

/// What the threads of each lane are called, but for their numbers.
fn valid_thread_names(lanes: &[LaneConfig], prefix: &str) -> io::Result<Vec<String>> {
    let further = lanes.iter().skip(1);
    let further = further.map(|lane| format!("{prefix}-{}", lane.name));
    let names: Vec<_> = std::iter::once(prefix.to_owned()).chain(further).collect();
    if names.iter().any(|name| name.contains('\0')) {
        return invalid("the name of a thread cannot contain a zero byte".to_owned());
    }
    Ok(names)
}

fn valid_thread_count(threads: Option<usize>) -> io::Result<NonZeroUsize> {
    let Some(threads) = threads else {
        return Ok(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    };
    match NonZeroUsize::new(threads).filter(|count| count.get() <= MAX_THREADS) {
        Some(count) => Ok(count),
        None => invalid(format!(
            "a lane needs 1 to {MAX_THREADS} threads, not {threads}"
        )),
    }
}

fn invalid<T>(message: String) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// The same error once more.
fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
