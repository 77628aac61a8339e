//! What one run of a workload measured.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

/// Named figures, the first named by the workload as the one to compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample(Vec<(String, f64)>);

impl Sample {
    /// Adds a figure.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.0.push((name.to_string(), value));
        self
    }

    /// The figure of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        let mut figures = self.0.iter();
        figures.find(|(n, _)| n == name).map(|(_, value)| *value)
    }

    /// All, in the order they were added.
    pub fn figures(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// One line for each figure, to print.
    pub fn to_lines(&self) -> String {
        let lines = self.0.iter();
        lines
            .map(|(name, value)| format!("{name} {value}\n"))
            .collect()
    }

    /// Reads what [`to_lines`](Self::to_lines) wrote.
    pub fn from_lines(text: &str) -> Option<Self> {
        let figure = |line: &str| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_string(), value.parse().ok()?))
        };
        text.lines().map(figure).collect::<Option<_>>().map(Self)
    }
}

/// Wall time, and CPU time of the process.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    wall: Instant,
    cpu: ProcessTime,
}

impl Stopwatch {
    /// Begins.
    pub fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu: ProcessTime::now(),
        }
    }

    /// CPU time of the process since the start.
    pub fn cpu(&self) -> Duration {
        self.cpu.elapsed()
    }

    /// Nanoseconds of wall and CPU time for each of `operations`.
    pub fn per_op(&self, operations: usize) -> Sample {
        let (wall, cpu) = (self.wall.elapsed(), self.cpu());
        let each = |time: Duration| time.as_nanos() as f64 / operations as f64;
        Sample::default()
            .with("ns_op", each(wall))
            .with("cpu_ns_op", each(cpu))
    }
}

/// The value below which the share `q` of the values lies.
///
/// # Panics
///
/// If there are none.
pub fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * q).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_there_and_back() {
        let sample = Sample::default().with("ns_op", 1.25).with("early", 0.0);
        assert_eq!(
            Sample::from_lines(&sample.to_lines()).as_ref(),
            Some(&sample)
        );
        assert_eq!(sample.get("early"), Some(0.0));
        assert_eq!(Sample::from_lines("panicked at"), None);
    }

    #[test]
    fn quantiles() {
        let mut values = [5.0, 1.0, 3.0];
        assert_eq!(quantile(&mut values, 0.5), 3.0);
        assert_eq!(quantile(&mut values, 1.0), 5.0);
        assert_eq!(quantile(&mut [7.0], 0.99), 7.0);
    }
}
