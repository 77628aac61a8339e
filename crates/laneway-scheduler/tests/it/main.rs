//! What the words of the seam promise.

use laneway_scheduler::{Cause, Notify, Priority};

#[test]
fn a_priority_is_its_number() {
    for (number, priority) in Priority::ALL.into_iter().enumerate() {
        assert_eq!(priority as usize, number);
        assert_eq!(Priority::from_u8(number as u8), Some(priority));
    }
    assert_eq!(Priority::from_u8(Priority::ALL.len() as u8), None);
    assert_eq!(Priority::from_u8(u8::MAX), None);
}

#[test]
fn the_order_is_urgency() {
    assert!(Priority::ALL.is_sorted_by(|less, more| less < more));
    assert_eq!(Priority::ALL.iter().max(), Some(&Priority::Critical));
    assert_eq!(Priority::default(), Priority::Normal);
}

#[test]
fn names_can_be_aligned() {
    let names = Priority::ALL.map(|priority| format!("{priority:>10}"));
    assert_eq!(
        names,
        ["background", "     batch", "    normal", "  critical"]
    );
}

#[test]
fn words_are_small_and_travel() {
    fn travels<W: Copy + Send + Sync + Unpin + 'static>() -> usize {
        size_of::<W>()
    }
    assert_eq!(
        (
            travels::<Cause>(),
            travels::<Notify>(),
            travels::<Priority>()
        ),
        (1, 1, 1)
    );
    // A class and its absence fit in one byte of a task's header.
    assert_eq!(size_of::<Option<Priority>>(), 1);
}
