//! Tables for people, JSON for machines.

use std::fmt::Write;

use serde_json::{Value, json};

use super::cell::Cell;
use super::criterion::{Criterion, Unit, Verdict};
use super::work::Speed;
use crate::text::aligned;

/// What was measured, a line for each contestant.
pub fn measured(cells: &[Cell]) -> String {
    let mut table = String::new();
    let mut row = "";
    for cell in cells {
        if row != cell.row {
            row = cell.row;
            let _ = writeln!(table, "\n{row}");
        }
        let _ = writeln!(table, "  {:<9} {}", cell.contestant, figures(cell));
    }
    table
}

/// What must hold, and whether it does.
pub fn verdicts(criteria: &[Criterion]) -> String {
    let header = ["row", "who", "what", "value", "target", "", "ratio", ""];
    let lines = criteria.iter().map(|it| {
        let ratio = it.value.zip(it.limit).map(|(value, limit)| value / limit);
        let limit = it
            .limit
            .map_or("-".to_string(), |limit| shown(limit, it.unit));
        [
            it.row.to_string(),
            it.contestant.to_string(),
            it.what.clone(),
            it.value
                .map_or("-".to_string(), |value| shown(value, it.unit)),
            format!("{} {limit}", if it.is_floor { "≥" } else { "≤" }),
            it.target.clone(),
            ratio.map_or("-".to_string(), |ratio| format!("{ratio:.2}")),
            verdict(it.verdict()).to_string(),
        ]
    });
    let lines: Vec<_> = std::iter::once(header.map(str::to_string))
        .chain(lines)
        .collect();
    aligned(&lines)
}

/// Everything: what each round came to, and the verdicts.
pub fn json(speed: Speed, cells: &[Cell], criteria: &[Criterion]) -> Value {
    json!({
        "steps_per_us": speed.steps_per_us,
        "cells": cells.iter().map(cell_json).collect::<Vec<_>>(),
        "criteria": criteria.iter().map(criterion_json).collect::<Vec<_>>(),
    })
}

fn cell_json(cell: &Cell) -> Value {
    let names = cell.samples.first().map(|it| it.series.keys());
    let pooled = names.into_iter().flatten().map(|name| {
        let quantiles = [0.0, 0.5, 0.9, 0.99, 0.999, 1.0].map(|q| {
            let value = json!(cell.quantile(name, q));
            (format!("p{}", q * 100.0), value)
        });
        let count = ("count".to_string(), json!(cell.pooled(name).len()));
        let value = Value::Object(quantiles.into_iter().chain([count]).collect());
        (name.clone(), value)
    });
    let figures = cell.samples.iter().map(|it| json!(it.figures));
    json!({
        "row": cell.row,
        "contestant": cell.contestant,
        "pooled": Value::Object(pooled.collect()),
        "rounds": figures.collect::<Vec<_>>(),
        "others": cell.others,
        "failures": cell.failures,
    })
}

fn criterion_json(criterion: &Criterion) -> Value {
    json!({
        "row": criterion.row,
        "contestant": criterion.contestant,
        "what": criterion.what,
        "value": criterion.value,
        "limit": criterion.limit,
        "target": criterion.target,
        "must_fail": criterion.must_fail,
        "verdict": verdict(criterion.verdict()),
    })
}

fn figures(cell: &Cell) -> String {
    let mut text = String::new();
    let names = cell.samples.first().map(|it| it.series.keys());
    for name in names.into_iter().flatten() {
        let unit = if name == "polls" {
            Unit::Count
        } else {
            Unit::Nanos
        };
        let value = |q| {
            cell.quantile(name, q)
                .map_or("-".to_string(), |it| shown(it, unit))
        };
        let quantiles = [0.5, 0.99, 0.999, 1.0].map(value).join(" / ");
        let count = cell.pooled(name).len();
        let _ = write!(text, "{name} {quantiles} ({count})  ");
    }
    let names = cell.samples.first().map(|it| it.figures.keys());
    for name in names
        .into_iter()
        .flatten()
        .filter(|name| *name != "realtime")
    {
        match name.as_str() {
            "answered" | "unanswered" => {}
            "spawn_join" | "yield" => {
                let mean = cell.mean(name).unwrap_or(f64::NAN);
                let _ = write!(text, "{name} {mean:.1}  ");
            }
            _ => {
                let mean = cell.mean(name).unwrap_or(f64::NAN);
                let _ = write!(text, "{name} {mean:.3}  ");
            }
        }
    }
    if cell.sum("unanswered") > 0.0 {
        let (answered, unanswered) = (cell.sum("answered"), cell.sum("unanswered"));
        let _ = write!(
            text,
            "NO ANSWER to {unanswered} of {}  ",
            answered + unanswered
        );
    }
    if cell
        .samples
        .iter()
        .any(|it| it.figures.get("realtime") == Some(&0.0))
    {
        text += "(generator not realtime)  ";
    }
    if let Some(others) = cell.others() {
        let _ = write!(text, "others {others:.2}  ");
    }
    if let Some(failure) = cell.failures.first() {
        let _ = write!(text, "{} FAILED: {failure}", cell.failures.len());
    }
    text.trim_end().to_string()
}

fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanos if value < 1e3 => format!("{value:.0} ns"),
        Unit::Nanos if value < 1e6 => format!("{:.1} µs", value / 1e3),
        Unit::Nanos => format!("{:.2} ms", value / 1e6),
        Unit::Share => format!("{value:.3}"),
        Unit::Count => format!("{value:.1}"),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::FailsAsItMust => "fails, as it must",
        Verdict::PassesButMustNot => "PASSES, AND MUST NOT",
        Verdict::NotMeasured => "not measured",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_units() {
        assert_eq!(shown(950.0, Unit::Nanos), "950 ns");
        assert_eq!(shown(34_500.0, Unit::Nanos), "34.5 µs");
        assert_eq!(shown(11_090_000.0, Unit::Nanos), "11.09 ms");
        assert_eq!(shown(0.9164, Unit::Share), "0.916");
    }
}
