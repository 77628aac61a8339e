//! The queue for one thread.

use std::rc::Rc;

use laneway_fifo::local::Queue;

#[test]
fn items_need_not_be_send_and_leave_in_order() {
    let mut queue = Queue::default();
    for number in 0..3 {
        queue.push(Rc::new(number));
    }
    assert_eq!(queue.pop().as_deref(), Some(&0));
    queue.push(Rc::new(3));
    let left: Vec<i32> = std::iter::from_fn(|| queue.pop())
        .map(|item| *item)
        .collect();
    assert_eq!(left, [1, 2, 3]);
    assert_eq!((queue.len(), queue.is_empty()), (0, true));
}

#[test]
fn it_can_be_looked_at() {
    let mut queue = Queue::new();
    queue.push('a');
    assert_eq!(format!("{queue:?}"), "Queue { items: ['a'] }");
}
