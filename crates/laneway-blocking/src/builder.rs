//! The few choices: how many threads, how many jobs, how long threads rest, what they are called.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use laneway_loom::thread;

use crate::{
    errand::Errand,
    pool::Pool,
    shared::{AroundThread, Carry, Config, StartThread},
};

/// Threads that block cost memory and little else. Tokio's number, which programs are used to.
const MAX_THREADS: usize = 512;

/// A waiting closure takes some 150 bytes besides what it captures: this many are a few tens of
/// megabytes. Room for any burst, and an end for a leak.
const QUEUE_LIMIT: usize = 1 << 18;

/// Long beside what starting a thread takes, short beside what a person calls idle.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Builds a [`Pool`].
///
/// ```
/// use std::time::Duration;
/// use laneway_blocking::Pool;
///
/// let pool = Pool::builder()
///     .max_threads(8)
///     .queue_limit(1_000)
///     .keep_alive(Duration::from_secs(1))
///     .thread_name("disk")
///     .build()?;
/// let name = pool.spawn(|| std::thread::current().name().map(str::to_owned));
/// assert_eq!(laneway_waker::block_on(name).unwrap().as_deref(), Some("disk-0"));
/// # Ok::<(), laneway_blocking::BuildError>(())
/// ```
#[must_use = "a builder makes no pool before `build`"]
pub struct Builder {
    max_threads: usize,
    queue_limit: usize,
    keep_alive: Duration,
    thread_name: String,
    lane: Option<(u8, Box<Carry>)>,
    around: Box<AroundThread>,
    start_thread: Box<StartThread>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            max_threads: MAX_THREADS,
            queue_limit: QUEUE_LIMIT,
            keep_alive: KEEP_ALIVE,
            thread_name: "laneway-blocking".to_owned(),
            lane: None,
            around: Box::new(|work| work()),
            start_thread: Box::new(|name, main| thread::Builder::new().name(name).spawn(main)),
        }
    }

    /// How many threads there may be at most. Default: 512.
    ///
    /// They are started when there is a job that the others do not get to, and end when they have
    /// [rested](Self::keep_alive). Some are [kept for the more urgent](crate#priorities) closures. For
    /// closures that compute rather than block, say as many as there are cores.
    pub fn max_threads(self, max_threads: usize) -> Self {
        Self {
            max_threads,
            ..self
        }
    }

    /// How many jobs may wait while all threads are busy. Default: 262,144.
    ///
    /// More precisely, there are never more than `max_threads + queue_limit` jobs that were accepted
    /// and have not ended, permits included.
    pub fn queue_limit(self, queue_limit: usize) -> Self {
        Self {
            queue_limit,
            ..self
        }
    }

    /// How long a thread waits for a job before it ends. Default: 10 s.
    ///
    /// A pool that is not used ends up with no thread at all.
    pub fn keep_alive(self, keep_alive: Duration) -> Self {
        Self { keep_alive, ..self }
    }

    /// Threads are called this, a hyphen, and a number from 0, which is used again when its thread
    /// has ended. Default: `laneway-blocking`.
    pub fn thread_name(self, name: impl Into<String>) -> Self {
        Self {
            thread_name: name.into(),
            ..self
        }
    }

    /// Called on each thread with the work of that thread's whole life; must call it, once.
    ///
    /// For thread-locals that closures rely on: set them, call `work()`, unset them. If this panics
    /// or returns without having called `work`, it is as if the system had refused the thread: its
    /// jobs go to other threads, and if there are none they are rejected.
    pub fn around_thread(self, around: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) -> Self {
        Self {
            around: Box::new(around),
            ..self
        }
    }

    /// Makes it the pool of one [lane](laneway_waker::lane), and its threads threads of that. Default:
    /// all threads are alike.
    ///
    /// For runtimes with a background lane, whose threads the system may stop anywhere for as long as
    /// others are busy, also in the middle of a critical section. Threads of other lanes then never wait
    /// for a lock of this pool: whatever of their calls needs one is given to `carry` as an
    /// [`Errand`], which has to be [run](Errand::run) on a thread of the lane, soon. `carry` is called
    /// wherever such a call comes from, and should itself be short and take no lock of another lane.
    ///
    /// Shutting the pool down and dropping it are not errands: who does that may wait.
    ///
    /// ```
    /// use std::sync::{Arc, mpsc::channel};
    /// use laneway_blocking::{Errand, Pool};
    /// use laneway_waker::{block_on, lane};
    ///
    /// let (sender, errands) = channel::<Errand>();
    /// let pool = Pool::builder().lane(1, move |errand| drop(sender.send(errand))).build()?;
    /// let answer = pool.spawn(|| (lane::current(), 6 * 7)); // from a thread of the main lane
    /// let worker = std::thread::spawn(move || {
    ///     let _worker = lane::enter(1);
    ///     errands.recv().unwrap().run();
    /// });
    /// assert_eq!(block_on(answer).unwrap(), (1, 42));
    /// # worker.join().unwrap();
    /// # Ok::<(), laneway_blocking::BuildError>(())
    /// ```
    pub fn lane(self, lane: u8, carry: impl Fn(Errand) + Send + Sync + 'static) -> Self {
        Self {
            lane: Some((lane, Box::new(carry))),
            ..self
        }
    }

    /// Makes the pool. No thread is started yet.
    ///
    /// # Errors
    ///
    /// For a limit of zero, or a name that no thread can have.
    pub fn build(self) -> Result<Pool, BuildError> {
        if self.max_threads == 0 {
            return Err(BuildError::NoThreads);
        }
        if self.queue_limit == 0 {
            return Err(BuildError::NoQueue);
        }
        if self.thread_name.contains('\0') {
            return Err(BuildError::ThreadName);
        }
        let Self {
            max_threads,
            queue_limit,
            keep_alive,
            thread_name,
            lane,
            around,
            start_thread,
        } = self;
        Ok(Pool::new(Config {
            max_threads,
            queue_limit,
            keep_alive,
            thread_name,
            lane,
            around,
            start_thread,
        }))
    }

    /// What starts threads.
    #[cfg(all(test, not(laneway_loom)))]
    pub(crate) fn start_thread(self, start_thread: Box<StartThread>) -> Self {
        Self {
            start_thread,
            ..self
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("max_threads", &self.max_threads)
            .field("queue_limit", &self.queue_limit)
            .field("keep_alive", &self.keep_alive)
            .field("thread_name", &self.thread_name)
            .finish_non_exhaustive()
    }
}

/// Why [`Builder::build`] made no pool.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A pool of no threads would run nothing.
    NoThreads,
    /// A queue with room for none would reject what comes while the threads are busy.
    NoQueue,
    /// The name of a thread cannot contain a zero byte.
    ThreadName,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoThreads => "a blocking pool needs at least one thread: max_threads is 0",
            Self::NoQueue => "a blocking pool needs room for at least one job: queue_limit is 0",
            Self::ThreadName => "the name of a thread contains a zero byte",
        })
    }
}

impl Error for BuildError {}
