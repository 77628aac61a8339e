//! How long a turn takes.

use std::thread;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use laneway_reactor::Reactor;

use crate::support::{LONG, connection, settle};

/// Never early; and when the deadline is over, or there is one, the turn does return.
#[test]
fn near_deadlines() {
    let mut reactor = Reactor::new().unwrap();
    for micros in [0, 1, 50, 999, 1000, 1500, 20_000] {
        let deadline = Instant::now() + Duration::from_micros(micros);
        let turn = reactor.turn(Some(deadline)).unwrap();
        assert!(Instant::now() >= deadline, "{micros} µs");
        assert!(Instant::now() < deadline + LONG, "{micros} µs");
        assert_eq!((turn.events, turn.interrupted), (0, false));
    }
    // A moment long past, many times over.
    let past = Instant::now();
    for _ in 0..1000 {
        reactor.turn(Some(past)).unwrap();
    }
}

/// However far the deadline is, a turn can be told of it; and an interrupt ends it.
#[test]
fn far_deadlines() {
    let mut reactor = Reactor::new().unwrap();
    let mut farthest = Duration::MAX;
    while Instant::now().checked_add(farthest).is_none() {
        farthest /= 2;
    }
    for far in [
        Duration::from_secs(60),
        Duration::from_secs(25 * 24 * 3600),
        farthest,
    ] {
        reactor.handle().interrupt().wake();
        assert!(
            reactor
                .turn(Some(Instant::now() + far))
                .unwrap()
                .interrupted
        );
        let waker = reactor.handle().interrupt();
        let other = thread::spawn(move || waker.wake());
        assert!(
            reactor
                .turn(Some(Instant::now() + far))
                .unwrap()
                .interrupted
        );
        other.join().unwrap();
    }
}

/// Deadlines that move away, come nearer and vanish: the turn returns at the one it was given, not at
/// those it was given before.
#[test]
fn changing_deadlines() {
    let mut reactor = Reactor::new().unwrap();
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    for deadline in [at(5), at(40), at(20), at(60)] {
        // Arms the timer for a moment before the deadline, and leaves without waiting for it.
        reactor.handle().interrupt().wake();
        assert!(
            reactor
                .turn(Some(deadline - Duration::from_millis(2)))
                .unwrap()
                .interrupted
        );
        assert_eq!(reactor.turn(Some(deadline)).unwrap(), Default::default());
        assert!(Instant::now() >= deadline);
    }
    // Armed for a moment that comes, while a turn without deadline waits for something else.
    reactor.handle().interrupt().wake();
    assert!(
        reactor
            .turn(Some(Instant::now() + Duration::from_millis(3)))
            .unwrap()
            .interrupted
    );
    let end = Instant::now() + Duration::from_millis(30);
    let (stop, stopped) = oneshot::channel::<()>();
    let other = thread::spawn(move || {
        let mut timer = Reactor::new().unwrap();
        timer.turn(Some(end)).unwrap();
        drop(stop);
    });
    let _ = reactor.run_until(stopped).unwrap();
    assert!(Instant::now() >= end);
    other.join().unwrap();
}

/// An earlier deadline set elsewhere interrupts a turn that waits for a later one.
#[test]
fn an_interrupt_ends_the_wait() {
    let mut reactor = Reactor::new().unwrap();
    let waker = reactor.handle().interrupt();
    assert!(waker.will_wake(&reactor.handle().interrupt()));
    let other = thread::spawn(move || waker.wake());
    let turn = reactor.turn(Some(Instant::now() + LONG)).unwrap();
    assert!(turn.interrupted);
    other.join().unwrap();
    // It is used up.
    assert_eq!(
        reactor.turn(Some(Instant::now())).unwrap(),
        Default::default()
    );
}

/// Nothing but what it is told to wait for ends a turn: sources that come and go do not.
#[test]
fn idle_is_idle() {
    let mut reactor = Reactor::new().unwrap();
    let (client, server) = connection(&mut reactor);
    settle(&mut reactor);
    let deadline = Instant::now() + Duration::from_millis(20);
    let other = thread::spawn(move || drop((client.into_std(), server.into_std())));
    let turn = reactor.turn(Some(deadline)).unwrap();
    assert!(turn.events > 0 || Instant::now() >= deadline);
    other.join().unwrap();
}

/// Signals, and being stopped and continued, neither end a wait nor make it longer.
#[cfg(target_os = "linux")]
mod signals {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    const WAIT: Duration = Duration::from_millis(600);

    /// The process that is stopped and continued. The other test starts it.
    #[test]
    #[ignore = "a child process of the test below"]
    fn child() {
        let mut reactor = Reactor::new().unwrap();
        println!("\nwaiting");
        let start = Instant::now();
        let turn = reactor.turn(Some(start + WAIT)).unwrap();
        println!("\n{} {}", start.elapsed().as_micros(), turn.events);
    }

    #[test]
    fn do_not_extend_the_wait() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "deadline::signals::child",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        lines.find(|line| line == "waiting").unwrap();
        // After each stop the system call returns early, with EINTR, even though nobody handles the
        // signal. The last one is well before the deadline.
        let end = Instant::now() + WAIT / 2;
        let mut pause = Reactor::new().unwrap();
        let mut stops = 0;
        while Instant::now() < end {
            kill_process(pid, Signal::STOP).unwrap();
            kill_process(pid, Signal::CONT).unwrap();
            stops += 1;
            pause
                .turn(Some(Instant::now() + Duration::from_millis(1)))
                .unwrap();
        }
        let line = lines
            .find(|line| line.contains(' ') && !line.contains("test"))
            .unwrap();
        let (micros, events) = line.split_once(' ').unwrap();
        assert!(child.wait().unwrap().success());
        let waited = Duration::from_micros(micros.parse().unwrap());
        assert!(stops > 10, "{stops}");
        // Restarting the wait from its beginning would take 900 ms or more.
        assert!(waited >= WAIT && waited < WAIT + WAIT / 3, "{waited:?}");
        assert_eq!(events, "0");
    }
}

/// What the last wait told of is not told again by a turn that does not wait.
#[test]
fn an_interrupt_between_two_deadlines_brings_neither_forward() {
    let mut reactor = Reactor::new().unwrap();
    reactor
        .turn(Some(Instant::now() + Duration::from_millis(1)))
        .unwrap();
    reactor.handle().interrupt().wake();
    let later = Instant::now() + Duration::from_millis(20);
    assert!(reactor.turn(Some(later)).unwrap().interrupted);
    reactor.turn(Some(later)).unwrap();
    assert!(Instant::now() >= later);
}
