//! What a task carries.

use laneway_scheduler::Priority;
use laneway_task::{Builder, spawn};

use crate::support::Lane;

#[test]
fn names_priorities_and_attributes_are_read_back() {
    let (_lane, erased) = Lane::plain();
    let (plain, _) = spawn(async {}, &erased);
    assert_eq!((plain.name(), plain.priority()), (None, Priority::Normal));
    assert_eq!(plain.attributes::<u64>(), None);

    let name = String::from("compaction of shard ") + "7";
    let (named, handle) = Builder::new().name(name).spawn(async {}, &erased);
    assert_eq!(named.name(), Some("compaction of shard 7"));
    assert_eq!(named.attributes::<u64>(), None);
    assert_eq!(named.id(), handle.id());

    let builder = Builder::new()
        .attributes((7_u8, 1_u64))
        .priority(Priority::Critical);
    let (tagged, _) = builder.spawn(async {}, &erased);
    assert_eq!(tagged.name(), None);
    assert_eq!(tagged.attributes::<(u8, u64)>(), Some((7, 1)));
    assert_eq!(
        tagged.attributes::<(u64, u8)>(),
        None,
        "another type of the same size"
    );
    assert_eq!(tagged.priority(), Priority::Critical);

    let (unit, _) = Builder::new().attributes(()).spawn(async {}, &erased);
    assert_eq!(unit.attributes::<()>(), Some(()));
}

#[test]
fn a_monitor_can_ask_later() {
    let (_lane, erased) = Lane::plain();
    let builder = Builder::new().name("compact").priority(Priority::Batch);
    let (runnable, handle) = builder.spawn(async {}, &erased);
    let info = runnable.info();
    let location = runnable.location();
    runnable.run();
    drop(handle);
    let other = info.clone();
    drop(info);
    crate::support::elsewhere(|| {
        assert_eq!(other.name(), Some("compact"));
        assert_eq!(other.location(), location);
        assert_eq!(other.priority(), Priority::Batch);
        assert_eq!(other.effective_priority(), Priority::Batch);
        assert!(other.is_finished() && other.id().get().get() > 0);
        assert!(format!("{other:?}").starts_with("TaskInfo(Task { id: Id("));
    });
}

#[test]
fn the_location_is_the_callers() {
    let (_lane, erased) = Lane::plain();
    let (runnable, _) = spawn(async {}, &erased);
    let line = line!() - 1;
    assert_eq!(
        (runnable.location().file(), runnable.location().line()),
        (file!(), line)
    );
    let (runnable, _) = Builder::new().spawn(async {}, &erased);
    assert_eq!(runnable.location().line(), line!() - 1);
}

#[test]
fn a_future_with_a_large_alignment_keeps_it_with_a_tail_too() {
    #[repr(align(64))]
    struct Aligned([u8; 64]);

    let (_lane, erased) = Lane::plain();
    for builder in [Builder::new(), Builder::new().name("aligned")] {
        let aligned = Aligned([7; 64]);
        let (runnable, handle) = builder.spawn(
            async move {
                assert_eq!((&raw const aligned).addr() % 64, 0);
                aligned
            },
            &erased,
        );
        let is_named = runnable.name().is_some_and(|name| name == "aligned");
        assert!(is_named || runnable.name().is_none());
        runnable.run();
        let aligned = laneway_waker::block_on(handle).unwrap();
        assert_eq!(aligned.0, [7; 64]);
    }
}

#[test]
fn debug_says_what_a_person_wants_to_know() {
    let (_lane, erased) = Lane::plain();
    let (runnable, handle) = Builder::new().name("x").spawn(async {}, &erased);
    let text = format!("{runnable:?}");
    for part in [
        "Runnable(Task",
        "\"x\"",
        "Normal",
        "QUEUED JOIN_INTEREST ticket=normal own=normal joiner=background refs=2",
        "builder.rs",
    ] {
        assert!(text.contains(part), "{text}");
    }
    runnable.run();
    assert!(
        format!("{handle:?}")
            .contains("COMPLETE JOIN_INTEREST Value own=normal joiner=background refs=1"),
        "{handle:?}"
    );
}
