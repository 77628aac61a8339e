//! The owner of a pool, and the handles that everybody else has.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use laneway_task::{Builder as TaskBuilder, JoinHandle};

use crate::{
    builder::Builder,
    errand::Errand,
    permit::AcquirePermit,
    report::Report,
    shared::{Config, Entrance, Shared},
    slots::Take,
};

/// Threads that run closures that may block.
///
/// # The end
///
/// [`shutdown`](Self::shutdown), [`shutdown_timeout`](Self::shutdown_timeout) and dropping the pool
/// all begin alike:
///
/// 1. Whoever waits for a permit gets [`Closed`](crate::Closed). A closure that is spawned from now
///    on is dropped, and its handle yields [cancelled](laneway_task::JoinError::is_cancelled).
/// 2. So it goes with the closures that wait in the queue, on the calling thread.
/// 3. Closures that are running cannot be interrupted. They run to their end, and their handles
///    yield what they return. Each thread ends after its closure; threads at rest end at once.
///
/// They differ in how long they wait for step 3: not at all, for a limited time, or to the end.
/// Dropped by one of its own closures, the pool does not wait.
///
/// Dropping it also joins the threads that were alive at the shutdown, so that nothing is left of
/// them afterwards, not even thread-locals.
pub struct Pool {
    handle: Handle,
    /// Its drop has nothing left to do.
    is_shut_down: bool,
}

impl Pool {
    /// Chooses limits and names.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(config: Config) -> Self {
        let entrance = Entrance::new(Shared::new(config));
        Self {
            handle: Handle { entrance },
            is_shut_down: false,
        }
    }

    /// Reaches this pool from anywhere.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// See [`Handle::spawn`].
    #[track_caller]
    pub fn spawn<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn(f)
    }

    /// See [`Handle::spawn_with`].
    #[track_caller]
    pub fn spawn_with<F, T>(&self, builder: TaskBuilder, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn_with(builder, f)
    }

    /// See [`Handle::try_spawn`].
    ///
    /// # Errors
    ///
    /// [`Full`], which holds `f`.
    #[track_caller]
    pub fn try_spawn<F, T>(&self, f: F) -> Result<JoinHandle<T>, Full<F>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.try_spawn(f)
    }

    /// See [`Handle::try_spawn_with`].
    ///
    /// # Errors
    ///
    /// [`Full`], which holds `f`.
    #[track_caller]
    pub fn try_spawn_with<F, T>(&self, builder: TaskBuilder, f: F) -> Result<JoinHandle<T>, Full<F>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.try_spawn_with(builder, f)
    }

    /// See [`Handle::permit`].
    pub fn permit(&self) -> AcquirePermit {
        self.handle.permit()
    }

    /// Shuts down and does not wait: see [the end](Self#the-end).
    pub fn shutdown(&self) {
        self.handle.entrance.close();
    }

    /// Shuts down, waits for at most `limit` for the closures that are running, and says which had
    /// not ended by then.
    ///
    /// The limit is for them: closures that were only queued are dropped first, here, and their
    /// drops take as long as they take. Threads are not joined: the last thread-locals may be
    /// dropped a moment later.
    ///
    /// Called by one of the pool's own closures it does not wait, and that closure is in the report.
    pub fn shutdown_timeout(mut self, limit: Duration) -> Report {
        self.is_shut_down = true;
        let shared: &Shared = &self.handle.entrance;
        if shared.shut_down(Some(limit)) {
            return Report::default();
        }
        shared.report()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.is_shut_down {
            return;
        }
        let shared: &Shared = &self.handle.entrance;
        if shared.shut_down(None) {
            shared.join();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.handle.entrance).fmt(f)
    }
}

/// Reaches a [`Pool`] from any thread.
///
/// Cloning is cheap. A handle does not keep the pool running: what is spawned through it after the
/// shutdown is cancelled at once.
#[derive(Clone)]
pub struct Handle {
    pub(crate) entrance: Entrance,
}

impl Handle {
    /// Runs `f`, which may block, on a thread of the pool.
    ///
    /// Never waits itself, and begins whether or not the returned handle is awaited. When as many
    /// jobs as [may](crate::Builder::queue_limit) are in the pool, `f` is dropped and the handle
    /// yields [rejected](laneway_task::JoinError::is_rejected); so it does when the system grants no
    /// thread and the pool has none. After the shutdown it yields
    /// [cancelled](laneway_task::JoinError::is_cancelled).
    ///
    /// The closure travels to another thread:
    ///
    /// ```compile_fail,E0277
    /// # let pool = laneway_blocking::Pool::builder().build().unwrap();
    /// let local = std::rc::Rc::new(1);
    /// pool.spawn(move || drop(local));
    /// ```
    ///
    /// [`JoinHandle::abort`] keeps a closure from running that has not begun; its room in the queue
    /// is free when its turn comes. It does not interrupt one that has.
    #[track_caller]
    pub fn spawn<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_with(TaskBuilder::new(), f)
    }

    /// As [`spawn`](Self::spawn), with the name, priority and attributes of `builder`.
    ///
    /// The priority says when its [turn](crate#priorities) comes, and tasks that `f` spawns inherit it.
    #[track_caller]
    pub fn spawn_with<F, T>(&self, builder: TaskBuilder, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let take = self.entrance.take_slot();
        match take {
            Take::Taken => Shared::submit(&self.entrance, builder, f),
            Take::Full | Take::Closed => Shared::refuse(&self.entrance, builder, f, take),
        }
    }

    /// As [`spawn`](Self::spawn), but gives `f` back when there is no room for it.
    ///
    /// # Errors
    ///
    /// [`Full`], which holds `f`. After the shutdown there is no error: the handle yields
    /// [cancelled](laneway_task::JoinError::is_cancelled).
    #[track_caller]
    pub fn try_spawn<F, T>(&self, f: F) -> Result<JoinHandle<T>, Full<F>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.try_spawn_with(TaskBuilder::new(), f)
    }

    /// As [`try_spawn`](Self::try_spawn), with the name, priority and attributes of `builder`.
    ///
    /// # Errors
    ///
    /// [`Full`], which holds `f`.
    #[track_caller]
    pub fn try_spawn_with<F, T>(&self, builder: TaskBuilder, f: F) -> Result<JoinHandle<T>, Full<F>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let take = self.entrance.take_slot();
        match take {
            Take::Taken => Ok(Shared::submit(&self.entrance, builder, f)),
            Take::Closed => Ok(Shared::refuse(&self.entrance, builder, f, take)),
            Take::Full => Err(Full(f)),
        }
    }

    /// Waits for room for one job, in the order of asking.
    ///
    /// ```
    /// # let pool = laneway_blocking::Pool::builder().max_threads(1).queue_limit(1).build().unwrap();
    /// # laneway_waker::block_on(async {
    /// for number in 0..100 {
    ///     // At most two at a time are in the pool; the loop keeps its pace.
    ///     pool.permit().await.unwrap().spawn(move || number * number);
    /// }
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) when the pool is shut down, before or meanwhile.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line. A permit that had been given and not been noticed goes
    /// to the next in line.
    pub fn permit(&self) -> AcquirePermit {
        AcquirePermit::new(self.entrance.clone())
    }

    /// Runs an errand of another pool's, and if it is about a closure, has *this* pool run that.
    ///
    /// For the carrier of a pool of another [lane](crate::Builder::lane): a closure of the background
    /// lane's that something urgent waits for is better run by threads of the main lane. Its room is
    /// that of the pool it was spawned in.
    pub fn adopt(&self, errand: Errand) {
        errand.run_in(&self.entrance);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&*self.entrance).finish()
    }
}

/// There was no room in the pool; holds the closure that it was wanted for.
pub struct Full<F>(F);

impl<F> Full<F> {
    /// The closure.
    pub fn into_inner(self) -> F {
        self.0
    }
}

impl<F> fmt::Debug for Full<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").finish_non_exhaustive()
    }
}

impl<F> fmt::Display for Full<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the blocking pool has no room for another job")
    }
}

impl<F> Error for Full<F> {}
