//! What came of the models: a table for people, a file for programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::Checked;

/// The table.
pub(super) fn table(checked: &[Checked], broken: &[String]) -> String {
    let names = checked.iter().map(|c| &c.path).chain(broken);
    let width = names
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(5);
    let mut table = format!(
        "{:<width$}  {:>5}  {:>10}  {:>7}\n",
        "model", "bound", "iterations", "seconds"
    );
    for Checked {
        path,
        bound,
        iterations,
        elapsed,
        verdict,
    } in checked
    {
        let figure = |figure: &Option<u64>| figure.map_or("-".to_string(), |n| n.to_string());
        let (bound, iterations) = (figure(bound), figure(iterations));
        let (seconds, verdict) = (elapsed.as_secs_f64(), verdict.word());
        table +=
            &format!("{path:<width$}  {bound:>5}  {iterations:>10}  {seconds:>7.1}  {verdict}\n");
    }
    for package in broken {
        table += &format!(
            "{package:<width$}  {:>5}  {:>10}  {:>7}  FAILED (no build)\n",
            "-", "-", "-"
        );
    }
    let iterations: u64 = checked.iter().filter_map(|c| c.iterations).sum();
    let elapsed: Duration = checked.iter().map(|c| c.elapsed).sum();
    table
        + &format!(
            "{:<width$}  {:>5}  {iterations:>10}  {:>7.1}\n",
            "total",
            "",
            elapsed.as_secs_f64()
        )
}

/// The file: an array with one object per model.
pub(super) fn json(checked: &[Checked], broken: &[String]) -> String {
    let models = checked.iter().map(|checked| {
        json!({
            "model": checked.path,
            "bound": checked.bound,
            "iterations": checked.iterations,
            "seconds": checked.elapsed.as_secs_f64(),
            "ok": !checked.verdict.is_failure(),
            "verdict": checked.verdict.word(),
        })
    });
    let broken = broken
        .iter()
        .map(|package| json!({ "model": package, "ok": false, "verdict": "FAILED (no build)" }));
    format!("{:#}\n", Value::Array(models.chain(broken).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loom::Verdict;

    fn results() -> (Vec<Checked>, Vec<String>) {
        let held = Checked {
            path: "laneway-fifo::steal".to_string(),
            bound: Some(3),
            iterations: Some(1_234),
            elapsed: Duration::from_millis(250),
            verdict: Verdict::Held,
        };
        let failed = Checked {
            path: "laneway-fifo::push".to_string(),
            bound: None,
            iterations: None,
            elapsed: Duration::from_secs(3),
            verdict: Verdict::Failed,
        };
        (vec![held, failed], vec!["laneway-task".to_string()])
    }

    #[test]
    fn the_table_has_a_line_for_each() {
        let (checked, broken) = results();
        let expected = "\
model                bound  iterations  seconds
laneway-fifo::steal      3        1234      0.2  ok
laneway-fifo::push       -           -      3.0  FAILED
laneway-task             -           -        -  FAILED (no build)
total                             1234      3.2
";
        assert_eq!(table(&checked, &broken), expected);
    }

    #[test]
    fn the_file_can_be_read_back() {
        let (checked, broken) = results();
        let value: Value = serde_json::from_str(&json(&checked, &broken)).unwrap();
        assert_eq!(value[0]["iterations"], 1_234);
        assert_eq!(value[0]["ok"], true);
        assert_eq!(value[1]["ok"], false);
        assert_eq!(value[2]["model"], "laneway-task");
    }
}
