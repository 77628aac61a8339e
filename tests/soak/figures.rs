//! What is measured, from any thread: how often, and how late at worst.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What may not be exceeded: a wake-up later than this is lost to whoever waits for it.
pub(crate) const TOO_LATE: Duration = Duration::from_secs(1);

/// How often something happened, and how long it took: by powers of two of a microsecond.
#[derive(Debug, Default)]
pub(crate) struct Times {
    classes: [AtomicU64; 32],
    longest: AtomicU64,
}

impl Times {
    pub(crate) fn add(&self, time: Duration) {
        let micros = time.as_micros() as u64;
        let class = (u64::BITS - micros.leading_zeros()).min(31) as usize;
        self.classes[class].fetch_add(1, Relaxed);
        self.longest.fetch_max(micros, Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.classes.iter().map(|class| class.load(Relaxed)).sum()
    }

    pub(crate) fn longest(&self) -> Duration {
        Duration::from_micros(self.longest.load(Relaxed))
    }

    /// A time that so many of a thousand do not exceed, to a factor of two.
    fn of_thousand(&self, share: u64) -> Duration {
        let (mut seen, enough) = (0, self.count() * share / 1000);
        for (class, count) in self.classes.iter().enumerate() {
            seen += count.load(Relaxed);
            if seen >= enough {
                return Duration::from_micros(1 << class).min(self.longest());
            }
        }
        self.longest()
    }

    /// A row of the table.
    pub(crate) fn print(&self, what: &str) {
        let (half, most) = (self.of_thousand(500), self.of_thousand(999));
        let longest = self.longest();
        println!(
            "{what:<34} {:>10}  {half:>9.1?}  {most:>9.1?}  {longest:>9.1?}",
            self.count()
        );
    }
}

/// The head of the table.
pub(crate) fn print_head() {
    println!(
        "{:<34} {:>10}  {:>9}  {:>9}  {:>9}",
        "", "times", "half <", "99.9% <", "longest"
    );
}
