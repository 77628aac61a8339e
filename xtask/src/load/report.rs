//! What came of the load.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

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
    connections: usize,
    kinds: [Histogram<u64>; 4],
    usage: Usage,
}

pub(super) fn new(tally: Tally, elapsed: Duration, options: &Options, usage: Usage) -> Report {
    Report {
        requests: tally.requests(),
        errors: tally.errors(),
        streamed: tally.streamed(),
        elapsed,
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
        let mut all = self.kinds[0].clone();
        for (kind, histogram) in Kind::ALL.into_iter().zip(&self.kinds) {
            row(f, kind.name(), histogram, seconds)?;
            if kind as usize > 0 {
                all += histogram;
            }
        }
        row(f, "all", &all, seconds)?;
        let mib = self.streamed as f64 / f64::from(1 << 20);
        writeln!(f)?;
        writeln!(f, "errors                {:>12}", self.errors)?;
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
