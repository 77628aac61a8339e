//! One sample of all classes at once, in one lane: who gets how much of the CPU.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use laneway::task::Priority;

use super::contestant::Contestant;
use super::observed::Observed;
use super::work::{Meter, Speed};

/// The classes, and the name of each one's share.
pub const CLASSES: [(Priority, &str); 4] = [
    (Priority::Critical, "critical"),
    (Priority::Normal, "normal"),
    (Priority::Batch, "batch"),
    (Priority::Background, "background"),
];

/// As many tasks of each class: enough that one is always ready.
const TASKS: usize = 8;

/// How long their polls take.
const POLL: Duration = Duration::from_micros(100);

/// Until every queue is full.
const RAMP: Duration = Duration::from_millis(500);

/// Measures a contestant for so long.
pub fn measure(contestant: &dyn Contestant, window: Duration, speed: Speed) -> Observed {
    let meters = CLASSES.map(|_| Arc::new(Meter::new(TASKS)));
    // The most urgent last: once it is there, the others would have a hard time to begin.
    for ((class, _), meter) in CLASSES.iter().zip(&meters).rev() {
        contestant.press(*class, speed.steps(POLL), meter);
    }
    let done = || meters.each_ref().map(|meter| meter.done());
    // why: the work has to get everywhere before anything is measured.
    thread::sleep(RAMP);
    let (from, before) = (Instant::now(), done());
    // why: this is the window.
    thread::sleep(window);
    let (elapsed, after) = (from.elapsed(), done());
    let work = |index: usize| after[index] - before[index];
    let all: u64 = (0..CLASSES.len()).map(work).sum();
    let shares = CLASSES.iter().enumerate();
    shares.fold(
        Observed::default().figure("kept", speed.share(all, elapsed)),
        |observed, (index, (_, name))| observed.figure(name, work(index) as f64 / all as f64),
    )
}
