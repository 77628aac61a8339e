//! A reactor on a thread, futures driven by hand, and waits that end.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use laneway_reactor::net::{TcpListener, TcpStream};
use laneway_reactor::{Handle, Reactor};

/// Longer than anything here takes, also on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// A port of this machine that the system chooses.
pub(crate) fn localhost() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A reactor that a thread turns until this is dropped.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn new() -> Self {
        let mut reactor = Reactor::new().unwrap();
        let handle = reactor.handle();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let _ = reactor.run_until(stopped).unwrap();
        });
        Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        let result = self.thread.take().unwrap().join();
        if !thread::panicking() {
            result.unwrap();
        }
    }
}

/// What `f` returns, on a thread of its own; panics if it takes too long.
pub(crate) fn in_time<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let _ = sender.send(f());
    });
    receiver.recv_timeout(LONG).expect("it is done in time")
}

/// `future`'s output; panics if it takes too long.
pub(crate) fn block_on<F>(future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    in_time(|| futures::executor::block_on(future))
}

/// `future`'s output, with the reactor turned on this thread; panics if it takes too long.
pub(crate) fn drive<F: Future>(reactor: &mut Reactor, future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Count::default()));
    let end = Instant::now() + LONG;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        reactor
            .turn(Some(Instant::now() + Duration::from_millis(10)))
            .unwrap();
        assert!(Instant::now() < end, "the future is ready in time");
    }
}

/// Two ends of a connection.
pub(crate) fn connection(reactor: &mut Reactor) -> (TcpStream, TcpStream) {
    let handle = reactor.handle();
    let listener = TcpListener::bind(&handle, localhost()).unwrap();
    let addr = listener.local_addr().unwrap();
    drive(reactor, async {
        let (client, server) = futures::join!(TcpStream::connect(&handle, addr), listener.accept());
        (client.unwrap(), server.unwrap().0)
    })
}

/// Turns until there was at least one event; panics if it takes too long.
pub(crate) fn turn(reactor: &mut Reactor) -> usize {
    let turn = reactor.turn(Some(Instant::now() + LONG)).unwrap();
    assert!(turn.events > 0, "an event comes in time");
    turn.events
}

/// Turns without waiting, until there are no more events.
pub(crate) fn settle(reactor: &mut Reactor) {
    let past = Instant::now();
    while reactor.turn(Some(past)).unwrap().events > 0 {}
}

/// Counts how often it is woken.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn get(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A future under test, with a count of its wake-ups.
pub(crate) struct Probe<F> {
    future: Pin<Box<F>>,
    pub(crate) wakes: Arc<Count>,
}

impl<F: Future> Probe<F> {
    pub(crate) fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            wakes: Arc::default(),
        }
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.wakes.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    #[track_caller]
    pub(crate) fn pending(&mut self) {
        assert!(self.poll().is_pending(), "it is not ready yet");
    }

    #[track_caller]
    pub(crate) fn ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it is ready now"),
        }
    }
}
