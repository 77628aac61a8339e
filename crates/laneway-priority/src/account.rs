//! What each class is owed.
//!
//! A class that waits while others run is owed its share of that time. When it is owed a [`QUANTUM`], one
//! of its items runs ahead of what is more urgent, and pays with its run time; it may so become a
//! debtor, and then waits longer the next time. So a class that always has items gets its share, in the
//! long run exactly; whether it gets more depends on the others.
//!
//! Time is known only while the account is [open](Account::open), which it is while more than one class
//! has items, or the one that runs is still owed something.

use laneway_scheduler::Priority;

use crate::classes::{COUNT, Classes};
use crate::shares::{QUANTUM, Shares, WHOLE};

/// Debts are kept in this part of a nanosecond, so that shares need no division.
const UNIT: i64 = WHOLE as i64;

/// What a class is owed when its turn has come.
const TURN_DUE: i64 = QUANTUM.as_nanos() as i64 * UNIT;

/// Thirteen days. A longer time counts as this, so that no sum overflows.
const MOST_NANOS: u64 = 1 << 50;

/// Who waits, who runs, and what is owed to whom; of one worker.
#[derive(Debug)]
pub(crate) struct Account {
    weights: [i64; COUNT],
    owed: [i64; COUNT],
    /// Those who have waited since the running item was picked.
    waiting: Classes,
    /// The running item was picked although something more urgent waited.
    ahead: bool,
    /// When time was last billed.
    billed: u64,
    /// The time since `billed` was spent on items.
    is_open: bool,
}

impl Account {
    pub(crate) fn new(shares: Shares) -> Self {
        Self {
            weights: shares.weights().map(i64::from),
            owed: [0; COUNT],
            waiting: Classes::NONE,
            ahead: false,
            billed: 0,
            is_open: false,
        }
    }

    /// Whose turn it is among those who are ready.
    pub(crate) fn next(&self, ready: Classes) -> Option<Priority> {
        let first = ready.first()?;
        let others = ready.without(Classes::of(first));
        let is_due = |class: &Priority| self.owed[*class as usize] >= TURN_DUE;
        Some(others.iter().find(is_due).unwrap_or(first))
    }

    /// Whether time matters when an item of this class runs while the `others` wait.
    pub(crate) fn matters(&self, class: Priority, others: Classes) -> bool {
        !others.is_empty() || self.owed[class as usize] > 0
    }

    /// An item of `class` begins to run, while `others` wait. Reads the clock if it does not know the
    /// time since the last item.
    pub(crate) fn begin(&mut self, class: Priority, others: Classes, now: impl FnOnce() -> u64) {
        self.waiting = others.without(Classes::of(class));
        self.ahead = self.waiting.first().is_some_and(|first| first > class);
        if !self.is_open {
            self.is_open = true;
            let now = now();
            let passed = nanos_between(self.billed, now);
            for class in Priority::ALL {
                self.forgive(class, passed);
            }
            self.billed = now;
        }
    }

    /// From here on time passes that was not spent on items.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    /// The item of `class` has run until `now`: for how long, if that is known.
    pub(crate) fn end(&mut self, class: Priority, now: impl FnOnce() -> u64) -> u64 {
        if !self.is_open {
            return 0;
        }
        let now = now();
        let passed = nanos_between(self.billed, now);
        self.billed = now;
        for other in Priority::ALL {
            if self.waiting.contains(other) || self.ahead && other == class {
                let owed = &mut self.owed[other as usize];
                *owed = owed.saturating_add(self.weights[other as usize] * passed);
            } else if other != class {
                self.forgive(other, passed);
            }
        }
        self.pay(class, passed);
        passed as u64
    }

    fn pay(&mut self, class: Priority, nanos: i64) {
        let owed = &mut self.owed[class as usize];
        let left = owed.saturating_sub(nanos * UNIT);
        *owed = if self.ahead {
            left
        } else {
            // What nobody else wanted makes no debtor.
            left.max((*owed).min(0))
        };
    }

    /// A class that does not wait: what it has had too much is forgotten as time passes, and of what it is
    /// owed no more is kept than gives it one turn.
    fn forgive(&mut self, class: Priority, passed: i64) {
        let owed = &mut self.owed[class as usize];
        let repaid = self.weights[class as usize] * passed;
        *owed = if *owed < 0 {
            owed.saturating_add(repaid).min(0)
        } else {
            (*owed).min(TURN_DUE)
        };
    }
}

fn nanos_between(earlier: u64, later: u64) -> i64 {
    later.saturating_sub(earlier).min(MOST_NANOS) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORMAL: Classes = Classes::of(Priority::Normal);
    const CRITICAL: Classes = Classes::of(Priority::Critical);

    /// Critical and Normal items of `poll` nanoseconds for ever: how much of the time Normal gets.
    fn share_of_normal(poll: u64) -> f64 {
        let mut account = Account::new(Shares::default());
        let (mut now, mut of_normal) = (0, 0);
        while now < (2_000 * poll).max(1_000_000_000) {
            let class = account.next(NORMAL.with(CRITICAL)).unwrap();
            account.begin(class, NORMAL.with(CRITICAL), || now);
            now += poll;
            account.end(class, || now);
            of_normal += if class == Priority::Normal { poll } else { 0 };
        }
        of_normal as f64 / now as f64
    }

    #[test]
    fn a_share_is_exact_whatever_the_length_of_a_poll() {
        for poll in [1_000, 7_000, 1_000_000, 50_000_000] {
            let share = share_of_normal(poll);
            assert!((0.199..0.201).contains(&share), "{poll}: {share}");
        }
    }

    #[test]
    fn of_several_that_are_owed_the_most_urgent_goes_first() {
        let mut account = Account::new(Shares::default());
        let all = NORMAL.with(CRITICAL).with(Classes::of(Priority::Batch));
        account.begin(Priority::Critical, all, || 0);
        account.end(Priority::Critical, || 10_000_000);
        assert_eq!(account.next(all), Some(Priority::Normal));
        assert_eq!(account.next(all.without(NORMAL)), Some(Priority::Batch));
        assert_eq!(account.next(Classes::NONE), None);
    }

    #[test]
    fn what_nobody_else_wants_costs_nothing() {
        let mut account = Account::new(Shares::default());
        let mut now = 0;
        account.begin(Priority::Critical, NORMAL, || now);
        now += 500_000;
        account.end(Priority::Critical, || now);
        assert!(
            account.matters(Priority::Normal, Classes::NONE),
            "100 µs are owed"
        );
        account.begin(Priority::Normal, Classes::NONE, || now);
        now += 10_000_000;
        account.end(Priority::Normal, || now);
        assert_eq!(account.owed, [0; COUNT]);
        assert!(!account.matters(Priority::Normal, Classes::NONE));
    }

    #[test]
    fn a_debtor_waits_longer_and_time_repays() {
        let owed_after = |passed: u64| {
            let mut account = Account::new(Shares::default());
            account.owed[Priority::Normal as usize] = TURN_DUE;
            account.begin(Priority::Normal, CRITICAL, || 0);
            account.end(Priority::Normal, || 10_000_000);
            let after = account.owed[Priority::Normal as usize];
            assert!(
                after < -7 * 1_000_000 * UNIT,
                "10 ms paid, 2.2 ms owed: {after}"
            );
            account.close();
            account.begin(Priority::Critical, Classes::NONE, || 10_000_000 + passed);
            account.owed[Priority::Normal as usize]
        };
        assert!(owed_after(1_000_000) < 0);
        assert_eq!(owed_after(100_000_000), 0, "and no more than repays");
    }

    #[test]
    fn who_leaves_keeps_one_turn() {
        let mut account = Account::new(Shares::default());
        account.begin(Priority::Critical, NORMAL, || 0);
        account.end(Priority::Critical, || 1_000_000_000);
        assert_eq!(account.owed[Priority::Normal as usize], 1_000 * TURN_DUE);
        account.begin(Priority::Critical, Classes::NONE, || unreachable!());
        account.end(Priority::Critical, || 1_000_000_001);
        assert_eq!(account.owed[Priority::Normal as usize], TURN_DUE);
    }

    #[test]
    fn time_without_end_overflows_nothing() {
        let mut account = Account::new(Shares::default());
        for _ in 0..100_000 {
            account.begin(Priority::Critical, NORMAL, || 0);
            account.end(Priority::Critical, || u64::MAX);
            account.close();
        }
        assert_eq!(account.next(NORMAL.with(CRITICAL)), Some(Priority::Normal));
    }
}
