//! Long random walks, in which each step checks the invariants.

use laneway_loom::thread;
use laneway_scheduler::Priority;

use super::super::Step;
use super::scene::Scene;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

#[test]
fn random_walks_forget_no_job() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut scene = Scene::new(1 + random.below(5));
        if random.below(3) == 0 {
            scene.granted = random.below(4);
        }
        for _ in 0..300 {
            match random.below(12) {
                0..=3 => {
                    let class = Priority::ALL[random.below(4)];
                    scene.push_with(class);
                }
                4 | 5 if !scene.starting.is_empty() => {
                    let at = random.below(scene.starting.len());
                    match random.below(10) {
                        0 => scene.fail(at),
                        1 => scene.refuse(at),
                        _ => scene.arrive(at),
                    }
                }
                6..=8 if !scene.running.is_empty() => {
                    scene.finish(random.below(scene.running.len()));
                }
                9..=11 if !scene.waiting.is_empty() => {
                    let timed_out = random.below(2) == 0;
                    scene.wake(random.below(scene.waiting.len()), timed_out);
                }
                _ => {}
            }
        }
        // Now everybody does what is due, and nothing is left. Ticks come last: nobody needs more.
        loop {
            if !scene.starting.is_empty() {
                scene.arrive(0);
            } else if !scene.running.is_empty() {
                scene.finish(0);
            } else if let Some(at) = scene.called() {
                scene.wake(at, false);
            } else {
                break;
            }
        }
        assert_eq!(scene.state.queued(), 0, "seed {seed}");
        for class in Priority::ALL {
            let ran = scene.ran.iter().filter(|job| job.0 == class);
            assert!(ran.is_sorted(), "first come, first served");
        }
        assert_eq!(
            scene.ran.len() + scene.rejected,
            scene.pushed as usize,
            "seed {seed}"
        );
        if scene.granted == usize::MAX {
            assert!(scene.refusals == 0);
        }
    }
}

#[test]
fn random_ends_leave_nobody() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut scene = Scene::new(1 + random.below(5));
        for _ in 0..random.below(60) {
            match random.below(4) {
                0 | 1 => {
                    let class = Priority::ALL[random.below(4)];
                    scene.push_with(class);
                }
                2 if !scene.starting.is_empty() => scene.arrive(0),
                _ if !scene.running.is_empty() => scene.finish(0),
                _ => {}
            }
        }
        let cancelled = scene.state.close().count();
        scene.check_closed();
        assert_eq!(scene.ran.len() + cancelled, scene.pushed as usize);
        assert_eq!(
            scene
                .state
                .push((Priority::Normal, 7), Priority::Normal)
                .unwrap_err()
                .1,
            7
        );
        while scene.threads() > 0 {
            assert!(!scene.state.has_ended());
            let (starting, running) = (scene.starting.len(), scene.running.len());
            match random.below(scene.threads()) {
                n if n < starting => scene.leave_starting(n),
                n if n < starting + running => scene.leave_running(n - starting),
                n => scene.leave_waiting(n - starting - running),
            }
        }
        assert!(scene.state.has_ended());
        assert!(
            scene.state.close().next().is_none(),
            "closing twice is fine"
        );
        for handle in scene.state.take_handles() {
            handle.join().unwrap();
        }
    }
}

impl Scene {
    fn check_closed(&self) {
        assert!(self.state.queued() == 0 && self.state.is_closed);
    }

    fn leave_starting(&mut self, at: usize) {
        let index = self.starting.remove(at);
        if index % 3 == 2 {
            let missing = self.state.refused(index);
            assert_eq!(missing.stranded.len(), 0);
            return;
        }
        let step = self.state.arrived(index, thread::current().id());
        assert!(matches!(step, Step::Leave));
        assert!(!self.state.has_ended(), "its handle is not there yet");
        assert_eq!(self.started(index), self.threads() == 0);
    }

    fn leave_running(&mut self, at: usize) {
        let index = self.running.remove(at);
        assert!(matches!(self.state.finished(index), Step::Leave));
    }

    fn leave_waiting(&mut self, at: usize) {
        let (index, _) = self.waiting.remove(at);
        assert!(matches!(self.state.woken(index, false), Step::Leave));
    }
}
