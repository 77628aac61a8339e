//! All samples of one contestant in one row.

use super::observed::Observed;
use super::row::Row;
use super::work::Speed;
use crate::sample::quantile;
use crate::{Result, child};

/// All samples of one contestant in one row.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The row's name.
    pub row: &'static str,
    /// The contestant's name.
    pub contestant: &'static str,
    /// One for each round that did not fail.
    pub samples: Vec<Observed>,
    /// What went wrong in the other rounds.
    pub failures: Vec<String>,
    /// Cores that other processes used, in each round.
    pub others: Vec<f64>,
}

impl Cell {
    /// Without samples.
    pub fn new(row: &'static str, contestant: &'static str) -> Self {
        Self {
            row,
            contestant,
            samples: vec![],
            failures: vec![],
            others: vec![],
        }
    }

    /// Takes one more sample, in a process of its own.
    pub fn sample(&mut self, row: &Row, speed: Speed) {
        let once = || -> Result<_> {
            let steps = speed.steps_per_us.to_string();
            let output = child::output(&["sample", row.name, self.contestant, &steps])?;
            Ok((Observed::from_line(&output.text)?, output.others))
        };
        match once() {
            Ok((observed, others)) => {
                self.samples.push(observed);
                self.others.extend(others);
            }
            Err(error) => self.failures.push(error.to_string()),
        }
    }

    /// The values of a series, of all rounds together.
    pub fn pooled(&self, series: &str) -> Vec<f64> {
        let series = self.samples.iter().filter_map(|it| it.series.get(series));
        series.flatten().copied().collect()
    }

    /// The value below which the share `q` of the pooled values lies.
    pub fn quantile(&self, series: &str, q: f64) -> Option<f64> {
        let mut values = self.pooled(series);
        (!values.is_empty()).then(|| quantile(&mut values, q))
    }

    /// The mean of a figure over the rounds.
    pub fn mean(&self, figure: &str) -> Option<f64> {
        mean(self.samples.iter().filter_map(|it| it.figures.get(figure)))
    }

    /// The sum of a figure over the rounds.
    pub fn sum(&self, figure: &str) -> f64 {
        let figures = self.samples.iter().filter_map(|it| it.figures.get(figure));
        figures.sum()
    }

    /// Cores that other processes used, on average.
    pub fn others(&self) -> Option<f64> {
        mean(self.others.iter())
    }
}

fn mean<'a>(values: impl Iterator<Item = &'a f64> + Clone) -> Option<f64> {
    let count = values.clone().count();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_what_the_rounds_saw() {
        let sample = |kept, echo: &[f64]| {
            Observed::default()
                .figure("kept", kept)
                .series("echo", echo.to_vec())
        };
        let mut cell = Cell::new("a", "floor");
        assert_eq!(
            (cell.quantile("echo", 0.5), cell.mean("kept")),
            (None, None)
        );
        cell.samples = vec![sample(0.5, &[1.0, 5.0]), sample(0.7, &[3.0])];
        assert_eq!(cell.quantile("echo", 0.5), Some(3.0));
        assert_eq!(cell.quantile("echo", 1.0), Some(5.0));
        assert_eq!(cell.mean("kept"), Some(0.6));
        assert_eq!(cell.quantile("timer", 0.5), None);
    }
}
