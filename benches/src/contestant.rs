//! Who takes part, by name: the runtimes, and the floor. `_mt` have several threads, `_st` one.

use crate::Result;
use crate::floor;
use crate::runtime::{
    GlommioSt, LanewayFifo, LanewayMt, LanewayPriorities, LanewaySt, MonoioSt, Runtime, SmolMt,
    SmolSt, TokioMt, TokioSt, WORKERS,
};
use crate::sample::Sample;
use crate::workload::{self, Effort, Workload};

/// All who are compared, in the order of a table.
pub const CONTESTANTS: [&str; 10] = [
    "floor_mt",
    "tokio_mt",
    "laneway_mt",
    "smol_mt",
    "floor_st",
    "tokio_st",
    "laneway_st",
    "smol_st",
    "monoio_st",
    "glommio_st",
];

/// Does something with the runtime of a name; none if it is no runtime's.
macro_rules! with_runtime {
    ($name:expr, $runtime:ident => $do:expr) => {
        with_runtime!($name, $runtime => $do;
            "laneway_mt" LanewayMt, "laneway_st" LanewaySt,
            // For their instructions only.
            "laneway_fifo" LanewayFifo, "laneway_priorities" LanewayPriorities,
            "tokio_mt" TokioMt, "tokio_st" TokioSt,
            "smol_mt" SmolMt, "smol_st" SmolSt,
            "monoio_st" MonoioSt, "glommio_st" GlommioSt)
    };
    ($name:expr, $runtime:ident => $do:expr; $($known:literal $type:ty),*) => {
        match $name {
            $($known => {
                type $runtime = $type;
                Some($do)
            })*
            _ => None,
        }
    };
}

/// Whether one takes part in a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It does.
    Takes,
    /// It cannot, and why.
    Cannot(&'static str),
    /// There is no such floor.
    None,
}

/// Whether `contestant` takes part in `workload`.
pub fn part(workload: &Workload, contestant: &str) -> Part {
    if let Some(threads) = floor_threads(contestant) {
        return match floor::find(workload.name, threads) {
            Some(_) => Part::Takes,
            None => Part::None,
        };
    }
    let cannot = with_runtime!(contestant, R => R::CANNOT).unwrap_or_default();
    let mut cannot = cannot.iter();
    match cannot.find(|(name, _)| *name == workload.name) {
        Some((_, why)) => Part::Cannot(why),
        None => Part::Takes,
    }
}

/// What to know of `contestant` on this machine.
///
/// # Errors
///
/// Why it does not run here.
pub fn probe(contestant: &str) -> Result<Option<&'static str>, String> {
    with_runtime!(contestant, R => R::probe()).unwrap_or(Ok(None))
}

/// Does a workload once, in this process.
///
/// # Errors
///
/// If there is no such contestant or workload, or it cannot be run.
pub fn sample(workload: &Workload, contestant: &str, effort: Effort) -> Result<Sample> {
    if let Part::Cannot(why) = part(workload, contestant) {
        return Err(format!("{contestant} cannot: {why}").into());
    }
    let floor = floor_threads(contestant).and_then(|it| floor::find(workload.name, it));
    if let Some(floor) = floor {
        return floor(effort);
    }
    with_runtime!(contestant, R => workload::sample_on::<R>(workload.name, effort))
        .unwrap_or_else(|| Err(format!("no {contestant} for {}", workload.name).into()))
}

/// The name without its threads, and these.
pub fn family(contestant: &str) -> (&str, &str) {
    contestant.split_once('_').unwrap_or((contestant, ""))
}

fn floor_threads(contestant: &str) -> Option<usize> {
    match contestant {
        "floor_mt" => Some(WORKERS),
        "floor_st" => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_take_part_where_there_are_some() {
        let workload = |name| workload::find(name).unwrap();
        assert_eq!(part(workload("yield"), "floor_mt"), Part::Takes);
        assert_eq!(part(workload("chained"), "floor_mt"), Part::None);
        assert_eq!(part(workload("chained"), "tokio_mt"), Part::Takes);
        let effort = Effort::quick(workload("chained"));
        assert!(sample(workload("chained"), "floor_mt", effort).is_err());
        assert!(sample(workload("chained"), "nobody", effort).is_err());
    }

    #[test]
    fn every_workload_has_a_floor_or_says_that_it_has_none() {
        let without: Vec<&str> = workload::WORKLOADS
            .iter()
            .map(|it| it.name)
            .filter(|it| floor::find(it, 1).or(floor::find(it, WORKERS)).is_none())
            .collect();
        assert_eq!(without, ["hyper"]);
    }
}
