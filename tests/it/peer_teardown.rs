//! Bugs that other runtimes had with what a runtime leaves behind, and with what outlives it: see
//! `docs/peer-bugs.md`.

use std::any::Any;
use std::cell::RefCell;
use std::future::pending;
use std::os::fd::AsRawFd;
use std::process::Stdio;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use laneway::net::{TcpListener, TcpStream, UdpSocket};
use laneway::scheduler::Fifo;
use laneway::{Handle, LocalRuntime, Runtime, spawn, spawn_blocking, time};
use laneway_executor::{Executor, LocalExecutor};
use laneway_reactor::Reactor;
use laneway_timer::Timers;
use laneway_waker::{AtomicWaker, Parker, WakeBatch, block_on};

use crate::alone::{self, is_alone, open_files, resident_pages};
use crate::support::{PATIENCE, forever, runtime, within_patience};

/// Ten thousand runtimes, one after the other, leave no file open and no memory taken.
#[test]
fn ten_thousand_runtimes_leave_nothing() {
    if !is_alone("peer_teardown::ten_thousand_runtimes_leave_nothing") {
        return;
    }
    let once = || {
        let runtime = runtime(1);
        let task = runtime.spawn(async {
            drop(time::sleep(Duration::from_secs(1)));
            pending::<()>().await;
        });
        let listener = TcpListener::bind(runtime.handle().reactor(), ([127, 0, 0, 1], 0).into());
        runtime.block_on(async { spawn(async {}).await.unwrap() });
        drop((task, listener.unwrap()));
    };
    // The allocator's own caches fill first.
    (0..1_000).for_each(|_| once());
    let (files, pages) = (open_files(), resident_pages());
    (0..10_000).for_each(|_| once());
    assert_eq!(open_files(), files);
    let grown = resident_pages().saturating_sub(pages);
    // A mebibyte, with pages of 4 KiB; one allocation left of each would be three or more.
    assert!(grown < 256, "{grown} pages");
}

thread_local! {
    static KEPT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

fn keep(what: Box<dyn Any>) {
    KEPT.with_borrow_mut(|kept| kept.push(what));
}

/// A runtime that works when it is dropped, which is when the thread's locals are.
struct WorksAtTheEnd(Runtime);

impl Drop for WorksAtTheEnd {
    fn drop(&mut self) {
        let task = self.0.spawn(async {
            spawn(time::sleep(Duration::from_micros(1))).await.unwrap();
            spawn_blocking(|| 42).await.unwrap()
        });
        assert_eq!(self.0.block_on(task).unwrap(), 42);
        let timers = self.0.handle().timers();
        block_on(timers.sleep(Duration::from_micros(1)));
        drop(self.0.enter());
    }
}

/// A future that has been polled, and waits.
fn polled<F: Future + Unpin>(mut future: F) -> F {
    let poll = std::pin::Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending());
    future
}

type Make = fn(&Runtime) -> Box<dyn Any>;

/// One of each type that a user may keep, some in several states. A runtime that they need is kept
/// too, behind them or before them.
const TYPES: &[Make] = &[
    |_| Box::new(runtime(2)),
    |_| Box::new(WorksAtTheEnd(runtime(1))),
    |_| Box::new(Runtime::builder()),
    |_| Box::new(runtime(1).shutdown_timeout(PATIENCE)),
    |_| {
        let local = LocalRuntime::new().unwrap();
        let guard = Rc::new(());
        drop(local.spawn_local(async move {
            let _guard = guard;
            time::sleep(Duration::from_secs(3600)).await;
        }));
        local.turn();
        Box::new(local)
    },
    |runtime| Box::new(runtime.handle().clone()),
    |runtime| Box::new(runtime.enter()),
    |runtime| Box::new(runtime.spawn(async {})),
    |runtime| Box::new(polled(runtime.spawn(pending::<()>()))),
    |runtime| Box::new(runtime.spawn(pending::<()>()).abort_handle()),
    |runtime| Box::new(runtime.spawn(pending::<()>()).abort_on_drop()),
    |runtime| {
        Box::new(
            block_on(runtime.spawn(async { panic!("kept") })).unwrap_err() as laneway::JoinError,
        )
    },
    |runtime| {
        let (send, waker) = mpsc::channel();
        runtime.spawn(forever(move |waker: &Waker| {
            send.send(waker.clone()).unwrap()
        }));
        Box::new(waker.recv_timeout(PATIENCE).unwrap())
    },
    |runtime| Box::new(runtime.spawn_blocking(|| ())),
    |runtime| Box::new(block_on(runtime.handle().blocking().permit()).unwrap()),
    |runtime| {
        Box::new(polled(
            runtime.handle().timers().sleep(Duration::from_secs(3600)),
        ))
    },
    |runtime| Box::new(runtime.handle().timers().interval(Duration::from_secs(1))),
    |runtime| {
        let timers = runtime.handle().timers();
        Box::new(Box::pin(
            timers.timeout(Duration::from_secs(1), pending::<()>()),
        ))
    },
    |runtime| Box::new(connection(runtime)),
    |runtime| Box::new(connection(runtime).1.into_split()),
    |runtime| {
        let udp = UdpSocket::bind(runtime.handle().reactor(), ([127, 0, 0, 1], 0).into()).unwrap();
        let waits = udp.poll_recv(&mut Context::from_waker(Waker::noop()), &mut [0]);
        assert!(matches!(waits, Poll::Pending));
        Box::new(udp)
    },
    |_| Box::new(Executor::builder().threads(1).build().unwrap()),
    |_| Box::new(LocalExecutor::new()),
    |_| Box::new(Reactor::new().unwrap()),
    |_| Box::new(polled(Timers::new().sleep(Duration::from_secs(1)))),
    |_| Box::new(Fifo::<u32>::new()),
    |_| Box::new((Parker::new(), Parker::new().unparker())),
    |_| {
        let (slot, mut batch) = (AtomicWaker::new(), WakeBatch::new());
        slot.register(&Parker::new().unparker().into());
        batch.push(Parker::new().unparker().into());
        Box::new((slot, batch))
    },
];

fn connection(runtime: &Runtime) -> (TcpListener, TcpStream, TcpStream) {
    let reactor = runtime.handle().reactor();
    let listener = TcpListener::bind(reactor, ([127, 0, 0, 1], 0).into()).unwrap();
    runtime.block_on(async {
        let connect = TcpStream::connect(reactor, listener.local_addr().unwrap());
        let (client, server) = futures::join!(connect, listener.accept());
        (listener, client.unwrap(), server.unwrap().0)
    })
}

/// Thread-locals go in an order that nobody should rely on: before those of the house, or after.
#[test]
fn everything_may_live_in_a_thread_local() {
    within_patience("thread-locals of many threads", || {
        for (ours_first, runtime_first) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            for made in TYPES {
                let one = thread::spawn(move || {
                    if ours_first {
                        assert!(Handle::try_current().is_none());
                        block_on(laneway::task::yield_now());
                        assert_eq!(laneway::task::try_id(), None);
                    }
                    KEPT.with_borrow(|kept| assert!(kept.is_empty()));
                    let runtime = runtime(1);
                    let kept = made(&runtime);
                    if runtime_first {
                        keep(Box::new(runtime));
                        keep(kept);
                    } else {
                        keep(kept);
                        keep(Box::new(runtime));
                    }
                });
                one.join().unwrap();
            }
        }
    });
}

/// A thread of the blocking pool keeps the very runtime it belongs to, and goes when it has rested.
#[test]
fn a_runtime_may_live_in_a_thread_local_of_its_own() {
    struct TellsAtTheEnd(mpsc::Sender<()>);

    impl Drop for TellsAtTheEnd {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }

    within_patience("a runtime kept by its own thread", || {
        for tells_first in [false, true] {
            let runtime = Runtime::builder()
                .threads(1)
                .blocking_keep_alive(Duration::from_millis(1))
                .build()
                .unwrap();
            let (send, ended) = mpsc::channel();
            let handle = runtime.handle().clone();
            let closure = handle.spawn_blocking(move || {
                let tells = Box::new(TellsAtTheEnd(send));
                if tells_first {
                    keep(tells);
                    keep(Box::new(runtime));
                } else {
                    keep(Box::new(runtime));
                    keep(tells);
                }
            });
            block_on(closure).unwrap();
            ended.recv_timeout(PATIENCE).expect("the thread ends");
            // And with it the runtime.
            let task = handle.spawn(pending::<()>());
            assert!(block_on(task).unwrap_err().is_cancelled());
        }
    });
}

/// A process that is started by another, which has a runtime, inherits nothing of that.
#[test]
fn no_descriptor_outlives_an_exec() {
    const LINE: &str = "descriptor: ";
    let test = "peer_teardown::no_descriptor_outlives_an_exec";
    if std::env::var_os(alone::ROLE).is_some() {
        println!();
        for file in std::fs::read_dir("/proc/self/fd").unwrap() {
            let file = file.unwrap().path();
            // The one that lists them is closed by now.
            if let Ok(what) = std::fs::read_link(&file) {
                println!("{LINE}{} {}", file.display(), what.display());
            }
        }
        return;
    }
    let runtime = runtime(1);
    let (listener, _client, server) = connection(&runtime);
    let mut own = vec![socket(listener.as_raw_fd()), socket(server.as_raw_fd())];
    assert!(own.iter().all(|name| name.starts_with("socket:")));
    own.extend(["eventpoll", "eventfd", "timerfd"].map(str::to_owned));
    let output = alone::command(test)
        .stdin(Stdio::null())
        .output()
        .expect("the test can start itself");
    let inherited = String::from_utf8(output.stdout).unwrap();
    let lines = || inherited.lines().filter(|line| line.starts_with(LINE));
    assert!(
        output.status.success() && lines().count() >= 3,
        "{inherited}"
    );
    for name in own {
        assert!(
            !lines().any(|line| line.contains(&name)),
            "{name} in {inherited}"
        );
    }
}

/// What the system calls a socket of this process.
fn socket(number: i32) -> String {
    let link = std::fs::read_link(format!("/proc/self/fd/{number}")).unwrap();
    link.to_str().unwrap().to_owned()
}
