//! What travels between threads.

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

use laneway_fifo::{Fifo, FifoWorker, Injector, Victims, local::Queue, ring};

fn is_send<X: Send>() {}
fn is_sync<X: Sync>() {}
fn is_unpin<X: Unpin>() {}
fn is_unwind_safe<X: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn halves_travel_with_items_that_are_not_shared() {
    is_send::<Fifo<Cell<u32>>>();
    is_sync::<Fifo<Cell<u32>>>();
    is_send::<FifoWorker<Cell<u32>>>();
    is_unpin::<(Fifo<u32>, FifoWorker<u32>, Queue<u32>)>();
    is_send::<Injector<Cell<u32>>>();
    is_sync::<Injector<Cell<u32>>>();
    is_send::<ring::Owner<Cell<u32>, 4>>();
    is_sync::<ring::Stealer<Cell<u32>, 4>>();
    is_unpin::<(Injector<u32>, Victims)>();
    is_send::<Queue<Cell<u32>>>();
    is_unwind_safe::<Queue<u32>>();
}
