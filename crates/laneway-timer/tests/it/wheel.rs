//! The wheel against a model: a map from entry to deadline, searched from end to end.

use std::collections::{BTreeMap, BTreeSet};

use laneway_timer::{Key, Step, Wheel};
use proptest::prelude::*;

/// One call of the wheel. Keys are chosen by position among all ever given out, so most are stale.
#[derive(Debug, Clone)]
enum Call {
    Insert(Deadline),
    Remove(usize),
    Reset(usize, Deadline),
    /// So many steps towards so many ticks from the time elapsed (or, negative, back from it).
    Step(i128, usize),
    /// All the steps there are.
    Turn(i128),
    /// Turns to whatever the wheel says comes next.
    TurnToNext,
}

#[derive(Debug, Clone)]
enum Deadline {
    After(i128),
    At(u64),
}

#[derive(Default)]
struct Entry {
    deadline: u64,
    /// The deadline had elapsed when it was given.
    late: bool,
}

/// A wheel that is compared with the model after each call.
#[derive(Default)]
struct Checked {
    wheel: Wheel<usize>,
    keys: Vec<Key>,
    live: BTreeMap<usize, Entry>,
    /// Deadlines of entries that were removed or moved.
    given_up: BTreeSet<u64>,
}

impl Checked {
    fn starting_at(tick: u64) -> Self {
        let mut checked = Self::default();
        checked.turn(tick);
        checked
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Insert(deadline) => _ = self.insert(self.tick(&deadline)),
            Call::Remove(n) if n < self.keys.len() => {
                let entry = self.live.remove(&n);
                let expected = entry.as_ref().map(|_| n);
                assert_eq!(self.wheel.remove(self.keys[n]), expected);
                self.given_up.extend(entry.map(|entry| entry.deadline));
            }
            Call::Reset(n, deadline) if n < self.keys.len() => {
                let (deadline, elapsed) = (self.tick(&deadline), self.wheel.elapsed());
                let entry = self.live.get_mut(&n);
                assert_eq!(self.wheel.reset(self.keys[n], deadline), entry.is_some());
                if let Some(entry) = entry {
                    self.given_up.insert(entry.deadline);
                    *entry = Entry {
                        deadline,
                        late: deadline <= elapsed,
                    };
                }
            }
            Call::Remove(_) | Call::Reset(..) => {}
            Call::Step(by, steps) => {
                let now = self.after(by);
                for _ in 0..steps {
                    if self.step(now) == Step::Done {
                        break;
                    }
                }
            }
            Call::Turn(by) => self.turn(self.after(by)),
            Call::TurnToNext => {
                if let Some(next) = self.wheel.next_deadline() {
                    self.turn(next);
                }
            }
        }
        self.check_next();
        assert_eq!(self.wheel.len(), self.live.len());
    }

    fn insert(&mut self, deadline: u64) -> usize {
        let n = self.keys.len();
        let late = deadline <= self.wheel.elapsed();
        let key = self.wheel.insert(deadline, n);
        assert_eq!(self.wheel.get(key), Some(&n));
        self.keys.push(key);
        self.live.insert(n, Entry { deadline, late });
        n
    }

    fn turn(&mut self, now: u64) {
        let moves_allowed = 10 * self.live.len() as u32;
        let mut moves = 0;
        loop {
            match self.step(now) {
                Step::Expired(_) => {}
                Step::Moved => moves += 1,
                Step::Done => break,
            }
        }
        assert!(moves <= moves_allowed);
        if let Some(next) = self.wheel.next_deadline() {
            assert!(next > now, "a turn leaves nothing to do");
        }
    }

    fn step(&mut self, now: u64) -> Step<usize> {
        let before = self.wheel.elapsed();
        let step = self.wheel.step(now);
        let now = now.max(before);
        assert!((before..=now).contains(&self.wheel.elapsed()));
        match step {
            Step::Expired(n) => {
                let entry = self.live.remove(&n).expect("nothing expires twice");
                assert!(entry.deadline <= now, "nothing expires early");
                assert_eq!(self.wheel.get(self.keys[n]), None);
                if !entry.late {
                    let earliest = self.live.values().map(|entry| entry.deadline).min();
                    assert!(
                        earliest.is_none_or(|earliest| entry.deadline <= earliest),
                        "order"
                    );
                }
            }
            Step::Moved => {}
            Step::Done => {
                assert!(
                    self.live.values().all(|entry| entry.deadline > now),
                    "all expire"
                );
                assert_eq!(self.wheel.elapsed(), now);
            }
        }
        step
    }

    /// The next deadline is never too late, and exact unless an earlier one was given up.
    fn check_next(&self) {
        let next = self.wheel.next_deadline();
        let earliest = self.live.values().map(|entry| entry.deadline).min();
        match (next, earliest) {
            (None, None) => {}
            (Some(next), Some(earliest)) => {
                assert!(
                    next <= earliest.max(self.wheel.elapsed()),
                    "{next} {earliest}"
                );
                if next > self.wheel.elapsed() && next != earliest {
                    assert!(self.given_up.contains(&next), "{next} {earliest}");
                }
            }
            different => panic!("{different:?}"),
        }
    }

    fn tick(&self, deadline: &Deadline) -> u64 {
        match deadline {
            Deadline::After(by) => self.after(*by),
            Deadline::At(tick) => *tick,
        }
    }

    fn after(&self, by: i128) -> u64 {
        (i128::from(self.wheel.elapsed()) + by).clamp(0, i128::from(u64::MAX)) as u64
    }
}

/// Mostly near, often at a power of two from here, give or take one.
fn offset() -> impl Strategy<Value = i128> {
    prop_oneof![
        4 => 0..200_i128,
        2 => -3..3_i128,
        3 => (0..64_u32, -1..=1_i128).prop_map(|(bit, nudge)| (1 << bit) + nudge),
    ]
}

fn deadline() -> impl Strategy<Value = Deadline> {
    prop_oneof![
        8 => offset().prop_map(Deadline::After),
        1 => (0..3_u64).prop_map(|n| Deadline::At(u64::MAX - n)),
        1 => any::<u64>().prop_map(Deadline::At),
    ]
}

/// Time passes in small steps more often than in large ones, or nothing would be left to test.
fn passing() -> impl Strategy<Value = i128> {
    prop_oneof![
        6 => -2..300_i128,
        2 => (0..44_u32, -1..=1_i128).prop_map(|(bit, nudge)| (1 << bit) + nudge),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => deadline().prop_map(Call::Insert),
        2 => (0..64_usize).prop_map(Call::Remove),
        2 => (0..64_usize, deadline()).prop_map(|(n, deadline)| Call::Reset(n, deadline)),
        3 => (passing(), 0..6_usize).prop_map(|(by, steps)| Call::Step(by, steps)),
        2 => passing().prop_map(Call::Turn),
        2 => Just(Call::TurnToNext),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_the_model(
        start in prop_oneof![
            Just(0_u64),
            (0..64_u32, 0..70_u64).prop_map(|(bit, back)| (1_u64 << bit).saturating_sub(back)),
            (0..200_u64).prop_map(|back| u64::MAX - back),
        ],
        calls in prop::collection::vec(call(), 1..100),
    ) {
        let mut checked = Checked::starting_at(start);
        for call in calls {
            checked.call(call);
        }
        checked.turn(u64::MAX);
        prop_assert!(checked.wheel.is_empty());
    }
}

/// Milliseconds are ticks here: 2^30 of them once made a wheel wrap round while one entry lay far
/// ahead, and whatever came later hung.
#[test]
fn time_passes_the_powers_of_two_while_one_entry_never_comes() {
    for bit in 28..=41 {
        let mut checked = Checked::starting_at((1 << bit) - 10);
        checked.insert(u64::MAX);
        for _ in 0..40 {
            for ahead in [0, 1, 3, 64, 70, 4096] {
                checked.call(Call::Insert(Deadline::After(ahead)));
            }
            checked.call(Call::Turn(1));
        }
        checked.call(Call::Turn(5_000));
        assert_eq!(checked.live.len(), 1, "2^{bit}");
    }
}

#[test]
fn the_last_ticks_there_are() {
    let mut checked = Checked::default();
    for deadline in [u64::MAX, u64::MAX - 1, u64::MAX, u64::MAX >> 1] {
        checked.insert(deadline);
    }
    checked.turn(u64::MAX - 2);
    assert_eq!(checked.live.len(), 3);
    checked.turn(u64::MAX - 1);
    assert_eq!(checked.live.len(), 2);
    checked.turn(u64::MAX);
    checked.insert(u64::MAX);
    checked.insert(0);
    checked.turn(0);
    assert!(checked.wheel.is_empty());
}

#[test]
fn a_clock_may_repeat_itself_and_step_back() {
    let mut checked = Checked::starting_at(1000);
    let n = checked.insert(1001);
    checked.turn(1000);
    checked.turn(999);
    checked.turn(0);
    assert_eq!(checked.wheel.elapsed(), 1000);
    assert!(checked.live.contains_key(&n));
    checked.insert(1000);
    assert_eq!(
        checked.wheel.next_deadline(),
        Some(1000),
        "due at the very present"
    );
    checked.turn(1000);
    checked.turn(1001);
    assert!(checked.live.is_empty());
}

/// Entries that are due but not yet popped may be removed and reset like any others.
#[test]
fn what_has_expired_can_still_be_changed() {
    let mut wheel = Wheel::new();
    let keys: Vec<Key> = (0..100).map(|n| wheel.insert(4096, n)).collect();
    assert_eq!(wheel.step(5000), Step::Expired(0));
    assert_eq!(wheel.remove(keys[0]), None);
    assert_eq!(wheel.remove(keys[1]), Some(1));
    assert!(wheel.reset(keys[2], 4097));
    assert!(wheel.reset(keys[3], 9000));
    assert!(wheel.reset(keys[4], 1));
    assert_eq!(wheel.next_deadline(), Some(4096));
    let rest: Vec<i32> = std::iter::from_fn(|| wheel.pop(5000)).collect();
    assert_eq!(rest[0], 4, "its deadline was gone by");
    assert_eq!(rest[1..96], (5..100).collect::<Vec<_>>());
    assert_eq!(rest[96..], [2]);
    assert_eq!(wheel.next_deadline(), Some(9000));
}

#[test]
fn a_long_time_without_entries_costs_nothing() {
    let mut wheel = Wheel::<()>::new();
    wheel.insert(u64::MAX, ());
    for bit in 0..63 {
        assert_eq!(wheel.step(1 << bit), Step::Done);
    }
}

/// However full a slot is, one step does one entry's work.
#[test]
fn a_step_is_one_entrys_work() {
    let mut wheel = Wheel::new();
    for n in 0..1000_u64 {
        wheel.insert(4096 + n, n);
    }
    for n in 1..=1000 {
        assert_eq!(wheel.elapsed(), if n == 1 { 0 } else { 4096 });
        match wheel.step(4096) {
            Step::Expired(0) | Step::Moved => {}
            other => panic!("{n} {other:?}"),
        }
        assert_eq!(
            wheel.next_deadline().unwrap(),
            if n == 1000 { 4097 } else { 4096 }
        );
    }
    assert_eq!(wheel.step(4096), Step::Done);
    assert_eq!(wheel.len(), 999);
}
