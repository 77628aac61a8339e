//! The few choices: how many threads, which scheduler, what they wait in.

use std::fmt;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use laneway_fifo::Fifo;
use laneway_loom::thread;
use laneway_scheduler::Scheduler;
use laneway_task::{Runnable, ScheduleArc};
use laneway_waker::Parker;

use crate::{
    executor::Executor,
    handle::Handle,
    lane::Lane,
    park::{Park, ThreadPark},
    worker,
};

/// More workers than this are refused: no machine has as many cores, and each costs a stack.
const MAX_THREADS: usize = 1 << 14;

/// What is done around the life of a worker thread.
type Around = dyn Fn(&mut dyn FnMut()) + Send + Sync;

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
    threads: Option<usize>,
    thread_name: String,
    scheduler: S,
    driver: Box<dyn Park>,
    around: Arc<Around>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            threads: None,
            thread_name: "laneway".to_owned(),
            scheduler: Fifo::new(),
            driver: Box::new(ThreadPark::new()),
            around: Arc::new(|work| work()),
        }
    }
}

impl<S> Builder<S> {
    /// How many worker threads. Default: as many as the system says can run at once.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Worker threads are called this, a hyphen, and a number from 0. Default: `laneway`.
    #[must_use]
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        self
    }

    /// What decides which task runs next. Default: [`Fifo`].
    #[must_use]
    pub fn scheduler<T: Scheduler<Runnable>>(self, scheduler: T) -> Builder<T> {
        let Self {
            threads,
            thread_name,
            scheduler: _,
            driver,
            around,
        } = self;
        Builder {
            threads,
            thread_name,
            scheduler,
            driver,
            around,
        }
    }

    /// What workers wait in when there is no task. Default: [`ThreadPark`].
    #[must_use]
    pub fn driver(mut self, driver: impl Park) -> Self {
        self.driver = Box::new(driver);
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

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for no thread at all or more than 16,384, and
    /// for a name with a zero byte; otherwise what the system said when it refused a thread. Threads that had started are
    /// stopped again.
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
        let count = match self.threads {
            None => thread_count(),
            Some(threads) => valid_thread_count(threads)?,
        };
        if self.thread_name.contains('\0') {
            let message = "the name of a thread cannot contain a zero byte";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let halves = self.scheduler.workers(count);
        assert_eq!(
            halves.len(),
            count.get(),
            "Scheduler::workers gave a wrong number of halves"
        );
        let (lane, parkers) = Lane::new(self.scheduler, count, self.driver);
        let lane = ScheduleArc::new(lane);
        // From here on its drop ends what has begun, and cancels what `prepare` spawned.
        let mut executor = Executor::new(lane.clone());
        prepare(executor.handle());
        let mut refused = None;
        for (index, (half, parker)) in halves.into_iter().zip(parkers).enumerate() {
            let name = format!("{}-{index}", self.thread_name);
            match start(
                index,
                name.clone(),
                lane.clone(),
                half,
                parker,
                self.around.clone(),
            ) {
                Ok(thread) => executor.add_thread(name, thread),
                Err(error) => {
                    lane.worker_stopped(index);
                    refused.get_or_insert(error);
                }
            }
        }
        match refused {
            None => Ok(executor),
            Some(error) => Err(error),
        }
    }
}

/// Starts the thread of one worker.
fn start<S: Scheduler<Runnable>>(
    index: usize,
    name: String,
    lane: ScheduleArc<Lane<S>>,
    half: S::Worker,
    parker: Parker,
    around: Arc<Around>,
) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(move || {
        let mut work = Some((lane, half));
        or_end_the_process(|| {
            around(&mut || {
                if let Some((lane, half)) = work.take() {
                    worker::run(index, lane, half, &parker);
                }
            });
            assert!(
                work.is_none(),
                "around_worker did not call the work it was given"
            );
        });
    })
}

impl<S: fmt::Debug> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("threads", &self.threads)
            .field("thread_name", &self.thread_name)
            .field("scheduler", &self.scheduler)
            .finish_non_exhaustive()
    }
}

fn valid_thread_count(threads: usize) -> io::Result<NonZeroUsize> {
    NonZeroUsize::new(threads)
        .filter(|count| count.get() <= MAX_THREADS)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("an executor needs 1 to {MAX_THREADS} threads, not {threads}"),
            )
        })
}

fn thread_count() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// A worker that dies takes its queue with it, and everyone who waits for one of its tasks would
/// wait for ever. No task can cause this: their panics end in their `JoinHandle`s.
fn or_end_the_process(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        let message = "laneway: a worker panicked outside of any task; ending the process";
        // Not `eprintln`, which panics when nobody reads.
        let _ = writeln!(io::stderr(), "{message}");
        std::process::abort();
    }
}
