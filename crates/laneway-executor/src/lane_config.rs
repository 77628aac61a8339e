//! What a lane beside the main one is to be.

use std::fmt;

use laneway_scheduler::Priority;

use crate::{
    park::{Park, ThreadPark},
    policy::Policy,
};

/// A further lane: threads that the operating system treats by a [`Policy`] of their own, for tasks of
/// certain classes.
///
/// The kernel decides between threads of different lanes whenever it likes, so a task of another lane
/// that does not yield delays one of the main lane by no more than a wake-up. A lane costs nothing
/// before its first task: then its threads start, and from then on they sleep when they have nothing
/// to do.
///
/// ```
/// use laneway_executor::{Executor, LaneConfig, Policy};
/// use laneway_scheduler::Priority;
/// use laneway_task::Builder;
///
/// let lane = LaneConfig::new("background")
///     .classes([Priority::Batch, Priority::Background])
///     .policy(Policy::batch().nice(19));
/// let executor = Executor::builder().lane(lane).build()?;
///
/// let compact = Builder::new().priority(Priority::Background);
/// let task = executor.handle().spawn_with(compact, async {
///     std::thread::current().name().map(str::to_owned)
/// });
/// let thread = laneway_waker::block_on(task).unwrap().unwrap();
/// assert!(thread.starts_with("laneway-background-"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LaneConfig {
    pub(crate) name: String,
    pub(crate) threads: Option<usize>,
    pub(crate) policy: Policy,
    pub(crate) classes: Vec<Priority>,
    pub(crate) driver: Box<dyn Park>,
}

impl LaneConfig {
    /// A lane without classes, with as many threads as the main one, which inherit their policy. They
    /// are called as those of the main lane, with `name` before the number.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            threads: None,
            policy: Policy::inherit(),
            classes: Vec::new(),
            driver: Box::new(ThreadPark::new()),
        }
    }

    /// How many threads.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How the operating system is to treat them.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Which tasks run here. Classes that no lane asks for run in the main one.
    #[must_use]
    pub fn classes(mut self, classes: impl IntoIterator<Item = Priority>) -> Self {
        self.classes = classes.into_iter().collect();
        self
    }

    /// What the lane is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The classes that were given to it.
    pub fn runs(&self) -> &[Priority] {
        &self.classes
    }

    /// What workers wait in when there is no task. Default: [`ThreadPark`].
    #[must_use]
    pub fn driver(mut self, driver: impl Park) -> Self {
        self.driver = Box::new(driver);
        self
    }
}

impl fmt::Debug for LaneConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaneConfig")
            .field("name", &self.name)
            .field("threads", &self.threads)
            .field("policy", &self.policy)
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}
