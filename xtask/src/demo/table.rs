//! What came of it, as a table.

use serde_json::Value;

use crate::Result;

/// What came of one way to run tasks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) title: &'static str,
    /// Shares of the requests, and the nanoseconds within which they were answered.
    pub(super) quantiles: Vec<(f64, f64)>,
    requests_per_second: f64,
    /// p50, p99, p99.9, max, in nanoseconds.
    latencies: [f64; 4],
    /// How much of their work the background jobs kept on doing.
    kept: f64,
}

impl Outcome {
    /// From the result of the load generator.
    pub(super) fn new(title: &'static str, json: &str, kept: f64) -> Result<Self> {
        let json: Value = serde_json::from_str(json)?;
        let number = |name: &str| {
            json[name]
                .as_f64()
                .ok_or(format!("no {name} in the result"))
        };
        let pair = |pair: &Value| Some((pair[0].as_f64()?, pair[1].as_f64()?));
        let quantiles = json["quantiles"].as_array();
        let quantiles = quantiles.and_then(|all| all.iter().map(pair).collect());
        Ok(Self {
            title,
            quantiles: quantiles.ok_or("no quantiles in the result")?,
            requests_per_second: number("requests")? / number("seconds")?,
            latencies: [
                number("p50")?,
                number("p99")?,
                number("p999")?,
                number("max")?,
            ],
            kept,
        })
    }
}

/// The table, as Markdown.
pub(super) fn of(outcomes: &[Outcome]) -> String {
    let mut lines = vec![
        [
            "",
            "requests/s",
            "p50",
            "p99",
            "p99.9",
            "max",
            "background kept",
        ]
        .map(str::to_string),
    ];
    for outcome in outcomes {
        let [p50, p99, p999, max] = outcome.latencies.map(shown);
        let rate = format!("{:.0}", outcome.requests_per_second);
        let kept = format!("{:.0} %", 100.0 * outcome.kept);
        lines.push([outcome.title.to_string(), rate, p50, p99, p999, max, kept]);
    }
    let width = |column: usize| lines.iter().map(|it| it[column].chars().count()).max();
    let widths: [usize; 7] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut table = String::new();
    for (at, line) in lines.iter().enumerate() {
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            table += &match column {
                0 => format!("| {cell:<width$} |"),
                _ => format!(" {cell:>width$} |"),
            };
        }
        table += "\n";
        if at == 0 {
            table += &format!("|---{}\n", "|--:".repeat(6) + "|");
        }
    }
    table
}

fn shown(nanos: f64) -> String {
    match nanos {
        1e9.. => format!("{:.2} s", nanos / 1e9),
        1e7.. => format!("{:.0} ms", nanos / 1e6),
        1e6.. => format!("{:.1} ms", nanos / 1e6),
        _ => format!("{:.0} µs", nanos / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_becomes_a_line() {
        let json = r#"{"requests": 5000, "seconds": 10.0, "p50": 120000, "p99": 1500000,
            "p999": 25000000, "max": 1100000000, "quantiles": [[0.0, 90000], [1.0, 1100000000]]}"#;
        let outcome = Outcome::new("two lanes", json, 0.914).unwrap();
        assert_eq!(outcome.quantiles, [(0.0, 90_000.0), (1.0, 1.1e9)]);
        let table = of(&[outcome]);
        let expected =
            "| two lanes |        500 | 120 µs | 1.5 ms | 25 ms | 1.10 s |            91 % |";
        assert_eq!(table.lines().last(), Some(expected));
        assert!(Outcome::new("two lanes", "{}", 1.0).is_err());
    }
}
