//! Which lanes wait for a lock, and what happens when a thread is stopped while it has one.
//!
//! For tests, behind the feature `record`. A thread of a background lane may be stopped by the kernel
//! at any point. So no lock may be waited for by threads of two lanes, and no thread of a background
//! lane may stop in a section that the others need. A [`Recording`] checks the first and provokes the
//! second.
//!
//! The recorder must not itself make lanes wait for each other: its tables are fixed in size and
//! written without locks, and each of their cells by the threads of one kind alone.

use core::panic::Location;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::thread;
use std::time::Duration;

/// Locks that one recording can tell apart.
const LOCKS: usize = 1 << 16;

/// Places in the code that take a lock.
const SECTIONS: usize = 256;

static IS_ACTIVE: AtomicBool = AtomicBool::new(false);
static LANE: OnceLock<fn() -> u8> = OnceLock::new();
static LOCK_COUNT: AtomicUsize = AtomicUsize::new(0);
static LOCK_TABLE: [Lock; LOCKS] = [const { Lock::new() }; LOCKS];
static SECTION_TABLE: [Section; SECTIONS] = [const { Section::new() }; SECTIONS];
static STOP: Stop = Stop {
    every: AtomicU32::new(0),
    nanos: AtomicU64::new(0),
    stops: AtomicU64::new(0),
};

/// What a lock carries to be told from others: 0 before the first recording that sees it.
#[derive(Debug, Default)]
pub(crate) struct Identity(AtomicUsize);

/// One lock.
struct Lock {
    /// The lanes that have waited for it, or could have, a bit each.
    lanes: AtomicU8,
    /// Where lane 0 took it first, and where another did.
    places: [OnceLock<Place>; 2],
}

/// One place that takes locks, as seen by lanes other than 0.
struct Section {
    place: OnceLock<Place>,
    entries: AtomicU32,
}

struct Stop {
    /// The first entry of each section is stopped, and then every so-many-th; 0: none.
    every: AtomicU32,
    nanos: AtomicU64,
    stops: AtomicU64,
}

type Place = &'static Location<'static>;

impl Identity {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// A thread is about to wait for the lock.
    pub(crate) fn waits(&self, place: Place) {
        if !IS_ACTIVE.load(Relaxed) {
            return;
        }
        let mut number = self.0.load(Relaxed);
        if number == 0 {
            let new = LOCK_COUNT.fetch_add(1, Relaxed) + 1;
            number = match self.0.compare_exchange(0, new, Relaxed, Relaxed) {
                Ok(_) => new,
                Err(other) => other,
            };
        }
        let Some(lock) = LOCK_TABLE.get(number) else {
            return;
        };
        let lane = lane();
        lock.lanes.fetch_or(1 << lane, Relaxed);
        lock.places[usize::from(lane > 0)].get_or_init(|| place);
    }
}

/// A thread has just taken a lock: perhaps it is stopped there.
pub(crate) fn inside(place: Place) {
    let every = STOP.every.load(Relaxed);
    if every == 0 || lane() == 0 {
        return;
    }
    let section = SECTION_TABLE.iter().find(|section| {
        let found = section.place.get_or_init(|| place);
        std::ptr::eq(*found, place)
    });
    if section.is_some_and(|section| section.entries.fetch_add(1, Relaxed) % every == 0) {
        STOP.stops.fetch_add(1, Relaxed);
        // why: nothing is waited for; this is the kernel, taking the processor away.
        thread::sleep(Duration::from_nanos(STOP.nanos.load(Relaxed)));
    }
}

fn lane() -> u8 {
    LANE.get().map_or(0, |lane| lane())
}

impl Lock {
    const fn new() -> Self {
        Self {
            lanes: AtomicU8::new(0),
            places: [const { OnceLock::new() }; 2],
        }
    }
}

impl Section {
    const fn new() -> Self {
        Self {
            place: OnceLock::new(),
            entries: AtomicU32::new(0),
        }
    }
}

/// Watches every [`Mutex`](crate::sync::Mutex) of the process, from [`start`](Self::start) to
/// [`finish`](Self::finish).
#[derive(Debug)]
#[must_use = "nothing is said before `finish`"]
pub struct Recording(());

/// What a [`Recording`] has seen.
#[derive(Debug)]
pub struct Record {
    /// Locks that were taken.
    pub locks: usize,
    /// Those that threads of two lanes have waited for, or could have: each with the first place
    /// where lane 0 took it, and the first where another did.
    pub shared: BTreeSet<(String, String)>,
    /// Where threads of other lanes than 0 had a lock, waited for or tried, while stops were asked for.
    pub sections: BTreeSet<String>,
    /// How often one was stopped there.
    pub stops: u64,
}

impl Recording {
    /// Begins; `lane` tells the lane of the calling thread, less than 8. Once in the life of a process.
    ///
    /// # Panics
    ///
    /// The second time.
    pub fn start(lane: fn() -> u8) -> Self {
        assert!(LANE.set(lane).is_ok(), "a process can be recorded once");
        IS_ACTIVE.store(true, SeqCst);
        Self(())
    }

    /// From now on stops threads of lanes other than 0 for so long while they have a lock: the first
    /// time in each section, and then every so-many-th time. `every` 0 ends that.
    pub fn stop_inside(&self, every: u32, for_how_long: Duration) {
        STOP.nanos.store(for_how_long.as_nanos() as u64, Relaxed);
        STOP.every.store(every, SeqCst);
    }

    /// How often a thread was stopped so far.
    pub fn stops(&self) -> u64 {
        STOP.stops.load(Relaxed)
    }

    /// Ends it.
    pub fn finish(self) -> Record {
        IS_ACTIVE.store(false, SeqCst);
        STOP.every.store(0, SeqCst);
        let locks = LOCK_COUNT.load(SeqCst);
        assert!(locks < LOCKS, "more locks than a recording can tell apart");
        let shared = LOCK_TABLE.iter().filter_map(|lock| {
            let name = |kind: usize| Some(lock.places[kind].get()?.to_string());
            (lock.lanes.load(SeqCst).count_ones() > 1).then_some(())?;
            Some((name(0).unwrap_or_default(), name(1).unwrap_or_default()))
        });
        let sections = SECTION_TABLE.iter();
        Record {
            locks,
            shared: shared.collect(),
            sections: sections
                .filter_map(|section| Some(section.place.get()?.to_string()))
                .collect(),
            stops: STOP.stops.load(SeqCst),
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} locks, {} stops", self.locks, self.stops)?;
        for (main, other) in &self.shared {
            write!(f, "\nwaited for by two lanes: {main} and {other}")?;
        }
        for section in &self.sections {
            write!(f, "\nsection: {section}")?;
        }
        Ok(())
    }
}
