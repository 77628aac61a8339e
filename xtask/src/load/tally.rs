//! What is counted while the load runs.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::plan::Kind;

/// Latencies are kept in nanoseconds, up to this, with three digits.
const MAX_LATENCY: u64 = 200_000_000_000;

#[derive(Debug)]
pub(super) struct Tally {
    pub(super) kinds: [Histogram<u64>; 4],
    /// Requests that were due and could not even be asked: how long they had waited in the end.
    pub(super) overdue: Histogram<u64>,
    /// By what went wrong.
    pub(super) wrong: BTreeMap<String, u64>,
    streamed: u64,
    /// What the last line of progress counted.
    shown: (Duration, u64, u64),
}

impl Tally {
    pub(super) fn new() -> Self {
        let new = || Histogram::new_with_bounds(1, MAX_LATENCY, 3);
        let histogram = || new().expect("bounds are those of the docs");
        Self {
            kinds: Kind::ALL.map(|_| histogram()),
            overdue: histogram(),
            wrong: BTreeMap::new(),
            streamed: 0,
            shown: (Duration::ZERO, 0, 0),
        }
    }

    pub(super) fn answer(&mut self, kind: Kind, latency: Duration, body_bytes: u64) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(MAX_LATENCY);
        self.kinds[kind as usize].saturating_record(nanos);
        if kind == Kind::Stream {
            self.streamed += body_bytes;
        }
    }

    pub(super) fn overdue(&mut self, late: Duration) {
        let nanos = u64::try_from(late.as_nanos()).unwrap_or(MAX_LATENCY);
        self.overdue.saturating_record(nanos);
    }

    pub(super) fn error(&mut self, what: String) {
        *self.wrong.entry(what).or_default() += 1;
    }

    pub(super) fn requests(&self) -> u64 {
        self.kinds.iter().map(Histogram::len).sum()
    }

    pub(super) fn errors(&self) -> u64 {
        self.wrong.values().sum()
    }

    pub(super) fn streamed(&self) -> u64 {
        self.streamed
    }

    pub(super) fn show_progress(&mut self, elapsed: Duration) {
        let (requests, streamed) = (self.requests(), self.streamed());
        let since = (elapsed - self.shown.0).as_secs_f64();
        let rate = (requests - self.shown.1) as f64 / since;
        let mib = (streamed - self.shown.2) as f64 / since / f64::from(1 << 20);
        let seconds = elapsed.as_secs_f64();
        let errors = self.errors();
        eprintln!(
            "{seconds:5.1} s  {requests:>8} requests  {rate:>8.0}/s  streaming {mib:>6.0} MiB/s  \
             {errors} errors"
        );
        self.shown = (elapsed, requests, streamed);
    }
}
