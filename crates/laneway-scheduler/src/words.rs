//! The words that an executor and a scheduler exchange.

/// Monotonic time, given to a scheduler by whoever asks it.
///
/// Reading a clock costs about as much as picking an item, so a scheduler reads it only when a
/// decision depends on it.
pub trait Clock {
    /// Nanoseconds since an arbitrary origin; never less than before.
    fn nanos(&self) -> u64;
}

/// Why an item became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// It is new.
    Spawned,
    /// What it waited for has happened.
    Woken,
    /// It ran, has more to do, and lets others go first.
    Yielded,
    /// It was waiting in a queue or parked, and became more urgent.
    Boosted,
}

/// Advice about other threads after an item went in. Waking them is the executor's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "an item whose notification is forgotten may wait while threads sleep"]
pub enum Notify {
    /// Nobody needs to know: a thread that is awake will come by.
    None,
    /// There is work for one more thread.
    One,
}
