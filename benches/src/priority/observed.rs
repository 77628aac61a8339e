//! What one sample came to: figures, and series of values of which percentiles are taken later, over
//! all rounds together.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::Result;

/// Named figures and series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// One value each.
    pub figures: BTreeMap<String, f64>,
    /// Many values each.
    pub series: BTreeMap<String, Vec<f64>>,
}

impl Observed {
    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, name: &str, value: f64) -> Self {
        self.figures.insert(name.to_string(), value);
        self
    }

    /// Adds a series.
    #[must_use]
    pub fn series(mut self, name: &str, values: Vec<f64>) -> Self {
        self.series.insert(name.to_string(), values);
        self
    }

    /// One line, to print.
    pub fn to_line(&self) -> String {
        json!({"figures": self.figures, "series": self.series}).to_string()
    }

    /// Reads what [`to_line`](Self::to_line) wrote.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn from_line(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line)?;
        let part = |name: &str| value[name].as_object().cloned().ok_or("parts are missing");
        let figures = entries(part("figures")?, |value| value.as_f64())?;
        let series = entries(part("series")?, |values| {
            values.as_array()?.iter().map(Value::as_f64).collect()
        })?;
        Ok(Self { figures, series })
    }
}

fn entries<T>(
    map: Map<String, Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<BTreeMap<String, T>> {
    let entry = |(name, value): (String, Value)| Some((name, read(&value)?));
    let entries: Option<_> = map.into_iter().map(entry).collect();
    Ok(entries.ok_or("something else than numbers")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let observed = Observed::default()
            .figure("kept", 0.92)
            .series("echo", vec![1.0, 2.5])
            .series("timer", vec![]);
        assert_eq!(Observed::from_line(&observed.to_line()).unwrap(), observed);
        assert!(Observed::from_line("panicked").is_err());
    }
}
