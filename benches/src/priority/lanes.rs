//! The runtimes that compete, as places to spawn tasks of some class.

use std::future::Future;

use laneway::scheduler::Fifo;
use laneway::task::{Builder, Priority};

use super::os;
use crate::Result;
use crate::runtime::{LanewayMt, Listener, Runtime, Stream, TokioMt, WORKERS};

/// A runtime, or two of them.
pub trait Lanes: Send + 'static {
    /// What tasks call on it.
    type Runtime: Runtime<Listener: Listener<Stream: Stream>>;

    /// Starts a task that nobody joins.
    fn spawn(&self, class: Priority, task: impl Future<Output = ()> + Send + 'static);
}

/// Tokio as it comes: it has no classes.
#[derive(Debug)]
pub struct TokioOne(tokio::runtime::Runtime);

impl TokioOne {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start() -> Result<Self> {
        Ok(Self(tokio().build()?))
    }
}

impl Lanes for TokioOne {
    type Runtime = TokioMt;

    fn spawn(&self, _: Priority, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(task));
    }
}

/// What people build by hand: a second runtime, whose threads are less urgent.
#[derive(Debug)]
pub struct TokioTwo {
    urgent: tokio::runtime::Runtime,
    background: tokio::runtime::Runtime,
}

impl TokioTwo {
    /// Starts both.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start() -> Result<Self> {
        let enter = || os::enter_background().expect("less urgent is always allowed");
        Ok(Self {
            urgent: tokio().build()?,
            background: tokio().on_thread_start(enter).build()?,
        })
    }
}

impl Lanes for TokioTwo {
    type Runtime = TokioMt;

    fn spawn(&self, class: Priority, task: impl Future<Output = ()> + Send + 'static) {
        let runtime = match class {
            Priority::Background | Priority::Batch => &self.background,
            _ => &self.urgent,
        };
        drop(runtime.spawn(task));
    }
}

fn tokio() -> tokio::runtime::Builder {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_all();
    builder
}

/// laneway, in one of its shapes.
#[derive(Debug)]
pub struct Laneway(pub laneway::Runtime);

impl Laneway {
    /// `laneway`: as it comes. `one_lane`: without the background lane, so that the scheduler alone
    /// decides. `fifo`: the same with arrival order for its scheduler.
    ///
    /// # Errors
    ///
    /// If there is no such shape, or no thread can be started.
    pub fn start(shape: &str) -> Result<Self> {
        let builder = laneway::Runtime::builder().threads(WORKERS);
        let runtime = match shape {
            "laneway" => builder.build()?,
            "one_lane" => builder.one_lane().build()?,
            "fifo" => builder.one_lane().scheduler(Fifo::new).build()?,
            _ => return Err(format!("no contestant {shape}").into()),
        };
        Ok(Self(runtime))
    }
}

impl Lanes for Laneway {
    type Runtime = LanewayMt;

    fn spawn(&self, class: Priority, task: impl Future<Output = ()> + Send + 'static) {
        let builder = Builder::new().priority(class);
        drop(self.0.handle().spawn_with(builder, task));
    }
}
