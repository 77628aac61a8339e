//! The dimensions of a life, and what must come of each.

/// How the future gets to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// Ready at the first poll.
    Ready,
    /// Wakes itself, and is ready at the second.
    Yields,
    /// Leaves a waker, which is woken.
    Waits,
    /// Leaves a waker, which is dropped.
    Forgotten,
    /// Leaves no waker.
    Lost,
}

/// Where the future panics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Panics {
    Nowhere,
    /// In its last poll.
    Poll,
    Drop,
    Both,
}

/// When something happens to the task from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Never,
    BeforeFirstPoll,
    /// In the first poll.
    Inside,
    AfterFirstPoll,
    AtTheEnd,
}

/// What becomes of the handle before the task ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Joins {
    /// Polled after the end only.
    Late,
    /// Polled from the beginning.
    Early,
    /// Dropped, at some time.
    Dropped(When),
    /// Polled from the beginning, then dropped.
    Abandoned(When),
}

/// What becomes of the first runnable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum First {
    Run,
    Drop,
    Reject,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) way: Way,
    pub(super) panics: Panics,
    pub(super) output_panics: bool,
    pub(super) joins: Joins,
    pub(super) aborted: When,
    pub(super) first: First,
    pub(super) owned: bool,
    /// The list is closed.
    pub(super) closed: When,
}

#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Value,
    Cancelled,
    Rejected,
    Panicked,
}

impl Case {
    /// What the handle must say.
    pub(super) fn expected(&self) -> Outcome {
        let drop_panics = matches!(self.panics, Panics::Drop | Panics::Both);
        let ended = |by| if drop_panics { Outcome::Panicked } else { by };
        match self.first {
            First::Run => {}
            First::Drop => return ended(Outcome::Cancelled),
            First::Reject => return ended(Outcome::Rejected),
        }
        if self.aborted == When::BeforeFirstPoll {
            return ended(Outcome::Cancelled);
        }
        let cut = [When::Inside, When::AfterFirstPoll];
        let closed =
            self.owned && (self.closed == When::BeforeFirstPoll || cut.contains(&self.closed));
        match self.way {
            Way::Ready => {}
            _ if closed || cut.contains(&self.aborted) => return ended(Outcome::Cancelled),
            Way::Yields | Way::Waits => {}
            // The end comes in the last place, by an abort if by nothing else.
            Way::Forgotten | Way::Lost => return ended(Outcome::Cancelled),
        }
        match self.panics {
            Panics::Nowhere => Outcome::Value,
            _ => Outcome::Panicked,
        }
    }

    /// Who abandons the handle at the end was woken before.
    pub(super) fn is_woken_before_abandoned(&self) -> bool {
        let ends_early = self.first != First::Run
            || self.way == Way::Ready
            || self.aborted == When::BeforeFirstPoll
            || self.owned && matches!(self.closed, When::BeforeFirstPoll | When::Inside)
            || self.aborted == When::Inside;
        match self.joins {
            Joins::Abandoned(When::AtTheEnd | When::Never) => true,
            Joins::Abandoned(When::Inside) => self.is_cut_before_poll(),
            Joins::Abandoned(When::AfterFirstPoll) => {
                ends_early || self.owned && self.closed == When::AfterFirstPoll
            }
            _ => false,
        }
    }

    fn is_cut_before_poll(&self) -> bool {
        self.first != First::Run || self.aborted == When::BeforeFirstPoll
    }
}
