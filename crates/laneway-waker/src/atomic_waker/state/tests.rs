//! Walks every word that the transitions can reach, and compares them with the table.

use std::collections::BTreeSet;

use super::{EMPTY, REGISTERING, Registered, Registering, STORED, State, WAKING, Waking};
use laneway_loom::sync::atomic::Ordering::Relaxed;

/// Who has the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Nobody,
    Registrar,
    /// A registrar whose `end_registering` said `Woken`.
    WokenRegistrar,
    Waker,
}

#[test]
fn every_word_is_in_the_table() {
    laneway_loom::model(1, || {
        let mut reached = BTreeSet::new();
        let mut open = vec![(EMPTY, Owner::Nobody)];
        while let Some((word, owner)) = open.pop() {
            if reached.insert((word, owner)) {
                open.extend(steps(word, owner));
            }
        }
        let table = BTreeSet::from([
            (EMPTY, Owner::Nobody),
            (STORED, Owner::Nobody),
            (REGISTERING, Owner::Registrar),
            (REGISTERING | WAKING, Owner::Registrar),
            (REGISTERING | WAKING, Owner::WokenRegistrar),
            (WAKING, Owner::Waker),
            (STORED | WAKING, Owner::Waker),
        ]);
        assert_eq!(reached, table);
    });
}

/// Everything that may happen next.
fn steps(word: u8, owner: Owner) -> Vec<(u8, Owner)> {
    let mut next = Vec::new();
    // Anybody may try to take the slot at any time, and gets it exactly when nobody has it.
    let state = at(word);
    let is_free = owner == Owner::Nobody;
    let registering = state.start_registering();
    assert_eq!(registering == Registering::Slot, is_free, "{word:#05b}");
    next.push((read(&state), if is_free { Owner::Registrar } else { owner }));

    let state = at(word);
    let waking = state.start_waking();
    assert_eq!(waking == Waking::Slot, is_free, "{word:#05b}");
    next.push((read(&state), if is_free { Owner::Waker } else { owner }));

    match owner {
        Owner::Nobody => {}
        Owner::Registrar => {
            for is_full in [false, true] {
                let state = at(word);
                let owner = match state.end_registering(is_full) {
                    Registered::Kept => Owner::Nobody,
                    Registered::Woken => Owner::WokenRegistrar,
                };
                next.push((read(&state), owner));
            }
        }
        Owner::WokenRegistrar | Owner::Waker => {
            let state = at(word);
            state.empty();
            next.push((read(&state), Owner::Nobody));
        }
    }
    next
}

fn at(word: u8) -> State {
    let state = State::new();
    state.0.store(word, Relaxed);
    state
}

fn read(state: &State) -> u8 {
    state.0.load(Relaxed)
}
