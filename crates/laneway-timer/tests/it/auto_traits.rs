//! What may cross threads, and what may move.

use laneway_timer::{
    Elapsed, Interval, Key, ManualClock, Sleep, Step, SystemClock, Timeout, Timers, Turn, Wheel,
};

const fn send_sync<T: Send + Sync>() {}
const fn unpin<T: Unpin>() {}
const fn unwind_safe_error<T: std::error::Error + Copy + 'static>() {}

const _: () = {
    send_sync::<Timers>();
    send_sync::<Sleep>();
    send_sync::<Timeout<()>>();
    send_sync::<Interval>();
    send_sync::<Turn>();
    send_sync::<Key>();
    send_sync::<SystemClock>();
    send_sync::<ManualClock>();
    send_sync::<Wheel<u8>>();
    send_sync::<Step<u8>>();
    unpin::<Sleep>();
    unpin::<Interval>();
    unpin::<Timeout<()>>();
    unwind_safe_error::<Elapsed>();
};

#[test]
fn a_sleep_is_three_words() {
    assert!(size_of::<Sleep>() <= 24);
}
