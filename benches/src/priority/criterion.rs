//! What must hold, and whether it does.

use super::cell::Cell;
use super::{instructions, inversion, overload};

const US: f64 = 1e3;
const MS: f64 = 1e6;

/// One thing that must hold; or, where a scheduler that knows no classes takes part, must not.
#[derive(Debug, Clone)]
pub struct Criterion {
    /// The row's name.
    pub row: &'static str,
    /// Who it is about.
    pub contestant: &'static str,
    /// What is looked at.
    pub what: String,
    /// What it came to; none if it was not measured.
    pub value: Option<f64>,
    /// What it must come to; none if what it is compared with was not measured.
    pub limit: Option<f64>,
    /// Where the limit comes from.
    pub target: String,
    /// In what it is told.
    pub unit: Unit,
    /// Whether more is better.
    pub is_floor: bool,
    /// Whether it must fail, which shows that the row tests the scheduler.
    pub must_fail: bool,
}

/// In what a value is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// A part of a whole.
    Share,
    /// A number.
    Count,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It does not, as it must be.
    FailsAsItMust,
    /// It holds, which shows that the row tests nothing.
    PassesButMustNot,
    /// Nobody knows.
    NotMeasured,
}

impl Verdict {
    /// Whether all is well.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Pass | Self::FailsAsItMust)
    }
}

impl Criterion {
    /// What came of it.
    pub fn verdict(&self) -> Verdict {
        let (Some(value), Some(limit)) = (self.value, self.limit) else {
            return Verdict::NotMeasured;
        };
        let holds = if self.is_floor {
            value >= limit
        } else {
            value <= limit
        };
        match (holds, self.must_fail) {
            (true, false) => Verdict::Pass,
            (false, false) => Verdict::Fail,
            (false, true) => Verdict::FailsAsItMust,
            (true, true) => Verdict::PassesButMustNot,
        }
    }

    fn new(cell: &Cell, what: &str, value: Option<f64>, limit: Option<f64>, target: &str) -> Self {
        Self {
            row: cell.row,
            contestant: cell.contestant,
            what: what.to_string(),
            value,
            limit,
            target: target.to_string(),
            unit: Unit::Nanos,
            is_floor: false,
            must_fail: false,
        }
    }

    fn at_least(self) -> Self {
        Self {
            is_floor: true,
            ..self
        }
    }

    fn in_unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    fn must_fail_if(self, must_fail: bool) -> Self {
        Self { must_fail, ..self }
    }
}

/// All criteria of all rows that were measured.
pub fn all(cells: &[Cell]) -> Vec<Criterion> {
    cells.iter().flat_map(|cell| of(cell, cells)).collect()
}

fn of(cell: &Cell, cells: &[Cell]) -> Vec<Criterion> {
    match (cell.row, cell.contestant) {
        ("a" | "b" | "c" | "w", "laneway") => two_lanes(cell, cells),
        ("polls of 100 µs", _) => vec![one_lane(cell, 100.0 * US)],
        ("polls of 10 ms", _) => vec![one_lane(cell, 10.0 * MS)],
        ("burst", _) => vec![burst(cell)],
        ("overload", _) => shares(cell),
        ("inversion", _) => inversion(cell),
        ("instructions", "one_lane") => instructions(cell, cells),
        _ => vec![],
    }
}

fn two_lanes(cell: &Cell, cells: &[Cell]) -> Vec<Criterion> {
    let peer = |name: &str| {
        let mut cells = cells.iter();
        cells.find(|it| it.row == cell.row && it.contestant == name)
    };
    let (floor, tokio) = (peer("floor"), peer("tokio_x2"));
    let [p50, p99] = [0.5, 0.99].map(|q| {
        let of = |peer: Option<&Cell>| peer?.quantile("echo", q);
        (cell.quantile("echo", q), of(floor), of(tokio))
    });
    let kept = |peer: Option<&Cell>| peer?.mean("kept");
    let new =
        |what: &str, value, limit, target: &str| Criterion::new(cell, what, value, limit, target);
    let mut criteria = Vec::new();
    if cell.row == "w" {
        criteria.push(new(
            "echo p99",
            p99.0,
            p99.2.map(|it| 1.1 * it),
            "1.1 × tokio_x2",
        ));
    } else {
        criteria.push(new(
            "echo p50",
            p50.0,
            p50.1.map(|it| 1.3 * it),
            "1.3 × floor",
        ));
        let limit = p99.1.map(|it| f64::max(1.3 * it, it + 40.0 * US));
        criteria.push(new("echo p99", p99.0, limit, "1.3 × floor, or + 40 µs"));
        criteria.push(new(
            "echo p99",
            p99.0,
            p99.2.map(|it| 1.1 * it),
            "1.1 × tokio_x2",
        ));
    }
    let timer = |q| cell.quantile("timer", q);
    if cell.row == "w" {
        // Beside requests of 1 ms a timer waits for these, also on plain threads.
        let limit = tokio.and_then(|it| it.quantile("timer", 0.99));
        let limit = limit.map(|it| 1.1 * it);
        criteria.push(new("timer p99", timer(0.99), limit, "1.1 × tokio_x2"));
    } else {
        criteria.push(new("timer p50", timer(0.5), Some(60.0 * US), ""));
        criteria.push(new("timer p99", timer(0.99), Some(150.0 * US), ""));
    }
    let (limit, target) = match cell.row {
        "w" => (kept(tokio).map(|it| 0.95 * it), "0.95 × tokio_x2"),
        _ => (Some(0.9), "of all cores"),
    };
    let kept = new("background kept", kept(Some(cell)), limit, target);
    criteria.push(kept.at_least().in_unit(Unit::Share));
    criteria
}

fn one_lane(cell: &Cell, poll: f64) -> Criterion {
    let limit = 2.0 * poll + 200.0 * US;
    let p99 = cell.quantile("echo", 0.99);
    Criterion::new(cell, "echo p99", p99, Some(limit), "2 polls + 200 µs")
        .must_fail_if(cell.contestant == "fifo")
}

fn burst(cell: &Cell) -> Criterion {
    // One may begin in the same instant as the first Critical.
    let most = cell.quantile("polls", 1.0);
    Criterion::new(cell, "polls in between, most", most, Some(1.0), "one poll")
        .in_unit(Unit::Count)
        .must_fail_if(cell.contestant == "fifo")
}

fn shares(cell: &Cell) -> Vec<Criterion> {
    // What the shares leave is the most urgent class's.
    let owed = [0.74, 0.20, 0.05, 0.01];
    let shares = overload::CLASSES.iter().zip(owed);
    let shares = shares.map(|((_, class), owed)| {
        let target = format!("0.9 × {owed}");
        Criterion::new(cell, class, cell.mean(class), Some(0.9 * owed), &target)
            .at_least()
            .in_unit(Unit::Share)
            .must_fail_if(cell.contestant == "fifo")
    });
    // In arrival order all classes get the same, so only the most urgent one gets too little.
    let is_told = |it: &Criterion| !it.must_fail || it.what == "critical";
    shares.filter(is_told).collect()
}

fn inversion(cell: &Cell) -> Vec<Criterion> {
    let mut criteria = Vec::new();
    for (_, shape) in &inversion::SHAPES {
        let joined = format!("{shape}, joined");
        let p99 = cell.quantile(&joined, 0.99);
        let (limit, target) = (Some(5.0 * MS), "work of 1 to 4 ms");
        criteria.push(
            Criterion::new(cell, &format!("{joined} p99"), p99, limit, target)
                .must_fail_if(cell.contestant == "fifo"),
        );
        let signalled = format!("{shape}, signalled");
        let p99_of_signalled = cell.quantile(&signalled, 0.99);
        let (limit, target) = (Some(300.0 * MS), "no escalation");
        criteria.push(
            Criterion::new(
                cell,
                &format!("{signalled} p99"),
                p99_of_signalled,
                limit,
                target,
            )
            .at_least(),
        );
    }
    criteria
}

fn instructions(cell: &Cell, cells: &[Cell]) -> Vec<Criterion> {
    let mut fifo = cells.iter();
    let fifo = fifo.find(|it| it.row == cell.row && it.contestant == "fifo");
    let criteria = instructions::OPERATIONS.iter().map(|operation| {
        let limit = fifo
            .and_then(|fifo| fifo.mean(operation))
            .map(|it| 1.05 * it);
        Criterion::new(cell, operation, cell.mean(operation), limit, "1.05 × fifo")
            .in_unit(Unit::Count)
    });
    criteria.collect()
}

#[cfg(test)]
mod tests {
    use super::super::observed::Observed;
    use super::*;

    fn cell(row: &'static str, contestant: &'static str, echo_us: f64, kept: f64) -> Cell {
        let observed = Observed::default()
            .figure("kept", kept)
            .series("echo", vec![echo_us * US; 10])
            .series("timer", vec![70.0 * US; 10]);
        Cell {
            samples: vec![observed],
            ..Cell::new(row, contestant)
        }
    }

    fn verdicts(cells: &[Cell]) -> Vec<(String, Verdict)> {
        let verdict = |it: &Criterion| (format!("{} {}", it.what, it.target), it.verdict());
        all(cells).iter().map(verdict).collect()
    }

    #[test]
    fn two_lanes_are_compared_with_the_floor_and_two_runtimes() {
        let cells = [
            cell("a", "tokio_x2", 45.0, 0.9),
            cell("a", "floor", 40.0, 0.9),
            cell("a", "laneway", 51.0, 0.89),
        ];
        let expected = [
            ("echo p50 1.3 × floor", Verdict::Pass),
            ("echo p99 1.3 × floor, or + 40 µs", Verdict::Pass),
            ("echo p99 1.1 × tokio_x2", Verdict::Fail),
            ("timer p50 ", Verdict::Fail),
            ("timer p99 ", Verdict::Pass),
            ("background kept of all cores", Verdict::Fail),
        ];
        let expected = expected.map(|(what, verdict)| (what.to_string(), verdict));
        assert_eq!(verdicts(&cells), expected);
        let alone = verdicts(&cells[2..]);
        assert_eq!(alone[0].1, Verdict::NotMeasured);
    }

    #[test]
    fn arrival_order_must_fail() {
        let fast = cell("polls of 100 µs", "fifo", 50.0, 0.0);
        let slow = cell("polls of 100 µs", "fifo", 500.0, 0.0);
        assert_eq!(all(&[fast])[0].verdict(), Verdict::PassesButMustNot);
        assert!(all(&[slow])[0].verdict().is_good());
    }
}
