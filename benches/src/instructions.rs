//! Instructions of laneway's operations against those in a table that is kept with the sources: the
//! guard against regressions, which noise does not touch.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::Result;
use crate::contestant::family;
use crate::report::Outcome;
use crate::text::{aligned, number};

/// The figure that is compared, and kept.
pub const FIGURE: &str = "instructions";

/// Whose counts are kept. The other contestants change with their versions, and are nobody's regression.
const GUARDED: &str = "laneway";

/// What a new table allows. Several threads do not meet in the same way each time; one counts the same.
const TOLERANCE: [(&str, f64); 2] = [("mt", 0.1), ("st", 0.02)];

/// The counts that are kept, by operation and contestant.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// By how much a count may differ, as a share of it: with several threads, and with one.
    tolerance: [(String, f64); 2],
    /// Operation, contestant, count.
    counts: Vec<(String, String, f64)>,
}

/// How one count compares with the one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Within the tolerance.
    None,
    /// More.
    Worse,
    /// Less: to be kept, or the guard lets it come back.
    Better,
    /// There is no such count in the table.
    New,
}

/// Where the table lies.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json")
}

impl Kept {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// If there is none, or it is no such table.
    pub fn read() -> Result<Self> {
        let path = path();
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}: see --bless", path.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(text)?;
        let tolerance = |threads: &str| -> Result<(String, f64)> {
            let of = json["tolerance"][threads].as_f64();
            Ok((threads.to_string(), of.ok_or("a tolerance is missing")?))
        };
        let tolerance = [tolerance("mt")?, tolerance("st")?];
        let operations = json[FIGURE].as_object().ok_or("there are no counts")?;
        let mut counts = Vec::new();
        for (operation, of) in operations {
            for (contestant, count) in of.as_object().ok_or("an operation has no counts")? {
                let count = count.as_f64().ok_or("a count is no number")?;
                counts.push((operation.clone(), contestant.clone(), count));
            }
        }
        Ok(Self { tolerance, counts })
    }

    /// Compares what was counted, and tells how much of it is worse or new.
    pub fn compare(&self, outcomes: &[Outcome]) -> (String, usize) {
        let header = ["operation", "", "kept", "counted", "change", ""];
        let mut lines = vec![header.map(str::to_string)];
        let mut bad = 0;
        for (operation, contestant, count) in counted(outcomes) {
            let kept = self.find(operation, contestant);
            let change = self.change(contestant, kept, count);
            bad += usize::from(matches!(change, Change::Worse | Change::New));
            lines.push([
                operation.to_string(),
                contestant.to_string(),
                kept.map_or("-".to_string(), number),
                number(count),
                kept.map_or("-".to_string(), |kept| {
                    format!("{:+.1} %", 100.0 * (count / kept - 1.0))
                }),
                match change {
                    Change::None => "ok",
                    Change::Worse => "WORSE",
                    Change::Better => "better: keep it with --bless",
                    Change::New => "NEW: keep it with --bless",
                }
                .to_string(),
            ]);
        }
        (aligned(&lines), bad)
    }

    fn find(&self, operation: &str, contestant: &str) -> Option<f64> {
        let mut counts = self.counts.iter();
        let found = counts.find(|(o, c, _)| o == operation && c == contestant);
        found.map(|(_, _, count)| *count)
    }

    fn change(&self, contestant: &str, kept: Option<f64>, count: f64) -> Change {
        let (_, threads) = family(contestant);
        let own = self.tolerance.iter().find(|(of, _)| of == threads);
        let tolerance = own.map_or(0.0, |(_, tolerance)| *tolerance);
        match kept {
            None => Change::New,
            Some(kept) if count > kept * (1.0 + tolerance) => Change::Worse,
            Some(kept) if count < kept * (1.0 - tolerance) => Change::Better,
            Some(_) => Change::None,
        }
    }
}

/// Keeps what was counted in place of what is kept.
///
/// # Errors
///
/// If the file cannot be written.
pub fn bless(outcomes: &[Outcome]) -> Result<()> {
    Ok(fs::write(path(), format!("{:#}\n", json(outcomes)))?)
}

fn json(outcomes: &[Outcome]) -> Value {
    let mut operations: Map<String, Value> = Map::new();
    for (operation, contestant, count) in counted(outcomes) {
        let of = operations.entry(operation).or_insert_with(|| json!({}));
        of[contestant] = json!((count * 10.0).round() / 10.0);
    }
    let tolerance: Map<String, Value> = TOLERANCE
        .map(|(threads, share)| (threads.to_string(), json!(share)))
        .into_iter()
        .collect();
    json!({ "tolerance": tolerance, FIGURE: operations })
}

/// Operation, contestant, count.
fn counted(outcomes: &[Outcome]) -> impl Iterator<Item = (&'static str, &'static str, f64)> {
    outcomes.iter().flat_map(|outcome| {
        let guarded = outcome
            .all
            .iter()
            .filter(|it| it.contestant.starts_with(GUARDED));
        guarded.filter_map(|series| {
            let count = series.spread(FIGURE)?.median;
            Some((outcome.workload.name, series.contestant, count))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Run;
    use crate::rounds::Series;
    use crate::sample::Sample;
    use crate::workload;

    fn outcome(count: f64) -> Outcome {
        let series = |contestant, count| Series {
            contestant,
            cannot: None,
            runs: vec![Run {
                sample: Sample::default().with(FIGURE, count),
                others: None,
            }],
            failures: vec![],
        };
        Outcome {
            workload: workload::find("chained").unwrap(),
            figure: FIGURE,
            size: 0,
            all: vec![series("laneway_mt", count), series("tokio_mt", 9.0)],
        }
    }

    #[test]
    fn what_is_kept_is_compared() {
        let kept = Kept::parse(&json(&[outcome(200.04)]).to_string()).unwrap();
        let counts = vec![("chained".to_string(), "laneway_mt".to_string(), 200.0)];
        let expected = Kept {
            tolerance: TOLERANCE.map(|(threads, share)| (threads.to_string(), share)),
            counts,
        };
        assert_eq!(kept, expected);
        let compare = |count| kept.compare(&[outcome(count)]);
        assert_eq!(compare(219.0).1, 0);
        assert_eq!(compare(221.0).1, 1);
        assert!(compare(221.0).0.contains("+10.5 %  WORSE"));
        let (better, bad) = compare(150.0);
        assert!(better.contains("better") && bad == 0);
        let nothing = Kept {
            counts: vec![],
            ..expected
        };
        let (new, bad) = nothing.compare(&[outcome(1.0)]);
        assert!(new.contains("NEW") && bad == 1);
    }

    #[test]
    fn no_table_is_told() {
        assert!(Kept::parse("{}").is_err());
        assert!(Kept::parse("[").is_err());
    }
}
