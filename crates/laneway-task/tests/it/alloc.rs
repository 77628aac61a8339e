//! What tasks cost in memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use laneway_task::{Builder, spawn};
use laneway_waker::yield_now;

use crate::support::Lane;

/// Counts this thread's allocations.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

// SAFETY: the system's allocator, and a count that allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|allocated| {
            let (count, bytes) = allocated.get();
            allocated.set((count + 1, bytes + layout.size()));
        });
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations `f` makes, and of how many bytes in all.
fn allocations<T>(f: impl FnOnce() -> T) -> (T, usize, usize) {
    let before = ALLOCATED.get();
    let value = f();
    let after = ALLOCATED.get();
    (value, after.0 - before.0, after.1 - before.1)
}

/// What malloc takes for a request on 64-bit Linux: a word of its own, rounded up.
fn chunk(request: usize) -> usize {
    (request + 8).next_multiple_of(16)
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_spawn_is_one_allocation_of_at_most_96_bytes_beyond_the_future() {
    let (_lane, erased) = Lane::owning();
    let ((runnable, handle), count, bytes) =
        allocations(|| spawn(std::future::pending::<()>(), &erased));
    assert_eq!((count, bytes), (1, 88));
    assert!(chunk(bytes) <= 96);
    drop((runnable, handle));

    fn check<const SIZE: usize>(erased: &laneway_task::ScheduleRef) {
        let future = async |data: [u8; SIZE]| {
            yield_now().await;
            assert!(data.iter().all(|&byte| byte == 7));
        };
        let future = future([7; SIZE]);
        let size = size_of_val(&future);
        let ((runnable, _handle), count, bytes) = allocations(|| spawn(future, erased));
        assert_eq!(count, 1);
        assert!(
            chunk(bytes) <= size.next_multiple_of(8) + 96,
            "{bytes} for {size}"
        );
        runnable.run();
    }
    check::<0>(&erased);
    check::<1>(&erased);
    check::<40>(&erased);
    check::<1000>(&erased);
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_name_and_attributes_are_in_the_same_allocation() {
    let (_lane, erased) = Lane::owning();
    let builder = Builder::new().name("static").attributes(7_u64);
    let (_handles, count, bytes) = allocations(|| builder.spawn(async {}, &erased));
    assert_eq!(count, 1);
    assert!(bytes <= 88 + 72, "{bytes}");
}

#[test]
fn nothing_else_allocates() {
    // Warm: the queue has room, this thread has ids.
    let (lane, erased) = Lane::owning();
    let (runnable, handle) = spawn(yield_now(), &erased);
    runnable.run();
    lane.run_all();
    drop(handle);

    let (runnable, mut handle) = spawn(
        async {
            yield_now().await;
            [7; 1000]
        },
        &erased,
    );
    let (_, count, _) = allocations(|| {
        assert!(crate::support::poll_once(&mut handle, std::task::Waker::noop()).is_pending());
        runnable.run();
        lane.run_all();
        let abort_handle = handle.abort_handle();
        abort_handle.abort();
        let output = crate::support::poll_once(&mut handle, std::task::Waker::noop());
        assert!(output.is_ready());
        drop(handle);
    });
    assert_eq!(count, 0, "polls, yields, wakes, lists, aborts and joins");
}
