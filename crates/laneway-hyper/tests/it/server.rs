//! A server on a runtime of its own, which the test's thread talks to.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use futures::channel::oneshot;
use laneway::{JoinHandle, Runtime, net, time::ManualClock};
use laneway_hyper::{Serve, serve};

/// Nothing here takes so long: who waits longer has found a bug.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The result of `serve`.
    pub(crate) ended: Receiver<io::Result<()>>,
    pub(crate) task: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) runtime: Runtime,
}

impl Server {
    pub(crate) fn start<S>(service: S) -> Self
    where
        Serve<S>: IntoFuture<Output = io::Result<()>, IntoFuture: Send + 'static>,
    {
        let runtime = Runtime::builder().threads(2).build().unwrap();
        Self::start_on(runtime, service, |serve| serve)
    }

    pub(crate) fn start_on<S>(
        runtime: Runtime,
        service: S,
        options: impl FnOnce(Serve<S>) -> Serve<S>,
    ) -> Self
    where
        Serve<S>: IntoFuture<Output = io::Result<()>, IntoFuture: Send + 'static>,
    {
        let listener = runtime.block_on(net::listen_tcp("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serve = options(serve(listener, service)).with_graceful_shutdown(async {
            // Without a word from the test it goes on.
            if stopped.await.is_err() {
                std::future::pending().await
            }
        });
        let serve = serve.into_future();
        let (end, ended) = channel();
        let task = runtime.spawn(async move {
            // Nobody may be listening any more.
            let _ = end.send(serve.await);
        });
        Self {
            address,
            ended,
            task,
            stop: Some(stop),
            runtime,
        }
    }

    /// Begins the graceful shutdown.
    pub(crate) fn stop(&mut self) {
        let stop = self.stop.take().expect("it is stopped once");
        stop.send(()).expect("the server runs");
    }

    /// Waits for the end of `serve`.
    pub(crate) fn wait(&self) -> io::Result<()> {
        self.ended.recv_timeout(LIMIT).expect("the server ends")
    }
}

/// Moves the clock of `runtime`, and waits until its timers have been turned.
pub(crate) fn advance(runtime: &Runtime, clock: &ManualClock, by: Duration) {
    let turned = runtime.handle().timers().sleep(by);
    clock.advance(by);
    let (tell, told) = channel();
    runtime.spawn(async move {
        turned.await;
        tell.send(())
    });
    told.recv_timeout(LIMIT).expect("the timers are turned");
}
