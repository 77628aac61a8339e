//! What came of the load.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::iterators::IterationValue;
use serde_json::{Value, json};

use super::Options;
use super::plan::Kind;
use super::tally::Tally;
use super::usage::Usage;

/// What came of the load; its display is the table.
#[derive(Debug)]
pub struct Report {
    /// Good answers.
    pub requests: u64,
    /// Everything that went wrong, counted.
    pub errors: u64,
    /// What went wrong, and how often.
    pub wrong: Vec<(String, u64)>,
    /// Bytes of good answers to `/stream`.
    pub streamed: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Requests that were due and could not even be asked before the end.
    pub overdue: u64,
    connections: usize,
    kinds: [Histogram<u64>; 4],
    all: Histogram<u64>,
    usage: Usage,
}

impl Report {
    /// For a program to read: counts, and the latencies of all requests by percentile, in
    /// nanoseconds.
    pub fn to_json(&self) -> Value {
        let steps = self.all.iter_quantiles(STEPS);
        let quantile = |it: IterationValue<u64>| (it.quantile(), it.value_iterated_to());
        let quantiles: Vec<(f64, u64)> = steps.map(quantile).collect();
        json!({
            "requests": self.requests,
            "errors": self.errors,
            "overdue": self.overdue,
            "seconds": self.elapsed.as_secs_f64(),
            "p50": self.all.value_at_quantile(0.5),
            "p99": self.all.value_at_quantile(0.99),
            "p999": self.all.value_at_quantile(0.999),
            "max": self.all.max(),
            "quantiles": quantiles,
        })
    }
}

/// Points of the curve of percentiles for each time that what is left of the requests halves.
const STEPS: u32 = 10;

pub(super) fn new(tally: Tally, elapsed: Duration, options: &Options, usage: Usage) -> Report {
    let mut all = tally.overdue.clone();
    tally.kinds.iter().for_each(|kind| all += kind);
    Report {
        requests: tally.requests(),
        errors: tally.errors(),
        streamed: tally.streamed(),
        elapsed,
        overdue: tally.overdue.len(),
        all,
        connections: options.connections,
        wrong: tally.wrong.into_iter().collect(),
        kinds: tally.kinds,
        usage,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        writeln!(
            f,
            "{:<8}{:>10}{:>11}{:>11}{:>11}{:>11}{:>11}",
            "", "requests", "/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms"
        )?;
        for (kind, histogram) in Kind::ALL.into_iter().zip(&self.kinds) {
            row(f, kind.name(), histogram, seconds)?;
        }
        row(f, "all", &self.all, seconds)?;
        let mib = self.streamed as f64 / f64::from(1 << 20);
        writeln!(f)?;
        writeln!(f, "errors                {:>12}", self.errors)?;
        writeln!(f, "due and not asked     {:>12}", self.overdue)?;
        writeln!(f, "connections           {:>12}", self.connections)?;
        writeln!(f, "seconds               {seconds:>12.2}")?;
        writeln!(f, "streamed MiB          {mib:>12.0}")?;
        writeln!(f, "streamed MiB/s        {:>12.0}", mib / seconds)?;
        writeln!(f, "service CPU seconds   {:>12}", cpu(self.usage.service))?;
        writeln!(f, "client CPU seconds    {:>12}", cpu(self.usage.client))?;
        for (what, count) in &self.wrong {
            writeln!(f, "wrong: {what} ({count} times)")?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, of: &Histogram<u64>, seconds: f64) -> fmt::Result {
    let rate = of.len() as f64 / seconds;
    write!(f, "{name:<8}{:>10}{rate:>11.1}", of.len())?;
    let nanos = [
        of.value_at_quantile(0.5),
        of.value_at_quantile(0.99),
        of.value_at_quantile(0.999),
        of.max(),
    ];
    for nanos in nanos {
        write!(f, "{:>11.3}", nanos as f64 / 1e6)?;
    }
    writeln!(f)
}

fn cpu(seconds: Option<f64>) -> String {
    seconds.map_or("-".to_string(), |seconds| format!("{seconds:.2}"))
}
