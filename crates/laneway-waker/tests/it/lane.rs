//! A thread is of the lane it entered last.

use laneway_waker::lane;

#[test]
fn lanes_nest_and_belong_to_one_thread() {
    let outer = lane::enter(1);
    let inner = lane::enter(2);
    assert_eq!(lane::current(), 2);
    let elsewhere = std::thread::spawn(lane::current).join().unwrap();
    assert_eq!(elsewhere, 0);
    drop(inner);
    assert_eq!(lane::current(), 1);
    drop(outer);
    assert_eq!(lane::current(), 0);
}
