//! A scheduler on which a program is performed, and the book that is kept about it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use laneway_scheduler::{Cause, Notify, Priority, Scheduler, Worker};

use super::program::{End, LARGEST_BURST, Step};
use crate::{Item, Mint, StepClock};

/// Rounds in which all workers pop and search without finding what is there, before it counts as
/// lost. A scheduler may look at some queue only now and then.
const VAIN_ROUNDS: usize = 1_000;

/// A broken promise, in words.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

/// What a call gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Notify(Notify),
    Picked(Option<u32>),
}

/// Who put an item in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Producer {
    Injector,
    Worker(usize),
}

pub(super) struct Stage<S: Scheduler<Item>> {
    scheduler: S,
    workers: Vec<S::Worker>,
    clock: StepClock,
    mint: Mint,
    /// The items that are in, by number.
    waiting: BTreeMap<u32, Producer>,
    /// Those that came out, in order.
    picked: Vec<(Producer, u32)>,
    transcript: Vec<Answer>,
}

impl<S: Scheduler<Item>> Stage<S> {
    pub(super) fn new(scheduler: S, workers: usize) -> Self {
        let workers = scheduler.workers(NonZeroUsize::new(workers).expect("some"));
        Self {
            scheduler,
            workers,
            clock: StepClock::new(),
            mint: Mint::new(),
            waiting: BTreeMap::new(),
            picked: Vec::new(),
            transcript: Vec::new(),
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn transcript(&self) -> &[Answer] {
        &self.transcript
    }

    pub(super) fn apply(&mut self, step: &Step) -> Result<(), Broken> {
        let count = self.workers.len();
        match *step {
            Step::Inject { cause, priority } => self.inject(cause, priority)?,
            Step::Push {
                worker,
                cause,
                priority,
            } => {
                let item = self.mint.item_of(priority);
                self.push(worker % count, item, cause);
            }
            Step::Burst { worker, pushes } => {
                for _ in 0..pushes {
                    let item = self.mint.item();
                    self.push(worker % count, item, Cause::Spawned);
                }
            }
            Step::Pop { worker } => drop(self.pop(worker % count)?),
            Step::PopMany { worker, pops } => {
                for _ in 0..pops {
                    drop(self.pop(worker % count)?);
                }
            }
            Step::Search { worker } => drop(self.search(worker % count)?),
            Step::Pick { worker } => drop(self.pick(worker % count)?),
            Step::PopAndYield { worker } => {
                if let Some(item) = self.pop(worker % count)? {
                    self.push(worker % count, item, Cause::Yielded);
                }
            }
            Step::Rest { worker, nanos } => {
                self.clock.step(nanos);
                self.workers[worker % count].rested();
            }
        }
        Ok(())
    }

    fn inject(&mut self, cause: Cause, priority: Priority) -> Result<(), Broken> {
        let item = self.mint.item_of(priority);
        let number = item.number();
        let notify = self.scheduler.inject(item, cause);
        let notify = notify.map_err(|_| Broken("it refuses an item though it is open".into()))?;
        self.waiting.insert(number, Producer::Injector);
        self.transcript.push(Answer::Notify(notify));
        Ok(())
    }

    fn push(&mut self, worker: usize, item: Item, cause: Cause) {
        self.waiting.insert(item.number(), Producer::Worker(worker));
        let notify = self.workers[worker].push(item, cause);
        self.transcript.push(Answer::Notify(notify));
    }

    fn pop(&mut self, worker: usize) -> Result<Option<Item>, Broken> {
        let item = self.workers[worker].pop(&self.clock);
        self.picked(worker, item)
    }

    fn search(&mut self, worker: usize) -> Result<Option<Item>, Broken> {
        let item = self.workers[worker].search(&self.clock);
        self.picked(worker, item)
    }

    fn pick(&mut self, worker: usize) -> Result<Option<Item>, Broken> {
        match self.pop(worker)? {
            Some(item) => Ok(Some(item)),
            None => self.search(worker),
        }
    }

    fn picked(&mut self, worker: usize, item: Option<Item>) -> Result<Option<Item>, Broken> {
        let number = item.as_ref().map(Item::number);
        self.transcript.push(Answer::Picked(number));
        if let Some(item) = &item {
            let producer = self.out(item)?;
            self.picked.push((producer, item.number()));
            self.clock.step(1_000);
            self.workers[worker].ran(&self.clock);
        }
        Ok(item)
    }

    /// An item came out, by whatever way.
    fn out(&mut self, item: &Item) -> Result<Producer, Broken> {
        let number = item.number();
        let producer = self.waiting.remove(&number);
        producer.ok_or_else(|| Broken(format!("item {number} came out twice")))
    }

    pub(super) fn expect_busy_while_items_wait(&self) -> Result<(), Broken> {
        if !self.waiting.is_empty() && self.scheduler.is_idle() {
            return Err(Broken(format!(
                "{} items wait, and it says it is idle",
                self.waiting()
            )));
        }
        Ok(())
    }

    pub(super) fn expect_each_producer_in_order(&self) -> Result<(), Broken> {
        let mut latest = BTreeMap::new();
        for &(producer, number) in &self.picked {
            if let Some(before) = latest
                .insert(producer, number)
                .filter(|before| *before > number)
            {
                return Err(Broken(format!(
                    "{producer:?}: {number} came after {before}"
                )));
            }
        }
        Ok(())
    }

    /// Ends as told; then nothing may be left, nor have been dropped that should have come out.
    pub(super) fn end(mut self, end: End) -> Result<(), Broken> {
        match end {
            End::Run => self.run_dry()?,
            End::Close => {
                self.close()?;
                self.expect_closed()?;
                (0..self.workers.len()).try_for_each(|worker| self.drain(worker))?;
            }
            End::DrainAndClose => {
                (0..self.workers.len()).try_for_each(|worker| self.drain(worker))?;
                self.close()?;
                self.expect_closed()?;
                self.apply(&Step::Burst {
                    worker: 0,
                    pushes: LARGEST_BURST,
                })?;
                self.drain(0)?;
            }
            End::Drop => self.waiting.clear(),
        }
        let Self {
            scheduler,
            workers,
            waiting,
            mint,
            ..
        } = self;
        let left = mint.living();
        drop((scheduler, workers));
        if !waiting.is_empty() {
            let numbers: Vec<u32> = waiting.into_keys().take(10).collect();
            return Err(Broken(format!(
                "items never came out, among them {numbers:?}"
            )));
        }
        if mint.living() > 0 {
            return Err(Broken(format!(
                "{left} items were in, {} were not dropped",
                mint.living()
            )));
        }
        Ok(())
    }

    /// Picks until nothing is left; then it must be idle.
    pub(super) fn run_dry(&mut self) -> Result<(), Broken> {
        let mut vain_rounds = 0;
        while !self.waiting.is_empty() {
            let before = self.waiting();
            for worker in 0..self.workers.len() {
                drop(self.pick(worker)?);
                self.expect_busy_while_items_wait()?;
            }
            vain_rounds = if self.waiting() < before {
                0
            } else {
                vain_rounds + 1
            };
            if vain_rounds == VAIN_ROUNDS {
                return Err(Broken(format!("{before} items wait, and nobody finds any")));
            }
        }
        for worker in 0..self.workers.len() {
            // Whatever this finds came out before: `out` complains.
            drop(self.pick(worker)?);
        }
        if !self.scheduler.is_idle() {
            return Err(Broken("nothing is left, and it says it is not idle".into()));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Broken> {
        let mut items = Vec::new();
        self.scheduler.close(&mut |item| items.push(item));
        items.iter().try_for_each(|item| self.out(item).map(drop))
    }

    fn drain(&mut self, worker: usize) -> Result<(), Broken> {
        let mut items = Vec::new();
        self.workers[worker].drain(&mut |item| items.push(item));
        items.iter().try_for_each(|item| self.out(item).map(drop))
    }

    fn expect_closed(&mut self) -> Result<(), Broken> {
        let item = self.mint.item();
        let number = item.number();
        match self.scheduler.inject(item, Cause::Spawned) {
            Ok(_) => Err(Broken("it takes an item though it is closed".into())),
            Err(item) if item.number() != number => Err(Broken(format!(
                "it refuses item {number}, and gives {} back",
                item.number()
            ))),
            Err(_) => Ok(()),
        }
    }
}
