//! What the compiler knows of the public types is part of their promise.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::task::Waker;

use laneway_waker::budget::{Unconstrained, Unit, YieldFlag};
use laneway_waker::{AtomicWaker, Parker, Unparker, WakeBatch, YieldNow};

const fn anywhere<T: Send + Sync + Unpin + Debug>() {}
const fn send<T: Send + Unpin + Debug>() {}
const fn plain<T: Unpin + Debug>() {}
const fn survives_panics<T: UnwindSafe + RefUnwindSafe>() {}
const fn becomes_a_waker<T: Into<Waker>>() {}

const _: () = {
    anywhere::<AtomicWaker>();
    anywhere::<WakeBatch>();
    anywhere::<Unparker>();
    anywhere::<YieldFlag>();
    anywhere::<YieldNow>();
    anywhere::<Unconstrained<u8>>();
    send::<Parker>();
    plain::<Unit>();
    plain::<Unconstrained<Rc<()>>>();
    survives_panics::<AtomicWaker>();
    survives_panics::<Parker>();
    survives_panics::<Unparker>();
    survives_panics::<YieldFlag>();
    becomes_a_waker::<Unparker>();
};

/// The word fits into the padding of nothing else: one waker and one more machine word.
#[test]
fn an_atomic_waker_is_three_words() {
    assert_eq!(size_of::<AtomicWaker>(), 3 * size_of::<usize>());
}
