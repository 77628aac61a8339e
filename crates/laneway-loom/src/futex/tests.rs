//! The two ways to wait, beside each other where both can be had.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use super::Futex;
use super::waiters::Waiters;
use crate::sync::atomic::AtomicU32;

#[path = "condvar.rs"]
mod condvar;

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(2);

/// Two threads hand the word to each other, a thousand times.
macro_rules! there_and_back {
    ($waiters:ty) => {{
        let words = [(); 2].map(|()| Arc::new((AtomicU32::new(0), <$waiters>::new())));
        let (done, is_done) = channel();
        for [mine, yours] in [[0, 1], [1, 0]] {
            let (mine, yours, done) = (words[mine].clone(), words[yours].clone(), done.clone());
            thread::spawn(move || {
                for round in 0..1000 {
                    yours.0.fetch_add(1, SeqCst);
                    yours.1.wake_one(&yours.0);
                    while mine.0.load(SeqCst) == round {
                        mine.1.wait(&mine.0, round, None);
                    }
                }
                done.send(()).unwrap();
            });
        }
        is_done.recv_timeout(LONG).unwrap();
        is_done.recv_timeout(LONG).unwrap();
    }};
}

/// Nobody wakes: the time does.
macro_rules! runs_out {
    ($waiters:ty) => {{
        let (word, waiters) = (AtomicU32::new(7), <$waiters>::new());
        let end = Instant::now() + SHORT;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            waiters.wait(&word, 7, Some(left));
        }
        waiters.wait(&word, 8, None);
        waiters.wait(&word, 8, Some(Duration::MAX));
        waiters.wake_one(&word);
    }};
}

#[test]
fn no_wake_is_lost() {
    there_and_back!(Waiters);
    there_and_back!(condvar::Waiters);
}

#[test]
fn a_wait_ends_with_its_time_and_does_not_begin_on_another_word() {
    runs_out!(Waiters);
    runs_out!(condvar::Waiters);
}

#[test]
fn it_is_the_word() {
    let word = Futex::new(1);
    word.store(2, SeqCst);
    assert_eq!(format!("{word:?}"), "Futex(2)");
}
