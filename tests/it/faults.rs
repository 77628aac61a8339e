//! Bad days in numbers: very many of the same, or one at every place there is.

use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use futures::join;
use laneway::task::{JoinSet, yield_now};
use laneway::{LocalRuntime, net, spawn, spawn_blocking, spawn_local, time};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::alone::{cost_of_other_threads, is_alone, open_files, resident_pages};
use crate::support::{Drops, PATIENCE, runtime, within_patience};

/// A million tasks panic: each says so to who joins it, and nothing is left of it.
#[test]
fn a_million_panics_leave_nothing() {
    if !is_alone("faults::a_million_panics_leave_nothing") {
        return;
    }
    let runtime = runtime(2);
    let panic = async |count: usize| {
        let mut tasks = Vec::with_capacity(100);
        for _ in 0..count {
            tasks.push(spawn(async { resume_unwind(Box::new(())) }));
            if tasks.len() == 100 {
                for task in tasks.drain(..) {
                    let result: Result<(), _> = task.await;
                    assert!(result.unwrap_err().is_panic());
                }
            }
        }
    };
    runtime.block_on(panic(100_000));
    let (files, pages) = (open_files(), resident_pages());
    runtime.block_on(panic(1_000_000));
    assert_eq!(open_files(), files);
    let grown = resident_pages().saturating_sub(pages);
    // A mebibyte, with pages of 4 KiB.
    assert!(grown < 256, "{grown} pages");
}

/// Thousands of connections that wait and of deadlines far away cost nothing: no thread runs at all
/// for a while.
#[test]
fn thousands_that_wait_cost_nothing() {
    if !is_alone("faults::thousands_that_wait_cost_nothing") {
        return;
    }
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, most).expect("the soft limit may be raised to the hard one");
    // Both ends are here.
    let pairs = (limit.maximum.unwrap_or(u64::MAX).min(10_200) as usize - 200) / 2;
    let runtime = runtime(2);
    let (ready, is_ready) = mpsc::channel();
    runtime.spawn(async move {
        let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..pairs {
            let (client, server) = join!(net::connect_tcp(address), listener.accept());
            for stream in [client.unwrap(), server.unwrap().0] {
                drop(spawn(async move { stream.read(&mut [0]).await }));
            }
        }
        for hours in 0..10_000_u64 {
            let sleep = time::sleep(Duration::from_secs(3600 * (1 + hours)));
            drop(spawn(sleep));
        }
        ready.send(()).unwrap();
        listener.accept().await.unwrap();
    });
    is_ready.recv_timeout(PATIENCE).expect("it is ready");
    let end = Instant::now() + PATIENCE;
    loop {
        let before = cost_of_other_threads();
        // why: that nothing happens is seen by letting time pass.
        std::thread::sleep(Duration::from_secs(1));
        if cost_of_other_threads().times == before.times {
            println!(
                "{} connections and 10,000 deadlines: nothing in a second",
                2 * pairs
            );
            return;
        }
        assert!(Instant::now() < end, "a thread runs again and again");
    }
}

/// All that a task may wait for, one after the other and beside each other.
async fn everything(drops: &Drops) {
    let _here = drops.guard();
    yield_now().await;
    time::sleep(Duration::from_micros(10)).await;
    let inside = drops.guard();
    let joined = spawn(async move {
        let _inside = inside;
        yield_now().await;
        7
    });
    assert_eq!(joined.await.unwrap(), 7);
    let inside = drops.guard();
    let local = spawn_local(async move {
        let _inside = inside;
        time::sleep(Duration::from_micros(10)).await;
    });
    local.await.unwrap();
    let inside = drops.guard();
    spawn_blocking(move || drop(inside)).await.unwrap();
    let inside = drops.guard();
    let never = time::timeout(Duration::from_micros(10), async move {
        let _inside = inside;
        pending::<()>().await;
    });
    assert!(never.await.is_err());
    let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = join!(net::connect_tcp(address), listener.accept());
    let (client, server) = (client.unwrap(), server.unwrap().0);
    let block = vec![7; 1 << 16];
    let mut received = vec![0; block.len()];
    let (sent, got) = join!(client.write_all(&block), server.read_exact(&mut received));
    sent.unwrap();
    got.unwrap();
    let mut set = JoinSet::new();
    for _ in 0..3 {
        let inside = drops.guard();
        set.spawn(async move {
            let _inside = inside;
            yield_now().await;
        });
    }
    while let Some((_, result)) = set.join_next().await {
        result.unwrap();
    }
    let mut ticks = time::interval(Duration::from_micros(10));
    let mut byte = [0];
    let (tick, reading) = (ticks.tick(), server.read(&mut byte));
    let (tick, reading) = (pin!(tick), pin!(reading));
    assert!(matches!(select(tick, reading).await, Either::Left(_)));
}

/// The program is given up at its first await, at its second, and so on to its end: each time nothing
/// of it is left, and the runtime serves the next.
#[test]
fn a_program_may_be_given_up_at_every_await() {
    if !is_alone("faults::a_program_may_be_given_up_at_every_await") {
        return;
    }
    within_patience("a program that is given up", || {
        let runtime = LocalRuntime::new().unwrap();
        let give_up_after = |polls: usize| {
            let drops = Drops::default();
            let is_over = runtime.block_on(async {
                let mut program = Box::pin(everything(&drops));
                let mut left = polls;
                poll_fn(|cx| {
                    left = match left.checked_sub(1) {
                        Some(left) => left,
                        None => return Poll::Ready(false),
                    };
                    program.as_mut().poll(cx).map(|()| true)
                })
                .await
            });
            // What it has spawned goes on by itself, and ends.
            let end = Instant::now() + PATIENCE;
            while !drops.all_gone() {
                assert!(Instant::now() < end, "{polls}: something is left");
                runtime.block_on(yield_now());
            }
            is_over
        };
        assert!(give_up_after(usize::MAX));
        let files = open_files();
        let mut polls = 0;
        // How many it takes depends on the machine; a hundred times more often than it took.
        while !give_up_after(polls) {
            polls += 1;
        }
        for polls in (0..polls).cycle().take(2_000) {
            give_up_after(polls);
        }
        let end = Instant::now() + PATIENCE;
        while open_files() > files {
            assert!(
                Instant::now() < end,
                "{} descriptors are left",
                open_files() - files
            );
            runtime.block_on(async { time::sleep(Duration::from_millis(1)).await });
        }
        println!("given up at each of {polls} polls");
    });
}
