//! What lanes share: nothing that a thread could be stopped with.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use laneway::task::{self, Priority, yield_now};
use laneway::{JoinHandle, Runtime, net, time};
use laneway_loom::record::{Record, Recording};
use laneway_waker::lane;

use crate::alone;
use crate::support::{PATIENCE, within_patience};

fn spawn<T: Send + 'static>(
    priority: Priority,
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    task::Builder::new().priority(priority).spawn(future)
}

#[test]
fn a_background_task_sleeps_and_connects() {
    within_patience("a background task", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        runtime.block_on(async {
            let task = spawn(Priority::Background, async {
                assert_eq!(lane::current(), 1);
                time::sleep(Duration::from_millis(2)).await;
                assert!(
                    time::timeout(Duration::from_millis(2), std::future::pending::<()>())
                        .await
                        .is_err()
                );
                echo_once().await.unwrap();
                lane::current()
            });
            assert_eq!(task.await.unwrap(), 1);
        });
    });
}

#[test]
fn a_local_runtime_works_on_a_background_worker() {
    within_patience("a runtime in a runtime", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        let task = runtime.block_on(async {
            spawn(Priority::Background, async {
                let local = laneway::LocalRuntime::new().unwrap();
                local.handle().spawn(time::sleep(PATIENCE));
                std::thread::spawn({
                    let handle = local.handle().clone();
                    move || handle.spawn_blocking(lane::current)
                })
            })
            .await
        });
        // It was dropped on its worker, with a closure on the way.
        drop(task.unwrap().join().unwrap());
    });
}

/// A whole connection within the lane of the caller.
async fn echo_once() -> io::Result<()> {
    let listener = net::listen_tcp("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = task::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        stream.write_all(&byte).await
    });
    let stream = net::connect_tcp(addr).await?;
    stream.write_all(b"x").await?;
    let mut byte = [0];
    stream.read_exact(&mut byte).await?;
    server.await.expect("it does not panic")
}

#[test]
fn a_task_that_moves_takes_its_sleep_along() {
    within_patience("a task that moves", || {
        let runtime = Runtime::builder().threads(1).build().unwrap();
        runtime.block_on(async {
            for _ in 0..20 {
                let sleeper = spawn(Priority::Background, async {
                    let start = Instant::now();
                    let mut sleep = std::pin::pin!(time::sleep(Duration::from_millis(3)));
                    sleep.as_mut().await;
                    // Set again where it may be another lane's by now.
                    sleep
                        .as_mut()
                        .reset(Instant::now() + Duration::from_millis(3));
                    sleep.await;
                    start.elapsed()
                });
                let urgent = spawn(Priority::Critical, async move { sleeper.await.unwrap() });
                let took = urgent.await.unwrap();
                assert!(took >= Duration::from_millis(6), "{took:?} is early");
            }
        });
    });
}

/// Everything that a program of two lanes does, in the background lane, until told to stop.
async fn bustle(stop: Arc<AtomicBool>) {
    while !stop.load(Relaxed) {
        // Timers, set, reset, dropped, fired.
        time::sleep(Duration::from_micros(200)).await;
        let _ = time::timeout(Duration::from_micros(100), std::future::pending::<()>()).await;
        // Tasks of both lanes, and wakes across them.
        let (ask, asked) = futures::channel::oneshot::channel();
        let main = spawn(Priority::Critical, async move {
            yield_now().await;
            let _ = ask.send(lane::current());
        });
        assert_eq!(asked.await.unwrap(), 0);
        main.await.unwrap();
        // A task that is moved up, with a sleep that it began down here.
        let moved = spawn(Priority::Background, async {
            time::sleep(Duration::from_micros(300)).await;
        });
        let urgent = spawn(Priority::Critical, moved);
        urgent.await.unwrap().unwrap();
        // Closures that block.
        let closure = task::spawn_blocking(|| 1);
        assert_eq!(closure.await.unwrap(), 1);
        let urgent = task::Builder::new()
            .priority(Priority::Critical)
            .spawn_blocking(|| 2);
        assert_eq!(urgent.await.unwrap(), 2);
        // Sockets, registered and deregistered.
        echo_once().await.unwrap();
        // Aborts.
        let waits = spawn(Priority::Normal, std::future::pending::<()>());
        yield_now().await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
    }
}

/// What the main lane does with the background: everything that could wait for it.
async fn reach_down() {
    let below = spawn(Priority::Background, async {
        time::sleep(Duration::from_micros(100)).await;
        lane::current()
    });
    below.await.unwrap();
    let closure = task::Builder::new()
        .priority(Priority::Background)
        .spawn_blocking(|| 3);
    assert_eq!(closure.await.unwrap(), 3);
    let aborted = spawn(Priority::Background, time::sleep(PATIENCE));
    yield_now().await;
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
}

/// How long each of so many requests takes, one after another, in the main lane.
async fn echo(requests: usize) -> Vec<Duration> {
    let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = task::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut word = [0; 8];
        loop {
            stream.read_exact(&mut word).await?;
            stream.write_all(&word).await?;
        }
        #[allow(unreachable_code)]
        io::Result::Ok(())
    });
    let stream = net::connect_tcp(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut took = Vec::with_capacity(requests);
    for n in 0..requests as u64 {
        let start = Instant::now();
        stream.write_all(&n.to_le_bytes()).await.unwrap();
        let mut word = [0; 8];
        stream.read_exact(&mut word).await.unwrap();
        assert_eq!(u64::from_le_bytes(word), n);
        if n % 8 == 0 {
            // Woken from outside of the lane, by a thread of the pool.
            task::spawn_blocking(|| ()).await.unwrap();
        }
        took.push(start.elapsed());
    }
    drop(stream);
    let _ = server.await;
    took
}

/// The 99th percentile, counting the requests that would have been made while one took long.
fn p99(took: &[Duration]) -> Duration {
    let mut all = took.to_vec();
    all.sort_unstable();
    let interval = all[all.len() / 2];
    for &(mut late) in took {
        while late > 2 * interval {
            late -= interval;
            all.push(late);
        }
    }
    all.sort_unstable();
    all[all.len() * 99 / 100]
}

/// No lock is waited for by two lanes; and background threads that are stopped for 100 ms with each
/// lock they take hold up nobody in the main lane.
#[test]
fn a_stopped_background_thread_holds_up_nobody() {
    if !alone::is_alone("lanes::a_stopped_background_thread_holds_up_nobody") {
        return;
    }
    let (record, without, with) = within_patience("a recorded program", || {
        let recording = Recording::start(lane::current);
        let runtime = Runtime::builder().threads(2).build().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let bustling: Vec<_> = (0..4)
            .map(|_| {
                let builder = task::Builder::new().priority(Priority::Background);
                runtime.spawn_with(builder, bustle(stop.clone()))
            })
            .collect();
        let critical = || {
            let builder = task::Builder::new().priority(Priority::Critical);
            let task = runtime.spawn_with(builder, echo(REQUESTS));
            runtime.block_on(task).unwrap()
        };
        // In turns, and over all of them, so that the machine's other doings are in both. If they are
        // not, some more turns.
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for round in 1..=MOST_ROUNDS {
            runtime.block_on(async { reach_down().await });
            without.append(&mut critical());
            recording.stop_inside(STOP_EVERY, Duration::from_millis(100));
            let before = recording.stops();
            while recording.stops() < before + STOPS_A_ROUND {
                with.append(&mut critical());
            }
            recording.stop_inside(0, Duration::ZERO);
            if round >= ROUNDS && is_as_good(p99(&with), p99(&without)) {
                break;
            }
        }
        stop.store(true, Relaxed);
        for task in bustling {
            runtime.block_on(task).unwrap();
        }
        let record = recording.finish();
        drop(runtime);
        (record, p99(&without), p99(&with))
    });
    println!("{record}\np99 without stops {without:?}, with {with:?}");
    let Record { shared, .. } = &record;
    assert!(shared.is_empty(), "waited for by two lanes: {shared:#?}");
    assert!(
        is_as_good(with, without),
        "p99 is {with:?} with stops and {without:?} without"
    );
}

const ROUNDS: usize = 3;
const MOST_ROUNDS: usize = 20;
const REQUESTS: usize = 2_000;
const STOP_EVERY: u32 = 50;
const STOPS_A_ROUND: u64 = 4;

/// Within a third, and the 50 µs that one wake-up more or less takes.
fn is_as_good(with: Duration, without: Duration) -> bool {
    with <= without.mul_f64(1.3) + Duration::from_micros(50)
}
