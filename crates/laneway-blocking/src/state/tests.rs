//! The state without threads: a few scenes here, and random walks.

mod scene;
mod walks;

use laneway_scheduler::Priority;
use scene::Scene;

#[test]
fn one_thread_for_one_job_at_a_time() {
    let mut scene = Scene::new(8);
    scene.push();
    scene.arrive(0);
    for _ in 0..100 {
        scene.finish(0);
        scene.push();
        let called = scene.called().expect("the resting thread is called");
        scene.wake(called, false);
    }
    assert_eq!(scene.threads(), 1);
}

#[test]
fn quick_jobs_do_not_make_threads() {
    let mut scene = Scene::new(8);
    for _ in 0..10_000 {
        scene.push();
    }
    scene.arrive(0);
    assert_eq!(scene.starting.len(), 1, "somebody has to watch");
    for _ in 0..100 {
        scene.finish(0);
    }
    scene.arrive(0);
    for _ in 0..90 {
        assert_eq!(scene.waiting.len(), 1, "the others are quick");
        for _ in 0..100 {
            scene.finish(0);
        }
        scene.wake(0, true);
    }
    assert_eq!(scene.threads(), 2);
}

#[test]
fn blocking_jobs_get_a_thread_each() {
    let mut scene = Scene::new(8);
    for _ in 0..20 {
        scene.push();
    }
    while !scene.starting.is_empty() {
        scene.arrive(0);
    }
    assert_eq!((scene.running.len(), scene.threads()), (8, 8));
}

/// Jobs were quick while the second thread came, and then one blocks: a tick finds out.
#[test]
fn a_watcher_steps_in_when_a_job_blocks() {
    let mut scene = Scene::new(8);
    for _ in 0..10 {
        scene.push();
    }
    scene.arrive(0);
    for _ in 0..5 {
        scene.finish(0);
    }
    scene.arrive(0);
    assert!(matches!(scene.waiting[..], [(_, true)]));
    scene.wake(0, true);
    assert_eq!((scene.running.len(), scene.starting.len()), (2, 1));
}

/// Threads that are held up outside of their closures are not helped by another one.
#[test]
fn no_threads_for_an_overloaded_machine() {
    let mut scene = Scene::new(64);
    for _ in 0..100 {
        scene.push();
    }
    while scene.threads() < 20 {
        scene.arrive(0);
    }
    for busy in 0..10 {
        let index = scene.running[busy];
        scene.state.seat(index).end();
    }
    scene.arrive(0);
    assert!(matches!(scene.waiting[..], [(_, true)]));
    for busy in 0..10 {
        let seat = scene.state.seat(scene.running[busy]);
        seat.begin(scene::running());
    }
    scene.wake(0, true);
    assert_eq!((scene.running.len(), scene.starting.len()), (20, 1));
}

/// A burst leaves a watcher behind; a job that comes when the others rest does not wait for its tick.
#[test]
fn a_lone_watcher_is_called() {
    let mut scene = Scene::new(8);
    for _ in 0..5 {
        scene.push();
    }
    scene.arrive(0);
    for _ in 0..3 {
        scene.finish(0);
    }
    scene.arrive(0);
    assert!(matches!(scene.waiting[..], [(_, true)]));
    scene.finish(0);
    scene.finish(0);
    assert_eq!(scene.waiting.len(), 2);
    scene.push();
    let called = scene.called().expect("someone comes");
    scene.wake(called, false);
    assert_eq!(scene.running.len(), 1);
}

/// Jobs wait for the threads there are, and the system is not asked for each job.
#[test]
fn refused_threads_strand_no_job() {
    let mut scene = Scene::new(8);
    scene.granted = 1;
    for _ in 0..100 {
        scene.push();
    }
    scene.arrive(0);
    for _ in 0..99 {
        scene.finish(0);
    }
    assert_eq!((scene.ran.len(), scene.rejected), (100, 0));
    assert!((1..4).contains(&scene.refusals), "{}", scene.refusals);

    scene.granted = 0;
    let mut scene = Scene {
        granted: 0,
        ..Scene::new(8)
    };
    scene.push();
    scene.push();
    assert_eq!(
        (scene.rejected, scene.threads()),
        (2, 0),
        "nobody would ever take them"
    );
    scene.granted = 8;
    scene.push();
    scene.arrive(0);
    assert_eq!(
        scene.ran,
        [(Priority::Normal, 2)],
        "and the next is tried afresh"
    );
}

#[test]
fn idle_threads_leave_the_longest_idle_first() {
    let mut scene = Scene::new(3);
    for _ in 0..3 {
        scene.push();
    }
    while !scene.starting.is_empty() {
        scene.arrive(0);
    }
    for _ in 0..3 {
        scene.finish(0);
    }
    assert_eq!(scene.state.threads(), (3, 3));
    scene.wake(0, false);
    assert_eq!(
        scene.state.threads(),
        (3, 3),
        "only a notification: it rests on"
    );
    while !scene.waiting.is_empty() {
        scene.wake(0, true);
    }
    assert_eq!(scene.state.threads(), (0, 0));
    scene.push();
    assert_eq!(scene.starting, [0], "numbers are used again");
}

/// Jobs that block and that nobody waits for take a quarter of the threads, and no more are called.
#[test]
fn threads_are_kept_for_the_urgent() {
    let mut scene = Scene::new(8);
    for _ in 0..20 {
        scene.push_with(Priority::Background);
    }
    while !scene.starting.is_empty() {
        scene.arrive(0);
    }
    assert_eq!((scene.running.len(), scene.threads()), (2, 2));
    scene.push_with(Priority::Critical);
    scene.arrive(0);
    assert_eq!(scene.ran.last(), Some(&(Priority::Critical, 20)));
    // The urgent one ends: its thread has nothing to do. A background one ends: its thread goes on.
    scene.finish(2);
    assert_eq!((scene.running.len(), scene.waiting.len()), (2, 1));
    scene.finish(0);
    assert_eq!((scene.running.len(), scene.waiting.len()), (2, 1));
    assert_eq!(scene.ran.last(), Some(&(Priority::Background, 2)));
}

/// The share of a class is one of the threads that the system grants, and follows them up again.
#[test]
fn a_refusing_system_is_asked_again_for_background_jobs() {
    let mut scene = Scene::new(8);
    scene.granted = 1;
    scene.push();
    scene.push();
    scene.arrive(0);
    scene.finish(0);
    scene.finish(0);
    assert_eq!((scene.threads(), scene.refusals), (1, 1));
    scene.granted = 8;
    for _ in 0..300 {
        scene.push_with(Priority::Background);
        if let Some(called) = scene.called() {
            scene.wake(called, false);
        }
        if !scene.starting.is_empty() {
            scene.arrive(0);
        }
    }
    assert_eq!(scene.running.len(), 2);
}
