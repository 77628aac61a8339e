//! `yield_now` wakes once and is ready at the second poll.

use std::pin::pin;
use std::task::{Context, Poll};

use laneway_waker::yield_now;

use crate::wakers::Count;

#[test]
fn wakes_once_and_is_then_ready() {
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    let mut yielding = pin!(yield_now());
    assert_eq!(count.get(), 0);
    assert_eq!(yielding.as_mut().poll(&mut cx), Poll::Pending);
    assert_eq!(count.get(), 1);
    assert_eq!(yielding.as_mut().poll(&mut cx), Poll::Ready(()));
    assert_eq!(count.get(), 1);
}
