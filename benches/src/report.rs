//! Tables for people, JSON for machines.

use serde_json::{Value, json};

use crate::contestant::family;
use crate::rounds::{Series, Spread};
use crate::runtime::WORKERS;
use crate::target::{self, Judged};
use crate::text::{aligned, number};
use crate::workload::Workload;

/// What everything is compared with.
pub const REFERENCE: &str = "tokio";

/// What the work itself costs.
pub const FLOOR: &str = "floor";

/// Above so many cores of other processes wall times say little.
const NOISE: f64 = 0.1;

/// The versions that are compared.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The packages whose versions are told.
const PACKAGES: [&str; 9] = [
    "laneway",
    "tokio",
    "async-executor",
    "async-io",
    "blocking",
    "monoio",
    "glommio",
    "hyper",
    "rayon",
];

/// What one workload came to.
#[derive(Debug)]
pub struct Outcome {
    /// The workload.
    pub workload: &'static Workload,
    /// What is compared.
    pub figure: &'static str,
    /// How much each sample did.
    pub size: usize,
    /// One for each contestant.
    pub all: Vec<Series>,
}

impl Outcome {
    /// The table.
    pub fn table(&self) -> String {
        let (name, about, figure) = (self.workload.name, self.workload.about, self.figure);
        let header = [
            "",
            "median",
            "[min..max]",
            "/tokio",
            "/floor",
            "-floor",
            "others",
            "also",
            "target",
        ];
        let mut lines = vec![header.map(str::to_string)];
        lines.extend(self.all.iter().flat_map(|it| self.lines(it)));
        let table = aligned(&lines);
        format!("\n{name}, size {}: {about}; {figure}\n{table}", self.size)
    }

    /// The median over that of the contestant of another family.
    pub fn ratio(&self, series: &Series, of: &str) -> Option<f64> {
        Some(series.spread(self.figure)?.median / self.compared(series, of)?)
    }

    /// The median of the contestant of a family with as many threads; the floor's may be the other one.
    fn compared(&self, series: &Series, of: &str) -> Option<f64> {
        let (_, threads) = family(series.contestant);
        let candidates = || self.all.iter().filter(|it| family(it.contestant).0 == of);
        let same = candidates().find(|it| family(it.contestant).1 == threads);
        let other = same.or_else(|| candidates().next().filter(|_| of == FLOOR));
        Some(other?.spread(self.figure)?.median)
    }

    /// What came of all targets, and whose they are.
    pub fn judged(&self) -> impl Iterator<Item = (&'static str, Judged)> {
        self.all.iter().flat_map(|series| {
            let judged = target::judge(self, series);
            judged.into_iter().map(|it| (series.contestant, it))
        })
    }

    /// A line for each contestant, and one for what went wrong.
    fn lines(&self, series: &Series) -> Vec<[String; 9]> {
        let mut lines = Vec::new();
        let name = series.contestant.to_string();
        let remark = |text: String| {
            let mut line: [String; 9] = Default::default();
            (line[0], line[1]) = (name.clone(), text);
            line
        };
        if let Some(spread) = series.spread(self.figure) {
            let or_none =
                |ratio: Option<f64>| ratio.map_or("-".to_string(), |it| format!("{it:.2}"));
            let judged = target::judge(self, series);
            let shown: Vec<String> = judged.iter().map(Judged::shown).collect();
            let floor = self.compared(series, FLOOR);
            lines.push([
                name.clone(),
                number(spread.median),
                format!("[{}..{}]", number(spread.min), number(spread.max)),
                or_none(self.ratio(series, REFERENCE)),
                or_none(self.ratio(series, FLOOR)),
                floor.map_or("-".to_string(), |it| number(spread.median - it)),
                or_none(series.others().map(|it| it.median)),
                self.also(series),
                shown.join("; "),
            ]);
        }
        if let Some(why) = &series.cannot {
            lines.push(remark(format!("cannot: {why}")));
        }
        if let Some(failure) = series.failures.first() {
            let (count, rounds) = (
                series.failures.len(),
                series.failures.len() + series.runs.len(),
            );
            lines.push(remark(format!(
                "{count} of {rounds} FAILED, first: {failure}"
            )));
        }
        lines
    }

    /// The medians of the other figures.
    fn also(&self, series: &Series) -> String {
        let Some(first) = series.runs.first() else {
            return String::new();
        };
        let names = first.sample.figures().map(|(name, _)| name);
        let others = names.filter(|name| *name != self.figure);
        let figure = |name| Some((name, series.spread(name)?));
        let figures: Vec<String> = others
            .filter_map(figure)
            .map(|(name, Spread { median, .. })| format!("{name}={}", number(median)))
            .collect();
        figures.join(" ")
    }

    fn json(&self) -> Value {
        let sample = |run: &crate::child::Run| {
            let figures = run.sample.figures();
            let figures = figures.map(|(name, value)| (name.to_string(), json!(value)));
            let others = ("others".to_string(), json!(run.others));
            Value::Object(figures.chain([others]).collect())
        };
        let series = |series: &Series| {
            json!({
                "contestant": series.contestant,
                "cannot": series.cannot,
                "samples": series.runs.iter().map(sample).collect::<Vec<_>>(),
                "failures": series.failures,
            })
        };
        let target = |(contestant, judged): (&str, Judged)| {
            json!({
                "contestant": contestant,
                "wanted": judged.wanted,
                "got": judged.got,
                "limit": judged.limit,
                "is_aim": judged.is_aim,
                "is_behind": judged.is_behind(),
            })
        };
        json!({
            "name": self.workload.name,
            "figure": self.figure,
            "size": self.size,
            "contestants": self.all.iter().map(series).collect::<Vec<_>>(),
            "targets": self.judged().map(target).collect::<Vec<_>>(),
        })
    }
}

/// How many targets were missed, and whether the machine was quiet.
pub fn summary(outcomes: &[Outcome]) -> String {
    let judged = || outcomes.iter().flat_map(Outcome::judged).map(|(_, it)| it);
    let count = |has: fn(&Judged) -> bool| judged().filter(has).count();
    let measured = count(|it| it.got.is_some() && !it.is_aim);
    let behind = count(|it| it.is_behind() && !it.is_aim);
    let mut text = format!("\n{behind} of {measured} targets BEHIND");
    for outcome in outcomes {
        for (contestant, judged) in outcome.judged().filter(|(_, it)| it.is_behind()) {
            text += &format!(
                "\n  {} {contestant} {}",
                outcome.workload.name,
                judged.shown()
            );
        }
    }
    let series = outcomes.iter().flat_map(|it| &it.all);
    let others = series.filter_map(|it| Some(it.others()?.max));
    let most = others.fold(0.0, f64::max);
    if most > NOISE {
        text +=
            &format!("\nNOISY: other processes used up to {most:.1} cores; wall times say little");
    }
    text + "\n"
}

/// Everything, each sample by itself.
pub fn json(outcomes: &[Outcome]) -> Value {
    let versions = PACKAGES.map(|name| (name.to_string(), version(name).into()));
    json!({
        "versions": Value::Object(versions.into_iter().collect()),
        "workers": WORKERS,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "workloads": outcomes.iter().map(Outcome::json).collect::<Vec<_>>(),
    })
}

/// One line that says what is compared.
pub fn versions() -> String {
    PACKAGES
        .map(|name| format!("{name} {}", version(name)))
        .join(", ")
}

/// The version of a package in the lock file.
fn version(package: &str) -> &'static str {
    let name = format!("name = \"{package}\"\nversion = \"");
    let found = LOCK
        .split_once(&name)
        .and_then(|(_, rest)| rest.split_once('"'));
    found.map_or("?", |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Run;
    use crate::sample::Sample;
    use crate::workload;

    fn series(contestant: &'static str, ns: &[f64]) -> Series {
        let run = |ns: &f64| Run {
            sample: Sample::default().with("ns_op", *ns).with("cpu_ns_op", 1.0),
            others: Some(0.3),
        };
        Series {
            contestant,
            cannot: None,
            runs: ns.iter().map(run).collect(),
            failures: vec![],
        }
    }

    fn outcome() -> Outcome {
        let mut smol = series("smol_st", &[]);
        smol.cannot = Some("no".to_string());
        let mut monoio = series("monoio_st", &[]);
        monoio.failures.push("hangs".to_string());
        Outcome {
            workload: workload::find("chained").unwrap(),
            figure: "ns_op",
            size: 7,
            all: vec![
                series("floor_st", &[10.0]),
                series("tokio_st", &[100.0, 300.0, 200.0]),
                series("laneway_mt", &[100.0]),
                series("laneway_st", &[100.0]),
                smol,
                monoio,
            ],
        }
    }

    #[test]
    fn a_line_for_each() {
        let table = outcome().table();
        let lines: Vec<Vec<&str>> = table
            .lines()
            .skip(2)
            .map(|line| line.split("  ").filter(|it| !it.is_empty()).collect())
            .collect();
        let cells = |line: usize| lines[line].iter().map(|it| it.trim()).collect::<Vec<_>>();
        assert_eq!(
            cells(2),
            [
                "tokio_st",
                "200",
                "[100..300]",
                "1.00",
                "20.00",
                "190",
                "0.30",
                "cpu_ns_op=1.00"
            ]
        );
        let target = "≤0.45 tokio_st: 0.50 BEHIND";
        let own = [
            "laneway_st",
            "100",
            "[100..100]",
            "0.50",
            "10.00",
            "90.0",
            "0.30",
        ];
        assert_eq!(cells(4)[..7], own);
        assert_eq!(cells(4)[8], target);
        // No tokio with as many threads, but the floor that there is.
        assert_eq!(cells(3)[3..5], ["-", "10.00"]);
        assert_eq!(cells(5), ["smol_st", "cannot: no"]);
        assert_eq!(cells(6), ["monoio_st", "1 of 1 FAILED, first: hangs"]);
    }

    #[test]
    fn what_is_behind_is_summed_up() {
        let text = summary(&[outcome()]);
        assert!(text.contains("1 of 1 targets BEHIND\n  chained laneway_st ≤0.45"));
        assert!(text.contains("NOISY: other processes used up to 0.3 cores"));
    }

    #[test]
    fn versions_are_known() {
        assert!(PACKAGES.iter().all(|package| version(package) != "?"));
    }
}
