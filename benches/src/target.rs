//! What laneway must reach, and whether it did.

use crate::instructions::FIGURE;
use crate::report::Outcome;
use crate::rounds::Series;
use crate::text::number;

/// What one of laneway's runtimes must reach in one workload.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    workload: &'static str,
    contestant: &'static str,
    /// Another figure than the workload's primary one.
    figure: Option<&'static str>,
    limit: Limit,
    /// Whether it is only aimed at.
    is_aim: bool,
}

#[derive(Debug, Clone, Copy)]
enum Limit {
    /// At most so many times what another contestant came to in the same run.
    Times(f64, &'static str),
    /// At most so much.
    Most(f64),
}

impl Target {
    const fn of(self, figure: &'static str) -> Self {
        Self {
            figure: Some(figure),
            ..self
        }
    }

    const fn aim(self) -> Self {
        Self {
            is_aim: true,
            ..self
        }
    }
}

const fn times(
    workload: &'static str,
    contestant: &'static str,
    ratio: f64,
    of: &'static str,
) -> Target {
    Target {
        workload,
        contestant,
        figure: None,
        limit: Limit::Times(ratio, of),
        is_aim: false,
    }
}

const fn most(workload: &'static str, contestant: &'static str, value: f64) -> Target {
    Target {
        limit: Limit::Most(value),
        ..times(workload, contestant, 1.0, "")
    }
}

const MT: &str = "laneway_mt";
const ST: &str = "laneway_st";

/// All there are.
const TARGETS: &[Target] = &[
    times("spawn_join", MT, 0.4, "tokio_mt"),
    times("spawn_join", MT, 1.0, "smol_mt"),
    times("spawn_join", ST, 0.25, "tokio_st"),
    times("spawn_join", ST, 1.0, "monoio_st").aim(),
    times("spawn_outside", MT, 0.4, "tokio_mt"),
    times("spawn_outside", ST, 0.4, "tokio_st"),
    times("chained", MT, 0.45, "tokio_mt"),
    times("chained", ST, 0.45, "tokio_st"),
    times("fib", MT, 0.45, "tokio_mt"),
    times("fib", ST, 0.45, "tokio_st"),
    times("yield", MT, 0.8, "tokio_mt"),
    times("yield", ST, 0.6, "tokio_st"),
    times("yield", ST, 1.0, "monoio_st").aim(),
    times("ping_pong_1", MT, 0.7, "tokio_mt"),
    times("ping_pong_1", ST, 0.7, "tokio_st"),
    times("ping_pong_1000", MT, 0.7, "tokio_mt"),
    times("ping_pong_1000", ST, 0.7, "tokio_st"),
    times("wake_latency", MT, 0.6, "tokio_mt"),
    times("wake_latency", ST, 1.0, "tokio_st"),
    times("timer_create", MT, 0.5, "tokio_mt"),
    times("timer_create", ST, 0.5, "tokio_st"),
    most("timer_create", MT, 64.0).of("bytes_op"),
    most("timer_create", ST, 64.0).of("bytes_op"),
    times("timer_churn", MT, 0.5, "tokio_mt"),
    times("timer_churn", ST, 0.5, "tokio_st"),
    most("timer_lateness", MT, 60_000.0),
    times("timer_lateness", MT, 1.0, "tokio_mt").of("cpu_ns_op"),
    most("timer_lateness", ST, 60_000.0),
    times("timer_lateness", ST, 1.0, "tokio_st").of("cpu_ns_op"),
    times("interval", MT, 2.0, "floor_st"),
    most("interval", MT, 60_000.0).of("p50_ns"),
    times("interval", ST, 2.0, "floor_st"),
    most("interval", ST, 60_000.0).of("p50_ns"),
    times("echo", MT, 0.95, "tokio_mt"),
    times("echo", MT, 1.0, "tokio_mt").of("p99_ns"),
    times("echo", ST, 1.12, "floor_st"),
    times("echo", ST, 1.0, "tokio_st").of("p99_ns"),
    times("echo_16k", MT, 1.0, "tokio_mt"),
    times("echo_16k", ST, 1.12, "floor_st"),
    times("echo_16k", ST, 1.0, "tokio_st"),
    times("echo_1", MT, 1.0, "tokio_mt"),
    times("echo_1", ST, 1.12, "floor_st"),
    times("echo_1", ST, 1.0, "tokio_st"),
    times("blocking", MT, 0.2, "tokio_mt"),
    most("blocking", MT, 4.0).of("threads"),
    times("blocking", ST, 0.2, "tokio_st"),
    most("blocking", ST, 4.0).of("threads"),
    times("blocking_idle", MT, 0.8, "tokio_mt"),
    times("blocking_idle", ST, 0.8, "tokio_st"),
    // 1.1 times as many requests in a second of CPU time.
    times("hyper", MT, 1.0 / 1.1, "tokio_mt"),
    times("hyper", ST, 1.0 / 1.1, "tokio_st"),
    most("task_bytes", MT, 96.0),
    most("task_bytes", ST, 96.0),
    times("spawn_join", MT, 0.45, "tokio_mt").of(FIGURE),
    times("spawn_join", ST, 1.1, "monoio_st").of(FIGURE),
    times("chained", MT, 0.45, "tokio_mt").of(FIGURE),
    times("chained", ST, 1.1, "monoio_st").of(FIGURE),
    times("yield", MT, 0.6, "tokio_mt").of(FIGURE),
    times("yield", ST, 1.1, "monoio_st").of(FIGURE),
];

/// What came of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What was wanted, in words.
    pub wanted: String,
    /// The value that the limit is about: a ratio, or the figure itself. None if something was not
    /// measured.
    pub got: Option<f64>,
    /// What it must not exceed.
    pub limit: f64,
    /// Whether it is only aimed at.
    pub is_aim: bool,
}

impl Judged {
    /// Whether the target is missed.
    pub fn is_behind(&self) -> bool {
        self.got.is_some_and(|got| got > self.limit)
    }

    /// In a table's cell.
    pub fn shown(&self) -> String {
        let verdict = match (self.got, self.is_behind(), self.is_aim) {
            (None, ..) => "not measured",
            (_, false, _) => "ok",
            (_, true, false) => "BEHIND",
            (_, true, true) => "behind (an aim)",
        };
        let got = self.got.map_or(String::new(), |got| number(got) + " ");
        format!("{}: {got}{verdict}", self.wanted)
    }
}

/// What came of the targets of one series. Those of instructions are for who counts them.
pub fn judge(outcome: &Outcome, series: &Series) -> Vec<Judged> {
    let counts = |figure: Option<&str>| figure == Some(FIGURE);
    let is_own = |it: &&Target| {
        it.workload == outcome.workload.name
            && it.contestant == series.contestant
            && counts(it.figure) == counts(Some(outcome.figure))
    };
    let judged = |target: &Target| {
        let figure = target.figure.unwrap_or(outcome.figure);
        let median = |series: &Series| Some(series.spread(figure)?.median);
        let what = match target.figure {
            Some(name) if name != outcome.figure => format!("{name} "),
            _ => String::new(),
        };
        let (limit, wanted, got) = match target.limit {
            Limit::Most(limit) => (limit, format!("{what}≤{}", number(limit)), median(series)),
            Limit::Times(limit, other) => {
                let mut all = outcome.all.iter();
                let other_median = all.find(|it| it.contestant == other).and_then(median);
                let ratio = median(series).zip(other_median).map(|(own, of)| own / of);
                (limit, format!("{what}≤{limit:.2} {other}"), ratio)
            }
        };
        Judged {
            wanted,
            got,
            limit,
            is_aim: target.is_aim,
        }
    };
    TARGETS.iter().filter(is_own).map(judged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Run;
    use crate::contestant::CONTESTANTS;
    use crate::sample::Sample;
    use crate::workload;

    fn series(contestant: &'static str, ns: f64) -> Series {
        let sample = Sample::default().with("ns_op", ns);
        let run = Run {
            sample,
            others: None,
        };
        Series {
            contestant,
            cannot: None,
            runs: vec![run],
            failures: vec![],
        }
    }

    fn outcome(figure: &'static str, all: Vec<Series>) -> Outcome {
        Outcome {
            workload: workload::find("spawn_join").unwrap(),
            figure,
            size: 1,
            all,
        }
    }

    #[test]
    fn behind_and_not() {
        let both = |ns| outcome("ns_op", vec![series(MT, ns), series("tokio_mt", 100.0)]);
        let shown = |it: &Outcome| -> Vec<String> {
            let judged = judge(it, &it.all[0]);
            judged.iter().map(Judged::shown).collect()
        };
        let expected = ["≤0.40 tokio_mt: 0.50 BEHIND", "≤1.00 smol_mt: not measured"];
        assert_eq!(shown(&both(50.0)), expected);
        assert_eq!(shown(&both(40.0))[0], "≤0.40 tokio_mt: 0.40 ok");
        assert!(judge(&both(40.0), &both(40.0).all[1]).is_empty());
    }

    #[test]
    fn instructions_have_their_own() {
        let it = outcome(FIGURE, vec![series(MT, 1.0)]);
        let judged = judge(&it, &it.all[0]);
        let shown: Vec<String> = judged.iter().map(Judged::shown).collect();
        assert_eq!(shown, ["≤0.45 tokio_mt: not measured"]);
    }

    #[test]
    fn targets_name_what_there_is() {
        for target in TARGETS {
            assert!(workload::find(target.workload).is_some(), "{target:?}");
            assert!(CONTESTANTS.contains(&target.contestant), "{target:?}");
            if let Limit::Times(_, other) = target.limit {
                assert!(CONTESTANTS.contains(&other), "{target:?}");
            }
        }
    }
}
