//! The rows: what is measured, and of whom.

use std::time::Duration;

use laneway::task::Priority;

use super::contestant;
use super::lanes::Laneway;
use super::observed::Observed;
use super::pace::Pace;
use super::window::Plan;
use super::work::Speed;
use super::{burst, instructions, inversion, overload, window};
use crate::Result;

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What it is called in the table.
    pub name: &'static str,
    /// What it is chosen by.
    pub group: &'static str,
    /// Whether it is measured in every round, and not only in the first.
    pub in_every_round: bool,
    /// Who takes part.
    pub contestants: &'static [&'static str],
    /// What is measured.
    pub about: &'static str,
}

const TWO_LANES: &[&str] = &["tokio", "tokio_x2", "floor", "laneway"];
const ONE_LANE: &[&str] = &["one_lane", "fifo"];
const INVERSION: &[&str] = &["laneway", "one_lane", "fifo"];

const fn row(
    group: &'static str,
    name: &'static str,
    in_every_round: bool,
    contestants: &'static [&'static str],
    about: &'static str,
) -> Row {
    Row {
        name,
        group,
        in_every_round,
        contestants,
        about,
    }
}

/// All there are.
pub const ROWS: [Row; 10] = [
    row(
        "a",
        "a",
        true,
        TWO_LANES,
        "Critical echo and timer; 64 Background tasks with polls of 100 µs",
    ),
    row(
        "b",
        "b",
        true,
        TWO_LANES,
        "the same; 64 Background tasks with polls of 10 ms",
    ),
    row(
        "c",
        "c",
        true,
        TWO_LANES,
        "the same; 8 Background tasks with polls of 1 s",
    ),
    row(
        "w",
        "w",
        true,
        TWO_LANES,
        "as c, and each request takes 1 ms of CPU",
    ),
    row(
        "one-lane",
        "polls of 100 µs",
        true,
        ONE_LANE,
        "one lane: Critical echo; 64 Normal tasks with polls of 100 µs",
    ),
    row(
        "one-lane",
        "polls of 10 ms",
        true,
        ONE_LANE,
        "one lane: Critical echo; 64 Normal tasks with polls of 10 ms",
    ),
    row(
        "one-lane",
        "burst",
        true,
        ONE_LANE,
        "one lane: one turn wakes 1000 Criticals, the first of which keeps its worker for 10 ms",
    ),
    row(
        "overload",
        "overload",
        false,
        ONE_LANE,
        "one lane: 8 tasks of each class that are always ready, polls of 100 µs",
    ),
    row(
        "inversion",
        "inversion",
        false,
        INVERSION,
        "a Critical task waits for Background tasks of 1 ms, behind 1000 others",
    ),
    row(
        "instructions",
        "instructions",
        false,
        ONE_LANE,
        "instructions of one operation, one class in use, one worker",
    ),
];

/// Measures once, in this process, which should end afterwards: the contestant is never stopped, since
/// its polls may take long or never end.
///
/// # Errors
///
/// If there is no such row or contestant, or it cannot be measured.
pub fn sample(row: &str, contestant: &str, speed: Speed) -> Result<Observed> {
    if let Some(plan) = plan(row, contestant) {
        return window::measure(Box::leak(contestant::start(contestant)?), plan, speed);
    }
    match row {
        "burst" => burst::measure(laneway(contestant)?, speed),
        "overload" => {
            let seconds = if contestant == "fifo" { 2 } else { 10 };
            let window = Duration::from_secs(seconds);
            Ok(overload::measure(laneway(contestant)?, window, speed))
        }
        "inversion" => {
            let laneway = laneway(contestant)?;
            Ok(inversion::measure(laneway, 100, 3, speed))
        }
        "instructions" => instructions::measure(contestant),
        _ => Err(format!("no row {row}").into()),
    }
}

fn laneway(shape: &str) -> Result<&'static Laneway> {
    Ok(Box::leak(Box::new(Laneway::start(shape)?)))
}

/// The plan of a row of requests: each contestant pools 20,000 of them in five rounds. One that does
/// not answer is given less time.
fn plan(row: &str, contestant: &str) -> Option<Plan> {
    let (micros, millis) = (Duration::from_micros, Duration::from_millis);
    let window = |full| if contestant == "tokio" { 1200 } else { full };
    let pace = |connections, mean, full| Pace {
        connections,
        mean,
        window: millis(window(full)),
    };
    let two_lanes = |tasks, poll| Plan {
        class: Priority::Background,
        tasks,
        poll,
        request: Duration::ZERO,
        pace: pace(1, micros(500), 2_050),
    };
    let one_lane = |poll, connections, mean| Plan {
        class: Priority::Normal,
        pace: pace(connections, mean, 2_050),
        ..two_lanes(64, poll)
    };
    Some(match row {
        "a" => two_lanes(64, micros(100)),
        "b" => two_lanes(64, millis(10)),
        "c" => two_lanes(8, millis(1000)),
        "w" => Plan {
            request: millis(1),
            pace: pace(1, millis(2), 8_200),
            ..two_lanes(8, millis(1000))
        },
        "polls of 100 µs" => one_lane(micros(100), 1, micros(500)),
        // Many connections, since each has to wait for a poll.
        "polls of 10 ms" => one_lane(millis(10), 64, millis(32)),
        _ => return None,
    })
}
