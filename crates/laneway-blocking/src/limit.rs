//! How many threads there may be: as many as asked for, or as many as the system grants.

/// After a refusal, a thread is asked for again when one was wanted this many times more. Asking
/// costs a system call that takes as long as a short job, and a system that is out of threads stays
/// so for a while.
const PATIENCE: u32 = 128;

/// The limit of threads. Never 0: a pool without a thread always asks for one.
#[derive(Debug)]
pub(crate) struct Limit {
    max: usize,
    now: usize,
    patience: u32,
}

impl Limit {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            now: max,
            patience: 0,
        }
    }

    /// Whether one more than `alive` threads may be asked for, now that one is wanted.
    pub(crate) fn allows_another(&mut self, alive: usize) -> bool {
        if alive < self.now {
            return true;
        }
        if alive >= self.max {
            return false;
        }
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
            self.now = alive + 1;
        }
        self.patience == 0
    }

    /// The system refused a thread; there are `alive`.
    pub(crate) fn refused(&mut self, alive: usize) {
        self.now = alive.max(1);
        self.patience = PATIENCE;
    }

    /// A thread came: the system grants them again.
    pub(crate) fn granted(&mut self) {
        self.now = self.max;
    }

    /// As many as the system grants.
    pub(crate) fn now(&self) -> usize {
        self.now
    }

    /// As many as were asked for.
    pub(crate) fn max(&self) -> usize {
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_down_to_what_is_granted_and_up_again() {
        let mut limit = Limit::new(4);
        assert!(limit.allows_another(3) && !limit.allows_another(4));

        limit.refused(2);
        assert_eq!((1..PATIENCE).filter(|_| limit.allows_another(2)).count(), 0);
        assert!(limit.allows_another(2), "after a while it asks again");
        assert!(
            limit.allows_another(1),
            "a thread that ended may be replaced"
        );

        limit.refused(2);
        assert!(!limit.allows_another(2));
        limit.granted();
        assert!(limit.allows_another(3) && !limit.allows_another(4));
    }

    #[test]
    fn a_pool_without_threads_always_asks() {
        let mut limit = Limit::new(4);
        for _ in 0..10 {
            limit.refused(0);
            assert!(limit.allows_another(0));
        }
    }
}
