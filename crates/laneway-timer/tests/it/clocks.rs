//! Clocks that flow in ticks, repeat themselves, step back; and a driver that oversleeps.

use std::time::Duration;

use laneway_timer::Timers;

use crate::support::{SetClock, Woken, manual, ms, poll, poll_once};

/// A tick of a clock that flows.
const TICK: Duration = Duration::from_nanos(1 << 12);

#[test]
fn a_flowing_clock_rounds_up_to_a_tick_and_never_down() {
    let clock = SetClock::new();
    let timers = Timers::with_clock(clock.clone());
    let origin = timers.now();
    for nanos in [1_u64, 4_095, 4_096, 4_097, 1_000_000, 1_000_000_007] {
        let now = timers.now();
        let deadline = now + Duration::from_nanos(nanos);
        let mut sleep = timers.sleep_until(deadline);
        assert!(poll_once(&mut sleep).is_pending());
        let turn = timers.turn();
        assert_eq!(turn.next, turn.sleep_until);
        let next = turn.next.unwrap();
        assert!(deadline <= next && next < deadline + TICK, "{nanos}");
        assert_eq!((next - origin).as_nanos() % TICK.as_nanos(), 0);

        clock.set(next - Duration::from_nanos(1));
        assert_eq!(timers.turn().fired, 0);
        clock.set(next);
        assert_eq!(timers.turn().fired, 1);
        assert!(poll_once(&mut sleep).is_ready());
        assert_eq!(sleep.deadline(), deadline);
        // Beyond the rest of who has fired.
        clock.set(next + ms(1));
    }
}

#[test]
fn a_clock_that_repeats_or_steps_back_fires_nothing_twice_and_nothing_early() {
    let clock = SetClock::new();
    let timers = Timers::with_clock(clock.clone());
    let origin = timers.now();
    let (woken, waker) = Woken::new();
    let mut first = timers.sleep_until(origin + 10 * TICK);
    let mut second = timers.sleep_until(origin + 11 * TICK);
    assert!(poll(&mut first, &waker).is_pending());
    assert!(poll(&mut second, &waker).is_pending());

    let mut fired = Vec::new();
    for tick in [9, 10, 10, 9, 0, 10, 9, 10] {
        clock.set(origin + tick * TICK);
        fired.push(timers.turn().fired);
    }
    assert_eq!(fired, [0, 1, 0, 0, 0, 0, 0, 0]);
    assert!(first.is_elapsed() && !second.is_elapsed());

    // Back to before the timers were made; what has elapsed stays so.
    let Some(long_ago) = origin.checked_sub(Duration::from_secs(60)) else {
        return;
    };
    clock.set(long_ago);
    let turn = timers.turn();
    assert_eq!((turn.fired, turn.next), (0, Some(origin + 11 * TICK)));
    assert!(
        poll(&mut timers.sleep(ms(1)), &waker).is_ready(),
        "what has elapsed stays elapsed"
    );
    clock.set(origin + 11 * TICK);
    assert_eq!(timers.turn().fired, 1);
    assert_eq!(woken.count(), 2);
}

/// The process was stopped, the machine slept, the driver was late by an hour: all fire at once.
#[test]
fn a_driver_that_oversleeps_catches_up_in_one_turn() {
    let (clock, timers) = manual();
    let (woken, waker) = Woken::new();
    let mut sleeps: Vec<_> = (0..10_000)
        .map(|n| timers.sleep(ms(n * 7 % 3000 + 1)))
        .collect();
    for sleep in &mut sleeps {
        assert!(poll(sleep, &waker).is_pending());
    }
    clock.advance(Duration::from_secs(3600));
    let turn = timers.turn();
    assert_eq!((turn.fired, turn.next), (10_000, None));
    assert_eq!(woken.count(), 10_000);
}

/// Sleeps fire in the order of their deadlines, however late.
#[test]
fn order() {
    use futures::task::{ArcWake, waker};
    use std::sync::{Arc, Mutex};

    struct Note(u64, Arc<Mutex<Vec<u64>>>);
    impl ArcWake for Note {
        fn wake_by_ref(note: &Arc<Self>) {
            note.1.lock().unwrap().push(note.0);
        }
    }

    let (clock, timers) = manual();
    let notes = Arc::new(Mutex::new(Vec::new()));
    let mut sleeps = Vec::new();
    for n in 0..500_u64 {
        let deadline = n * 7919 % 500;
        let mut sleep = timers.sleep(Duration::from_micros(deadline * 37 + 1));
        assert!(poll(&mut sleep, &waker(Arc::new(Note(deadline, notes.clone())))).is_pending());
        sleeps.push(sleep);
    }
    clock.advance(ms(100));
    assert_eq!(timers.turn().fired, 500);
    assert_eq!(*notes.lock().unwrap(), (0..500).collect::<Vec<_>>());
}
