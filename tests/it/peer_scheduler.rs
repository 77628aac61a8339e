//! Bugs that other runtimes had in choosing what runs next, and where: see `docs/peer-bugs.md`.

use std::future::poll_fn;
use std::sync::{
    Arc, Barrier, Mutex, OnceLock,
    atomic::{AtomicUsize, Ordering::SeqCst},
    mpsc,
};
use std::task::{Poll, Waker};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use laneway::{JoinHandle, LocalRuntime, net, spawn, task::yield_now, time};
use laneway_executor::{Executor, Handle, Park, Wait};
use laneway_waker::{Parker, block_on};

use crate::support::{PATIENCE, runtime, within_patience};

/// Two tasks that do nothing but wake each other.
#[derive(Default)]
struct PingPong {
    polls: AtomicUsize,
    wakers: [Mutex<Option<Waker>>; 2],
    interlude: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl PingPong {
    /// The poll in which the interlude is called.
    const INTERLUDE: usize = 1_000;

    fn play(self: &Arc<Self>, number: usize) -> impl Future<Output = ()> + Send + 'static {
        let game = self.clone();
        poll_fn(move |cx| {
            *game.wakers[number].lock().unwrap() = Some(cx.waker().clone());
            if game.polls.fetch_add(1, SeqCst) == Self::INTERLUDE {
                let interlude = game.interlude.lock().unwrap().take();
                interlude.expect("called once")();
            }
            let other = game.wakers[1 - number].lock().unwrap().clone();
            if let Some(other) = other {
                other.wake();
            }
            Poll::Pending
        })
    }

    /// Yields ten times, and says which poll of the two it ended before.
    fn third(self: &Arc<Self>) -> impl Future<Output = usize> + Send + 'static {
        let game = self.clone();
        async move {
            for _ in 0..10 {
                yield_now().await;
            }
            game.polls.load(SeqCst)
        }
    }
}

/// A third task, whether it comes from outside or from one of them, ends within few of their polls.
#[test]
fn a_ping_pong_delays_a_third_task_by_few_polls() {
    within_patience("a third task beside a ping-pong", || {
        let runtime = runtime(1);
        let game = Arc::new(PingPong::default());
        let (stop, stopped) = mpsc::channel();
        let (go_on, gone_on) = mpsc::channel();
        let theirs = game.clone();
        *game.interlude.lock().unwrap() = Some(Box::new(move || {
            stop.send(spawn(theirs.third())).unwrap();
            gone_on.recv_timeout(PATIENCE).unwrap();
        }));
        runtime.spawn(game.play(0));
        runtime.spawn(game.play(1));
        // The only worker stands still while this thread spawns.
        let from_inside: JoinHandle<usize> = stopped.recv_timeout(PATIENCE).unwrap();
        let from_outside = runtime.spawn(game.third());
        go_on.send(()).unwrap();
        for third in [from_inside, from_outside] {
            let ended = runtime.block_on(third).unwrap();
            let delay = ended - PingPong::INTERLUDE;
            assert!(delay < 1_000, "it ended {delay} polls later");
        }
    });
}

/// Two executors take turns on one thread, and each one's tasks wake the other's.
#[test]
fn two_local_runtimes_take_turns_on_one_thread() {
    within_patience("two runtimes on one thread", || {
        const ROUNDS: usize = 10_000;
        let runtimes = [LocalRuntime::new().unwrap(), LocalRuntime::new().unwrap()];
        let (to_one, from_zero) = futures::channel::mpsc::channel(1);
        let (to_zero, from_one) = futures::channel::mpsc::channel(1);
        let ends = [(to_one, from_one), (to_zero, from_zero)];
        let tasks: Vec<_> = runtimes
            .iter()
            .zip(ends)
            .map(|(runtime, (mut send, mut receive))| {
                runtime.spawn_local(async move {
                    for round in 0..ROUNDS {
                        send.send(round).await.unwrap();
                        assert_eq!(receive.next().await, Some(round));
                    }
                    // Keeps both ends until the other has got everything.
                    (send, receive)
                })
            })
            .collect();
        while !tasks.iter().all(JoinHandle::is_finished) {
            for runtime in &runtimes {
                runtime.turn();
            }
        }
    });
}

/// Waits on a parker; before each wait it spawns two tasks that need two threads, a few times.
struct Spawns {
    handle: Arc<OnceLock<Handle>>,
    left: usize,
    spawned: mpsc::Sender<JoinHandle<()>>,
    parker: Parker,
}

impl Park for Spawns {
    fn park(&mut self, wait: Wait) {
        // Not from a busy worker, which would leave two pairs with one of each kept from its other.
        if self.left > 0
            && wait == Wait::Forever
            && let Some(handle) = self.handle.get()
        {
            self.left -= 1;
            let meeting = Arc::new(Barrier::new(2));
            for _ in 0..2 {
                let meeting = meeting.clone();
                let task = handle.spawn(async move { _ = meeting.wait() });
                self.spawned.send(task).unwrap();
            }
            return;
        }
        match wait {
            Wait::Poll => {}
            Wait::Until(deadline) => _ = self.parker.park_deadline(deadline),
            Wait::Forever => self.parker.park(),
        }
    }

    fn unparker(&self) -> Waker {
        self.parker.unparker().into()
    }
}

/// What becomes ready while a worker waits is run, on as many threads as there are, though nothing
/// else comes.
#[test]
fn what_is_spawned_while_parking_runs() {
    within_patience("tasks spawned by a driver", || {
        const ROUNDS: usize = 100;
        let place = Arc::new(OnceLock::new());
        let (spawned, tasks) = mpsc::channel();
        let executor = Executor::builder()
            .threads(2)
            .driver(Spawns {
                handle: place.clone(),
                left: ROUNDS,
                spawned,
                parker: Parker::new(),
            })
            .build_with(|handle| drop(place.set(handle.clone())))
            .unwrap();
        for _ in 0..2 * ROUNDS {
            let task = tasks
                .recv_timeout(PATIENCE)
                .expect("the driver is waited in");
            block_on(task).unwrap();
        }
        drop(executor);
    });
}

/// Two deadlines pass in one turn of the driver; the first task blocks its thread until the second
/// runs.
#[test]
fn tasks_woken_by_one_turn_run_on_two_threads() {
    within_patience("tasks that need two threads", || {
        let runtime = runtime(2);
        for _ in 0..50 {
            let deadline = runtime.handle().timers().now() + Duration::from_millis(2);
            let meeting = Arc::new(Barrier::new(2));
            let tasks = [(); 2].map(|()| {
                let meeting = meeting.clone();
                runtime.spawn(async move {
                    time::sleep_until(deadline).await;
                    meeting.wait();
                })
            });
            for task in tasks {
                runtime.block_on(task).unwrap();
            }
        }
    });
}

/// Sends to itself, which is always possible.
async fn busy() {
    let address = "127.0.0.1:0";
    let one = net::bind_udp(address).await.unwrap();
    let other = net::bind_udp(address).await.unwrap();
    let to = other.local_addr().unwrap();
    loop {
        one.send_to(b"x", to).await.unwrap();
    }
}

/// A timeout ends a task that finds something ready whenever it looks.
#[test]
fn a_timeout_ends_a_task_that_is_always_ready() {
    within_patience("a timeout in a task", || {
        let runtime = runtime(1);
        let task = runtime.spawn(async { time::timeout(Duration::from_millis(10), busy()).await });
        assert!(runtime.block_on(task).unwrap().is_err());
    });
}

/// The same in the future that `block_on` drives.
#[test]
fn a_timeout_ends_a_block_on_that_is_always_ready() {
    within_patience("a timeout in block_on", || {
        let runtime = runtime(1);
        let limited = async { time::timeout(Duration::from_millis(10), busy()).await };
        assert!(runtime.block_on(limited).is_err());
    });
}
