//! Bugs that other runtimes had with time that passes: see `docs/peer-bugs.md`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use laneway::{net, spawn, time};
use rustix::process::{Pid, Signal, kill_process};

use crate::alone::{self, Cost, cost_of_other_threads, is_alone};
use crate::support::{PATIENCE, runtime, within_patience};

/// Lets `duration` pass.
fn pass(duration: Duration) {
    let (_keep, nothing) = mpsc::channel::<()>();
    // why: the kernel's clock is what is tested, and it cannot be moved.
    assert_eq!(
        nothing.recv_timeout(duration),
        Err(RecvTimeoutError::Timeout)
    );
}

/// A worker that waits in the driver for a far deadline hears of a near one that another thread adds.
#[test]
fn a_nearer_deadline_from_another_thread_is_in_time() {
    within_patience("near deadlines beside a far one", || {
        let runtime = runtime(1);
        let handle = runtime.handle().clone();
        runtime.spawn(async { time::sleep(Duration::from_secs(3600)).await });
        let mut lateness = Vec::new();
        for _ in 0..100 {
            let sleep = handle.timers().sleep(Duration::from_millis(1));
            let deadline = sleep.deadline();
            laneway_waker::block_on(sleep);
            let now = Instant::now();
            assert!(now >= deadline);
            lateness.push(now - deadline);
        }
        lateness.sort();
        // The machine may be busy, but not all the time.
        assert!(lateness[10] < Duration::from_millis(5), "{lateness:?}");
    });
}

/// Connections that wait, and deadlines far away, cost nothing: no thread runs at all for a while.
#[test]
fn an_idle_runtime_costs_nothing() {
    if !is_alone("peer_time::an_idle_runtime_costs_nothing") {
        return;
    }
    let runtime = runtime(2);
    let (ready, is_ready) = mpsc::channel();
    runtime.spawn(async move {
        let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
        let client = net::connect_tcp(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        for duration in [Duration::from_secs(3600), Duration::MAX] {
            spawn(time::sleep(duration));
        }
        spawn(async move { drop(server.read(&mut [0]).await) });
        ready.send(()).unwrap();
        listener.accept().await.unwrap();
        drop(client);
    });
    is_ready.recv_timeout(PATIENCE).expect("it is ready");
    let quiet = |duration| -> bool {
        let before: Cost = cost_of_other_threads();
        pass(duration);
        cost_of_other_threads().times == before.times
    };
    // Threads of the blocking pool, which looked the addresses up, may still be about to rest.
    let end = Instant::now() + PATIENCE;
    while !quiet(Duration::from_millis(300)) {
        assert!(Instant::now() < end, "a thread runs again and again");
    }
}

/// What a child process writes, line by line, to a parent that stops and continues it.
struct Stopped {
    child: Child,
    lines: mpsc::Receiver<(Instant, String)>,
}

impl Stopped {
    fn start(test: &str) -> Self {
        let mut child = alone::command(test)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test can start itself");
        let stdout = child.stdout.take().expect("it is piped");
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let _ = send.send((Instant::now(), line.expect("text")));
            }
        });
        Self { child, lines }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is a child");
    }

    /// The rest of the line that begins with `word`, and when it came.
    fn wait_for(&self, word: &str) -> (Instant, String) {
        loop {
            let (when, line) = self.lines.recv_timeout(PATIENCE).expect(word);
            if let Some(rest) = line.strip_prefix(word) {
                return (when, rest.trim().to_owned());
            }
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_child() -> bool {
    std::env::var_os(alone::ROLE).is_some()
}

/// A sleep is as long as it was to be, though its process is stopped and continued all the time, so
/// that the system ends each wait early.
#[test]
fn a_storm_of_signals_does_not_lengthen_a_sleep() {
    const SLEEP: Duration = Duration::from_millis(300);
    if is_child() {
        let runtime = runtime(2);
        println!("\nbegin");
        let start = Instant::now();
        let task = runtime.spawn(async move { time::sleep_until(start + SLEEP).await });
        runtime.block_on(task).unwrap();
        println!("\nend {}", start.elapsed().as_micros());
        return;
    }
    let child = Stopped::start("peer_time::a_storm_of_signals_does_not_lengthen_a_sleep");
    let (begin, _) = child.wait_for("begin");
    let mut storms = 0;
    while begin.elapsed() < SLEEP * 2 / 3 {
        child.signal(Signal::STOP);
        child.signal(Signal::CONT);
        pass(Duration::from_millis(1));
        storms += 1;
    }
    let (_, micros) = child.wait_for("end");
    let slept = Duration::from_micros(micros.parse().unwrap());
    assert!(storms > 20, "{storms}");
    // A wait that begins again from its start each time ends two thirds later, or more.
    assert!(slept >= SLEEP && slept < SLEEP * 3 / 2, "{slept:?}");
}

/// Deadlines that passed while the process was stopped are met as soon as it goes on.
#[test]
fn overdue_deadlines_are_met_after_a_stop() {
    const SLEEPS: u32 = 20;
    if is_child() {
        let runtime = runtime(2);
        let tasks: Vec<_> = (1..=SLEEPS)
            .map(|n| runtime.spawn(async move { time::sleep(n * Duration::from_millis(10)).await }))
            .collect();
        println!("\nbegin");
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        println!("\nend");
        return;
    }
    let child = Stopped::start("peer_time::overdue_deadlines_are_met_after_a_stop");
    child.wait_for("begin");
    child.signal(Signal::STOP);
    pass(2 * SLEEPS * Duration::from_millis(10));
    let continued = Instant::now();
    child.signal(Signal::CONT);
    let (end, _) = child.wait_for("end");
    let late = end.duration_since(continued);
    assert!(late < Duration::from_secs(1), "{late:?}");
}
