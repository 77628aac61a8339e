//! All samples of one workload: rounds in which each runtime has its turn.

use crate::Result;
use crate::child::Run;
use crate::contestant::{self, Part};
use crate::workload::Workload;

/// Who is asked to take part.
#[derive(Debug, Clone)]
pub struct Contestant {
    /// The name.
    pub name: &'static str,
    /// Why it does not run on this machine.
    pub cannot: Option<String>,
}

/// What one contestant came to.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub contestant: &'static str,
    /// Why it did not take part.
    pub cannot: Option<String>,
    /// One for each round that did not fail.
    pub runs: Vec<Run>,
    /// What went wrong in the other rounds.
    pub failures: Vec<String>,
}

impl Series {
    fn new(workload: &Workload, contestant: &Contestant) -> Option<Self> {
        let cannot = match contestant::part(workload, contestant.name) {
            Part::None => return None,
            Part::Takes => contestant.cannot.clone(),
            Part::Cannot(why) => Some(why.to_string()),
        };
        Some(Self {
            contestant: contestant.name,
            cannot,
            runs: vec![],
            failures: vec![],
        })
    }

    /// Median, least and greatest of a figure; none if no sample has it.
    pub fn spread(&self, figure: &str) -> Option<Spread> {
        Spread::of(self.runs.iter().filter_map(|run| run.sample.get(figure)))
    }

    /// The same of the cores that other processes used.
    pub fn others(&self) -> Option<Spread> {
        Spread::of(self.runs.iter().filter_map(|run| run.others))
    }
}

/// Where values lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// As many are less as are greater.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self {
            median: f64::midpoint(low, high),
            min,
            max,
        })
    }
}

/// Takes so many samples of each contestant, in turns: what disturbs the machine for a while disturbs
/// all of them. Who cannot is told, who has no part in it is left out.
pub fn run(
    workload: &Workload,
    contestants: &[Contestant],
    rounds: usize,
    mut sample: impl FnMut(&str) -> Result<Run>,
) -> Vec<Series> {
    let mut all: Vec<Series> = contestants
        .iter()
        .filter_map(|it| Series::new(workload, it))
        .collect();
    for _ in 0..rounds {
        for series in all.iter_mut().filter(|it| it.cannot.is_none()) {
            match sample(series.contestant) {
                Ok(run) => series.runs.push(run),
                Err(error) => series.failures.push(error.to_string()),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads() {
        let of = |values: &[f64]| Spread::of(values.iter().copied()).map(|it| it.median);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(of(&[4.0, 1.0]), Some(2.5));
    }
}
