//! What each class gets at least, and how long an item waits at most.

use core::time::Duration;

use laneway_scheduler::Priority;

/// How much a class must be owed before one of its items runs ahead of a more urgent one.
///
/// Long enough that the more urgent items are disturbed rarely, and short beside what people notice: with
/// the default shares a class that waits gets its first turn after 1, 4 and 20 ms.
pub const QUANTUM: Duration = Duration::from_micros(200);

/// How long a `Background` item that yields goes on before the next of its class has its turn.
///
/// Slow jobs that take turns all end late; one after another, the first ends early and the last no later. 20 ms
/// is the time slice of a batch process under Linux, give or take.
pub const TURN: Duration = Duration::from_millis(20);

/// Shares are kept in thousandths.
pub(crate) const WHOLE: u32 = 1_000;

/// More than this together would leave the most urgent class too little to keep a promise.
const MOST_PERCENT: u32 = 50;

/// The part of a worker's time that each class gets at least while it has items, however many more urgent
/// ones there are. `Critical` gets what the others leave.
///
/// ```
/// use laneway_priority::Shares;
/// use laneway_scheduler::Priority;
///
/// let shares = Shares::default();
/// assert_eq!(shares.percent(Priority::Normal), 20);
/// assert_eq!(shares.percent(Priority::Batch), 5);
/// assert_eq!(shares.percent(Priority::Background), 1);
///
/// let strict = shares.with(Priority::Batch, 0).with(Priority::Background, 0);
/// assert_eq!(strict.percent(Priority::Batch), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// By the number of the class; `Critical` has 0.
    percent: [u32; Priority::ALL.len()],
}

impl Shares {
    /// As before, but for one class. With 0 it runs only when nothing more urgent is ready, and has no
    /// [bound](Self::longest_wait).
    ///
    /// # Panics
    ///
    /// For `Critical`; and if the classes together would get more than 50 percent.
    #[must_use]
    pub fn with(mut self, class: Priority, percent: u32) -> Self {
        assert!(
            class != Priority::Critical,
            "Critical gets what the others leave"
        );
        self.percent[class as usize] = percent;
        assert!(
            self.percent.into_iter().fold(0, u32::saturating_add) <= MOST_PERCENT,
            "less than {MOST_PERCENT} percent would be left for Critical"
        );
        self
    }

    /// What a class gets at least.
    pub fn percent(&self, class: Priority) -> u32 {
        match class {
            Priority::Critical => 100 - self.sum(),
            _ => self.percent[class as usize],
        }
    }

    /// How long an item waits at most in the queue of a worker, however busy the other classes are: if
    /// `ahead` items of its class were ready there before it (of `Background`, count the one that runs), and
    /// no poll is longer than `longest`. `None` without a share.
    ///
    /// With `s` the share of its class, `S` the sum of all shares but that of `Critical`, `k` the number
    /// of classes between it and `Critical`, and `t` the time for which an item of the class goes on though it
    /// yields, which is [`TURN`]` + longest` for `Background` and 0 otherwise:
    ///
    /// ```text
    ///            max(QUANTUM, longest) + ahead · (t + longest)        2k + 1
    ///   wait  ≤  ─────────────────────────────────────────────  +  ( ─────── + 1 ) · longest
    ///                                 s                               1 - S
    ///
    ///                         ahead + 7
    ///   wait of Critical  ≤  ─────────── · longest
    ///                           1 - S
    /// ```
    ///
    /// The first fraction is the time in which its class becomes owed what the items before it use and the
    /// quantum that it needs itself; a long poll that was paid for in advance counts as the quantum. Then it
    /// waits for the poll that runs, and for the classes between that are owed something too. For
    /// `Critical`, six polls are what three classes can be owed at worst, and one runs already.
    ///
    /// ```
    /// use laneway_priority::Shares;
    /// use laneway_scheduler::Priority;
    /// use std::time::Duration;
    ///
    /// // 20 µs are long for a poll that does not compute.
    /// let longest = Duration::from_micros(20);
    /// let wait = |class, ahead| Shares::default().longest_wait(class, ahead, longest).unwrap();
    ///
    /// assert_eq!(wait(Priority::Critical, 0).as_micros(), 189);
    /// assert_eq!(wait(Priority::Normal, 10).as_micros(), 2_047);
    /// assert_eq!(wait(Priority::Batch, 0).as_micros(), 4_101);
    /// assert_eq!(wait(Priority::Background, 0).as_micros(), 20_155);
    /// ```
    pub fn longest_wait(&self, class: Priority, ahead: u32, longest: Duration) -> Option<Duration> {
        let left = f64::from(100 - self.sum()) / 100.0;
        let share = f64::from(self.percent(class)) / 100.0;
        let (ahead, poll) = (f64::from(ahead), longest.as_secs_f64());
        let seconds = if class == Priority::Critical {
            (ahead + 7.0) * poll / left
        } else {
            let between = f64::from(Priority::Critical as u8 - class as u8 - 1);
            let goes_on = match class {
                // It ends with the first yield at which it is known to be over: a poll later.
                Priority::Background => TURN.as_secs_f64() + poll,
                _ => 0.0,
            };
            let owed = QUANTUM.as_secs_f64().max(poll) + ahead * (goes_on + poll);
            owed / share + ((2.0 * between + 1.0) / left + 1.0) * poll
        };
        Duration::try_from_secs_f64(seconds).ok()
    }

    fn sum(&self) -> u32 {
        self.percent.into_iter().sum()
    }

    /// In thousandths; 0 for `Critical`.
    pub(crate) fn weights(&self) -> [u32; Priority::ALL.len()] {
        self.percent.map(|percent| percent * WHOLE / 100)
    }
}

/// 20 percent for `Normal`, 5 for `Batch`, 1 for `Background`.
impl Default for Shares {
    fn default() -> Self {
        let none = Self {
            percent: [0; Priority::ALL.len()],
        };
        none.with(Priority::Normal, 20)
            .with(Priority::Batch, 5)
            .with(Priority::Background, 1)
    }
}
