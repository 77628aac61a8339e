#![doc = include_str!("crowd.md")]

use laneway_loom::sync::{
    Arc, TryLock,
    atomic::{
        AtomicBool, AtomicU8,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};
use laneway_waker::{AtomicWaker, Inbox, WakeBatch};

use crate::direction::Directions;

#[cfg(test)]
mod loom;
#[cfg(test)]
mod tests;

const WAKE_READ: u8 = Directions::READ.bits();
const WAKE_WRITE: u8 = Directions::WRITE.bits();
const SWEEP: u8 = 1 << 2;
const JOIN: u8 = 1 << 3;
const REQUESTS: u8 = WAKE_READ | WAKE_WRITE | SWEEP | JOIN;
const OCCUPIED: u8 = 1 << 4;
const HELD: u8 = 1 << 5;

/// The waiters of a source that did not get the slot of their direction.
#[derive(Debug)]
pub(crate) struct Crowd {
    word: AtomicU8,
    /// Those who have come, until somebody who holds the list puts them there.
    coming: Inbox<Arc<Waiter>>,
    /// Locked only by who holds the word, so it is always free then: a cell without unsafe code.
    list: TryLock<Vec<Arc<Waiter>>>,
}

/// One who stands in the crowd.
#[derive(Debug)]
pub(crate) struct Waiter {
    interest: Directions,
    gone: AtomicBool,
    /// Filled by its owner, emptied by whoever wakes it. Needs no list.
    waker: AtomicWaker,
}

/// What is left to do for who held the list, once it has let go.
#[must_use]
enum Served {
    All,
    /// The batch is full: wake it, and post these again.
    Rest(u8),
}

impl Crowd {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicU8::new(0),
            coming: Inbox::new(),
            list: TryLock::new(Vec::new()),
        }
    }

    /// Puts `waiter` into the list, now or when its holder lets go. Events from here on are for it, too.
    pub(crate) fn join(&self, waiter: &Arc<Waiter>) {
        // It is never closed.
        let _ = self.coming.push(waiter.clone());
        self.post(JOIN, &mut WakeBatch::new());
    }

    /// Takes `waiter` out of the list, now or when its holder lets go.
    pub(crate) fn leave(&self, waiter: &Waiter) {
        let waker = waiter.waker.take();
        // Ordering: published by the post.
        waiter.gone.store(true, Relaxed);
        self.post(SWEEP, &mut WakeBatch::new());
        drop(waker);
    }

    /// Moves the wakers of all who wait for `directions` into `batch`; wakes it whenever it is full.
    pub(crate) fn wake(&self, directions: Directions, batch: &mut WakeBatch) {
        self.post(directions.bits(), batch);
    }

    fn post(&self, mut requests: u8, batch: &mut WakeBatch) {
        while self.request(requests) {
            match self.serve(batch) {
                Served::All => return,
                Served::Rest(rest) => {
                    batch.wake_all();
                    requests = rest;
                }
            }
        }
    }

    /// Leaves word; `true` if the caller holds the list now and has to serve.
    fn request(&self, requests: u8) -> bool {
        // Ordering: Relaxed: the exchange has the last word.
        let mut word = self.word.load(Relaxed);
        loop {
            let alone = word & (HELD | OCCUPIED) == 0 && requests & JOIN == 0;
            let next = if alone { word } else { word | requests | HELD };
            // Ordering: Release pairs with the Acquire in `serve`: what was done before the request is seen
            // by who serves it; and with the Acquire here, for who joins after an event and has to see what
            // it brought. Between them are read-modify-writes only.
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return !alone && word & HELD == 0,
                Err(now) => word = now,
            }
        }
    }

    /// Does what is asked for in the word, and lets go of the list.
    fn serve(&self, batch: &mut WakeBatch) -> Served {
        loop {
            // Ordering: Acquire pairs with the Release in `request`, and in letting go, for the list.
            let requests = self.word.fetch_and(!REQUESTS, Acquire) & REQUESTS;
            let mut list = self.list.try_lock().expect("who holds the word has it");
            // Also without `JOIN`: a holder may have taken that along, to post it again.
            self.coming.take_each(|waiter| list.push(waiter));
            if requests & SWEEP != 0 {
                // What is dropped here has an empty slot: no waker is dropped with it.
                list.retain(|waiter| !waiter.gone.load(Relaxed));
            }
            let all = collect(&list, Directions::from_bits(requests), batch);
            let occupied = if list.is_empty() { 0 } else { OCCUPIED };
            drop(list);
            if !all {
                // Ordering: Release pairs with the Acquire above, of who holds the list next. What came with
                // the requests is acquired by whoever serves them.
                let since = self.word.swap(occupied, Release) & REQUESTS;
                return Served::Rest(requests & !(SWEEP | JOIN) | since);
            }
            if self.let_go(occupied) {
                return Served::All;
            }
        }
    }

    /// Gives the list back, unless there are requests.
    fn let_go(&self, occupied: u8) -> bool {
        // Ordering: Release pairs with the Acquire in `serve`, of who holds the list next and must find it
        // unlocked (no model shows that: loom's exchanges always see the latest). It is a
        // read-modify-write, behind which earlier requests can still be acquired.
        let mut word = self.word.load(Relaxed);
        // Re-check: a request that came meanwhile is left to the holder.
        while word & REQUESTS == 0 {
            match self
                .word
                .compare_exchange_weak(word, occupied, Release, Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }
}

impl Waiter {
    pub(crate) fn new(interest: Directions) -> Self {
        Self {
            interest,
            gone: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    /// The place for its waker. To be filled before it joins, and at each poll after.
    pub(crate) fn slot(&self) -> &AtomicWaker {
        &self.waker
    }
}

/// Takes the wakers of those who wait for one of `directions`; `false` if `batch` is too small.
fn collect(list: &[Arc<Waiter>], directions: Directions, batch: &mut WakeBatch) -> bool {
    for waiter in list
        .iter()
        .filter(|waiter| waiter.interest.intersects(directions))
    {
        if batch.is_full() {
            return false;
        }
        if let Some(waker) = waiter.waker.take() {
            batch.push(waker);
        }
    }
    true
}
