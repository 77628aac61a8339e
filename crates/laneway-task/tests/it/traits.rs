//! What may cross threads, and what may not.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use laneway_task::current::WorkerGuard;
use laneway_task::{
    AbortHandle, AbortOnDrop, Builder, Id, Join, JoinError, JoinHandle, JoinSet, OwnedTasks,
    PriorityGuard, Runnable, ScheduleArc, ScheduleRef, TaskInfo, spawn,
};

use crate::support::Lane;

const fn everything<T: Send + Sync + Unpin + Debug + 'static>() {}

const _: () = {
    everything::<Runnable>();
    everything::<AbortHandle>();
    everything::<Builder>();
    everything::<Id>();
    everything::<JoinError>();
    everything::<OwnedTasks>();
    everything::<PriorityGuard>();
    everything::<TaskInfo>();
    everything::<ScheduleArc<Lane>>();
    everything::<ScheduleRef>();
    // `Cell` is `Send` but not `Sync`, and a handle shares no output.
    everything::<JoinHandle<Cell<u8>>>();
    everything::<AbortOnDrop<Cell<u8>>>();
    everything::<Join<'static, Cell<u8>>>();
    everything::<JoinSet<Cell<u8>>>();
};

/// Whether a type has a trait, by which of two methods it finds.
macro_rules! has {
    ($type:ty: $trait:path) => {{
        struct Probe<T>(PhantomData<T>);
        #[allow(dead_code)]
        trait No {
            fn has(&self) -> bool {
                false
            }
        }
        impl<T> No for Probe<T> {}
        #[allow(dead_code)]
        impl<T: $trait> Probe<T> {
            fn has(&self) -> bool {
                true
            }
        }
        Probe::<$type>(PhantomData).has()
    }};
}

#[test]
fn what_must_stay_on_its_thread_does() {
    assert!(!has!(JoinHandle<Rc<()>>: Send));
    assert!(!has!(JoinHandle<Rc<()>>: Sync));
    assert!(!has!(AbortOnDrop<Rc<()>>: Send));
    assert!(has!(JoinHandle<Rc<()>>: Unpin));
    assert!(!has!(WorkerGuard: Send));
    assert!(!has!(WorkerGuard: Sync));
    assert!(has!(JoinHandle<u8>: Send));
}

#[test]
fn errors_go_where_errors_go() {
    let (_lane, erased) = Lane::plain();
    let (runnable, handle) = spawn(async {}, &erased);
    drop(runnable);
    let boxed: Box<dyn Error + Send + Sync> = laneway_waker::block_on(handle).unwrap_err().into();
    assert!(boxed.downcast_ref::<JoinError>().unwrap().is_cancelled());
}

#[test]
fn handles_are_small() {
    assert_eq!(size_of::<Option<Runnable>>(), size_of::<usize>());
    assert_eq!(
        size_of::<Option<JoinHandle<[u8; 100]>>>(),
        size_of::<usize>()
    );
    assert_eq!(size_of::<Option<AbortHandle>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<ScheduleRef>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Id>>(), size_of::<u64>());
}

#[test]
fn a_panic_leaves_handles_as_they_were() {
    assert!(has!(AbortHandle: UnwindSafe) && has!(AbortHandle: RefUnwindSafe));
    assert!(has!(Runnable: UnwindSafe) && has!(ScheduleRef: RefUnwindSafe));
    assert!(has!(JoinHandle<Cell<u8>>: UnwindSafe) && has!(JoinHandle<Cell<u8>>: RefUnwindSafe));
}
