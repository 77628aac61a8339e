//! The blocking pools of a runtime, one for each lane, and how closures get from lane to lane.
//!
//! A pool has locks, and no lock may be waited for by threads of two lanes. So each lane has a pool of
//! its own, whose threads have the lane's policy; a closure goes to that of its class; and what a
//! thread of another lane wants of a pool travels as a task of the pool's lane.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use laneway_blocking::{Builder, Errand, Pool, Report};
use laneway_executor::LaneConfig;
use laneway_scheduler::Priority;

use crate::{
    current::{Current, Role},
    handle::WeakHandle,
};

/// Where the pools' threads find the runtime's handle. Weak: a pool keeps the hooks that hold this
/// cell, and the handle reaches the pool.
pub(crate) type HandleCell = Arc<OnceLock<WeakHandle>>;

/// The pools, by the numbers of their lanes.
pub(crate) struct Pools(Vec<Pool>);

/// Reaches the pools from anywhere.
#[derive(Debug, Clone)]
pub(crate) struct PoolHandles {
    pools: Box<[laneway_blocking::Handle]>,
    /// The lane of each class.
    lanes: [usize; Priority::ALL.len()],
    /// The number of the main lane.
    main: u8,
}

/// What each pool is to be like; the lane's name goes into the names of its threads.
#[derive(Debug, Clone, Default)]
pub(crate) struct PoolConfig {
    pub(crate) threads: Option<usize>,
    pub(crate) queue: Option<usize>,
    pub(crate) keep_alive: Option<Duration>,
}

impl PoolConfig {
    fn builder(&self, name: String) -> Builder {
        let mut builder = Pool::builder().thread_name(name);
        if let Some(threads) = self.threads {
            builder = builder.max_threads(threads);
        }
        if let Some(queue) = self.queue {
            builder = builder.queue_limit(queue);
        }
        if let Some(keep_alive) = self.keep_alive {
            builder = builder.keep_alive(keep_alive);
        }
        builder
    }
}

impl Pools {
    /// A pool for each lane: the main one, of that number, and `further`. None of them has a thread yet.
    pub(crate) fn build(
        config: &PoolConfig,
        name: &str,
        main: u8,
        further: &[LaneConfig],
        cell: &HandleCell,
    ) -> io::Result<(Self, PoolHandles)> {
        let mut pools = Vec::new();
        let mut lanes = [0; Priority::ALL.len()];
        for lane in 0..=further.len() {
            let mut name = name.to_owned();
            if let Some(config) = lane.checked_sub(1).map(|index| &further[index]) {
                name = format!("{name}-{}", config.name());
                for class in config.runs() {
                    lanes[*class as usize] = lane;
                }
            }
            let carrier = cell.clone();
            let around = cell.clone();
            let pool = config
                .builder(format!("{name}-blocking"))
                .lane(main + lane as u8, move |errand| {
                    carry(&carrier, lane, errand)
                })
                .around_thread(move |work| {
                    // None if the runtime and all its handles are gone; then no closure is left to run.
                    let handle = around.get().and_then(WeakHandle::upgrade);
                    let _entered =
                        handle.map(|handle| Current::own(handle, Role::Blocking).enter());
                    work();
                })
                .build()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            pools.push(pool);
        }
        let handles = pools.iter().map(|pool| pool.handle().clone()).collect();
        let pools = Self(pools);
        let handles = PoolHandles {
            pools: handles,
            lanes,
            main,
        };
        Ok((pools, handles))
    }

    /// Shuts all of them down, waits for at most `limit`, and says what still ran.
    pub(crate) fn shutdown_timeout(self, limit: Duration) -> Report {
        let start = Instant::now();
        for pool in &self.0 {
            pool.shutdown();
        }
        let left = || limit.saturating_sub(start.elapsed());
        let pools = self.0.into_iter();
        pools.fold(Report::default(), |report, pool| {
            report.and(pool.shutdown_timeout(left()))
        })
    }
}

impl PoolHandles {
    /// The pool of the lane that runs closures of this class.
    pub(crate) fn of(&self, class: Priority) -> &laneway_blocking::Handle {
        &self.pools[self.lanes[class as usize]]
    }

    /// The number of the main lane.
    pub(crate) fn main_lane(&self) -> u8 {
        self.main
    }

    /// The main lane's.
    pub(crate) fn main(&self) -> &laneway_blocking::Handle {
        &self.pools[0]
    }

    /// A class that `lane` runs, the most urgent.
    fn class_of(&self, lane: usize) -> Option<Priority> {
        let classes = Priority::ALL.into_iter().rev();
        classes
            .into_iter()
            .find(|&class| self.lanes[class as usize] == lane)
    }
}

/// Sees to it that a thread of `lane` runs the errand; or, if it is about a closure that has become so
/// urgent that it belongs to another lane, that one of that lane does, and its pool runs the closure.
fn carry(cell: &HandleCell, lane: usize, errand: Errand) {
    // None at the end, or before the beginning: dropped, the errand cancels what it is about.
    let Some(handle) = cell.get().and_then(WeakHandle::upgrade) else {
        return drop(errand);
    };
    let pools = handle.pools();
    let lane = match errand.priority() {
        Some(class) => pools.lanes[class as usize],
        None => lane,
    };
    if laneway_waker::lane::current() == pools.main + lane as u8 {
        return pools.pools[lane].adopt(errand);
    }
    let Some(class) = pools.class_of(lane) else {
        // No task can be sent there.
        return errand.run_here();
    };
    let number = pools.main + lane as u8;
    let (pool, main) = (pools.pools[lane].clone(), pools.main().clone());
    let builder = laneway_task::Builder::new().priority(class);
    let errand = async move {
        if laneway_waker::lane::current() == number {
            pool.adopt(errand);
        } else if errand.priority().is_some() {
            // The system refused the lane its threads, and the main one serves it.
            main.adopt(errand);
        } else {
            errand.run_here();
        }
    };
    drop(handle.executor().spawn_with(builder, errand));
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pools").field(&self.0).finish()
    }
}
