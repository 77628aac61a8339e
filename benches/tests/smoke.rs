//! Every contestant does a hundredth of every workload once: each ends, and has its figures. Workloads
//! check themselves that their work was done.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use laneway_benches::contestant::{self, CONTESTANTS, Part};
use laneway_benches::sample::Sample;
use laneway_benches::workload::{WORKLOADS, Workload};

/// Most samples sleep more than they work.
const AT_ONCE: usize = 8;

/// What a sample says that would not be one, where much else is going on.
const REFUSED: &str = "the machine is too slow";

#[test]
fn every_sample_runs() {
    let contestants = CONTESTANTS
        .iter()
        .filter(|it| contestant::probe(it).is_ok());
    let all = contestants.flat_map(|who| WORKLOADS.iter().map(move |workload| (workload, *who)));
    let left: VecDeque<_> = all
        .filter(|(workload, who)| contestant::part(workload, who) == Part::Takes)
        .collect();
    assert!(left.len() > 100);
    let left = Mutex::new(left);
    let failed = Mutex::new(Vec::new());
    let next = || left.lock().unwrap().pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((workload, who)) = next() {
                    if let Err(error) = sample(workload, who) {
                        let failure = format!("{}, {who}: {error}", workload.name);
                        failed.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn sample(workload: &Workload, who: &str) -> Result<(), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["sample", workload.name, who, "--quick"])
        .output()
        .map_err(|error| error.to_string())?;
    let (text, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let sample = Sample::from_lines(&text).filter(|_| output.status.success());
    let figure = sample.and_then(|sample| sample.get(workload.primary));
    match figure {
        Some(value) if value > 0.0 => Ok(()),
        _ if errors.contains(REFUSED) => Ok(()),
        _ => Err(format!("{} {text} {errors}", output.status)),
    }
}
